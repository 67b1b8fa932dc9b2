from datetime import UTC, date, datetime

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage import data as photos

from domain.assets import Asset, AssetKind
from domain.brief import Brief, Part, ProductMention, Question, QuickReply
from domain.candidate import (
    Candidate,
    CandidateVerdict,
    Edit,
    EditOutcome,
    EditTarget,
    Finding,
    Severity,
    Verdict,
)
from domain.composition import Caption, Composition, Scene, SceneKind, SceneRef
from domain.plan import Prediction
from domain.run import Costs, ExportView, OptionView, PublicationView, RunRequest, RunStatus, RunView
from domain.values import ArtifactRef, Light, Origin, Point, Size
from memory.rulebook import YamlRulebook
from tools.publish.sheet import thumbnail
from tools.rules import check_brief

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden and Norway, Instagram"
CANVAS = Size(width=1080, height=1350)
AT = datetime(2026, 11, 21, 12, 31, tzinfo=UTC)
SCENES = (
    Scene(id="plate:terrace-noon", kind=SceneKind.PLATE, title="Terrace at noon", light=Light.NOON),
    Scene(id="plate:terrace-golden", kind=SceneKind.PLATE, title="Terrace at golden hour", light=Light.GOLDEN),
    Scene(id="plate:garden-morning", kind=SceneKind.PLATE, title="Garden in the morning", light=Light.MORNING),
)


def picture(n: int) -> np.ndarray:
    source = (photos.coffee, photos.chelsea, photos.rocket)[n % 3]()
    image = Pillow.fromarray(source)
    height = image.height
    return np.asarray(image.crop((60, 0, 60 + height * 4 // 5, height)).resize((432, 540)), dtype=np.uint8)


def finding(check: str, verdict: Verdict, reason: str, value: float | None, limit: float | None, unit: str) -> Finding:
    return Finding(check=check, verdict=verdict, severity=Severity.GATE, reason=reason, value=value, threshold=limit,
                   unit=unit)


def candidate(n: int, verdict: CandidateVerdict, parent: str | None = None) -> Candidate:
    failed = verdict is CandidateVerdict.FAILED
    findings = (
        finding("product_lock", Verdict.PASS, "every product pixel is the placed cutout's", 0, 0, "pixels"),
        finding("floating", Verdict.FAIL if failed else Verdict.PASS,
                "the base stands 14 px above its contact shadow" if failed else "the base meets its shadow",
                14 if failed else 1.25, 4, "px"),
        finding("palette", Verdict.PASS, "nearest brand colour: Solara orange", 6.43, 12, "CIEDE2000"),
        finding("caption_agreement", Verdict.ABSTAIN, "“hints of citrus” cannot be measured here", None, None, ""),
        Finding(check="unwanted_text", verdict=Verdict.ABSTAIN, severity=Severity.REVIEW,
                reason="read on finalists only"),
    )
    return Candidate(
        id=f"c-{n}",
        caption=Caption(subject="a can of blood-orange soda", environment="sunlit terrace with terracotta tiles",
                        light="golden hour light from the left", camera="50 mm, eye level", style="natural light"),
        scene=SceneRef(id=SCENES[n % 3].id, mirrored=n % 2 == 1), products=("blood-orange-can",), seed=7000 + n,
        composition=Composition(canvas=CANVAS, scale=0.46, centre=Point(x=0.32 + 0.05 * n, y=0.61)),
        parent=parent, round=1 if parent else 0, artifact=ArtifactRef(digest=f"{n:064x}"), findings=findings,
        verdict=verdict, quality=0.9 - n / 50, seconds=0.31,
    )


@pytest.fixture(scope="session")
def book() -> YamlRulebook:
    return YamlRulebook()


@pytest.fixture(scope="session")
def asset() -> Asset:
    return Asset(
        id="blood-orange-can", brand="demo", kind=AssetKind.PRODUCT, title="Blood-orange can 330 ml", digest="c" * 64,
        size=Size(width=600, height=1100), rendering=True, licence="Apache-2.0", source="Onbrand demo renderer",
    )


@pytest.fixture(scope="session")
def run_view(book: YamlRulebook) -> RunView:
    def part(value, origin=Origin.STATED, said=""):
        return Part(value=value, origin=origin, said=said)

    can = ProductMention(text="blood-orange can", noun="can", colours=("orange",), asset="blood-orange-can")
    brief = Brief(
        request=REQUEST, brand="demo",
        products=(part(can),),
        background=part("terrace"), light=part("sunlit", said="sunlit"), mood=part("fresh", Origin.ASSUMED),
        season=part("summer", Origin.ASSUMED), avoid=(part("people", Origin.REMEMBERED),),
        markets=(part("SE", Origin.LOOKED_UP, "Sweden"), part("NO", Origin.LOOKED_UP, "Norway")),
        channels=(part("instagram"),), size=part(CANVAS, Origin.LOOKED_UP), text=(part("Eco-friendly refreshment"),),
    )
    passed, failed = CandidateVerdict.PASSED, CandidateVerdict.FAILED
    candidates = (
        candidate(1, passed), candidate(2, failed), candidate(3, passed), candidate(4, passed),
        candidate(5, failed), candidate(6, passed, "c-2"),
        candidate(7, CandidateVerdict.BROKEN).model_copy(
            update={"artifact": None, "error": "the plate could not be read"}),
    )
    pack = book.market("SE")
    assert pack is not None
    return RunView(
        run_id="run-3f9a2c71", brand="demo", status=RunStatus.PUBLISHED, created_at=AT, updated_at=AT,
        request=RunRequest(request=REQUEST, markets=("SE", "NO")), brief=brief, answers={"time": "golden hour"},
        asked=(
            Question(id="time", text="What time of day?", why="light changes every scene", field="time_of_day",
                     replies=(QuickReply(value="noon", label="Noon"),), default="noon", gain=0.8),
            Question(id="headline", text="A headline?", why="room is left for it", field="text", default="none",
                     gain=0.3),
        ),
        options=(OptionView(name="standard", title="Nine on plates", generator="compositor", candidates=9,
                            prediction=Prediction(cost=0, seconds=6.2)),),
        chosen_option="standard", scenes=SCENES, left_out=("plate:snow-noon: viewpoint 24 degrees, product 7",),
        cannot_draw=("a dog",), candidates=candidates,
        edits=(
            Edit(id="e1", target=EditTarget.COMPOSITION, field="lift", before=14, after=0,
                 why="close the gap under the can", source="floating", parent="c-2", child="c-6", round=1,
                 outcome=EditOutcome.KEPT),
            Edit(id="e2", target=EditTarget.BACKGROUND, field="warmth", before=0.0, after=0.2, why="warmer light",
                 source="person", parent="c-6", round=2, outcome=EditOutcome.REFUSED, note="changes nothing"),
        ),
        shortlist=("c-1", "c-6", "c-3"),
        rules_checked=check_brief(brief, (candidates[0].caption.text(),), book.brand("demo"), [pack], ["NO"],
                                  today=date(2026, 11, 21), trained_model=False),
        costs=Costs(predicted=0, actual=0, budget=1),
        seconds={"understand": 0.11, "plan": 0.42, "generate": 2.9, "critique": 1.8, "revise": 0.7, "deploy": 0.2},
        exports=(ExportView(candidate="c-1", channel="instagram", artifact=ArtifactRef(digest="d" * 64),
                            pixels="e" * 64),),
        publications=(PublicationView(key="k" * 64, digest="e" * 64, channel="instagram", market="SE",
                                      destination="folder", path="published/kkkk", published_at=AT),),
        trace_path="traces/run-3f9a2c71.jsonl",
    )


@pytest.fixture(scope="session")
def thumbnails(run_view: RunView) -> dict[str, bytes]:
    return {c.id: thumbnail(picture(i), 360) for i, c in enumerate(run_view.candidates) if c.artifact}
