"""Whole runs with judges that look, over a real endpoint: whom they are shown, and what comes of it."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from sqlalchemy import delete, select

from domain.assets import Asset
from domain.candidate import Candidate, CandidateVerdict, EditOutcome, EditTarget, Severity, Slot, Verdict
from domain.plan import Capability
from domain.ports import Drawn, Image
from domain.rules import BrandBook, Certainty, Criterion, CriterionMethod, Policy, Signature, criteria_digest
from domain.run import RunRequest, RunStatus, RunView
from domain.trace import ModelCall, ToolCall, read_trace
from evals.changes import parsed
from evals.fork import Fork, fork
from evals.recording import load
from evals.replay import replay
from evals.scripted_eye import KNOWN, MODEL, Look, Script, all_well, eye_place, served
from mcp_servers.connect import Servers
from memory.brand_books import BrandBooks
from memory.database import open_database
from memory.home import Home
from memory.rulebook import YamlRulebook
from memory.tables import known_answers, ledger
from service.model_settings import ModelSettings
from service.orchestrator import Onbrand
from service.settings import Settings
from tests.integration.small import small_demo
from tools.generators import Compositor

pytestmark = pytest.mark.timeout(280)

REQUEST = "our lemon can on a terrace"
MISSPELLED, RIGHT = (190, 40, 40), (40, 150, 60)
GRADES = (9, 8, 8, 8, 8, 8, 9, 8, 8)
"""Their mean is 8.2."""


@dataclass(frozen=True)
class SignPainter:
    """A generator that sets up a small sign. It is misspelled, and red, until the caption says how it is spelled."""

    inner: Compositor = field(default_factory=Compositor)

    def capability(self) -> Capability:
        return self.inner.capability().model_copy(update={"version": "sign-painter"})

    def draw(
        self, slots: Sequence[Slot], cutouts: Mapping[str, Image], assets: Mapping[str, Asset],
        photos: Mapping[str, Image],
    ) -> Iterator[Drawn]:  # fmt: skip
        for drawing in self.inner.draw(slots, cutouts, assets, photos):
            image = drawing.image.copy()
            box = drawing.slot.composition.box
            assert box is not None
            left = 24 if box.x > 200 else image.shape[1] - 88
            image[24:64, left : left + 64] = RIGHT if drawing.slot.caption.lettering else MISSPELLED
            yield replace(drawing, image=image)


def sign_of(image: Image) -> str:
    """What the sign in a picture looks like."""
    for name, colour in (("misspelled", MISSPELLED), ("right", RIGHT)):
        if (np.abs(image.astype(int) - np.array(colour)).max(-1) < 24).sum() > 500:
            return name
    return "none"


@asynccontextmanager
async def onbrand(
    folder: Path, script: Script | None, book: BrandBook | None = None, *, revised: bool = False
) -> AsyncIterator[Onbrand]:
    """A small home: one product, and models that look, and revise if so `revised`, where there is a script."""
    home = Home(folder)
    if book is not None:
        BrandBooks(home).sign(book)
    with served(script or all_well) as url:
        spec = f"openai:{MODEL}@{url}"
        models = ModelSettings(
            gate_judge=spec, component_judge=spec, set_judge=spec, places=(eye_place(url),), known=(KNOWN,),
            reviser=spec if revised else "builtin",
        )
        settings = Settings(home=folder, models=models if script else ModelSettings())
        async with Onbrand.open(settings) as opened:
            workshop = opened.workshop
            small_demo(opened, "solara-lemon-can")
            workshop.generators = {"compositor": SignPainter()}
            opened.servers = Servers.over(workshop)
            yield opened


async def run(opened: Onbrand, **choices: Any) -> RunView:
    row = opened.begin(RunRequest(request=REQUEST, assume=True, budget=5.0, size="512x512", **choices))
    return await opened.advance("demo", row.run_id)


def signed(*criteria: Criterion, policy: Policy = Policy.STRICT) -> BrandBook:
    """The demo brand's book with criteria a person signed."""
    signature = Signature(by="ann", on=date(2026, 11, 20), digest=criteria_digest(criteria))
    more = {"criteria": criteria, "signed": signature, "policy": policy}
    return YamlRulebook().brand("demo").model_copy(update=more)


SIGN = Criterion(
    id="sign", quote="The sign always reads OPEN.", document="guide.md", page=2, method=CriterionMethod.VLM,
    question="Does the sign read “OPEN”, spelled exactly so?", severity=Severity.GATE, certainty=Certainty.A,
)  # fmt: skip


def reads_signs(look: Look) -> dict[str, Any]:
    """A judge that reads the sign, and otherwise thinks highly of everything: the mean grade is 8.2."""
    answer = all_well(look)
    if look.about == "picture":
        wrong = sign_of(look.judged) != "right"
        for one in answer["answers"]:
            if one["id"] == "brand_sign" and wrong:
                one |= {"answer": "no", "evidence": "it reads OPNE"}
        answer["grades"] = [{**one, "grade": GRADES[n]} for n, one in enumerate(answer["grades"])]
    return answer


def found(candidate: Candidate, check: str) -> Any:
    return next((finding for finding in candidate.findings if finding.check == check), None)


async def test_the_known_trap_a_high_mean_does_not_save_a_misspelled_sign(tmp_path: Path) -> None:
    async with onbrand(tmp_path, reads_signs, signed(SIGN)) as opened:
        view = await run(opened, option="quick", rounds=2)
    by_id = {candidate.id: candidate for candidate in view.candidates}
    first = [c for c in view.candidates if c.round == 0 and found(c, "look:mean")]
    assert first
    for candidate in first:
        assert found(candidate, "look:mean").value == pytest.approx(8.2, abs=0.05)
        assert found(candidate, "look:brand_sign").verdict is Verdict.FAIL
        assert candidate.verdict is CandidateVerdict.FAILED, "the mean does not save it"
        assert candidate.id not in view.shortlist
    edits = [edit for edit in view.edits if edit.source == "look:brand_sign"]
    assert edits
    for edit in edits:
        assert (edit.target, edit.field) == (EditTarget.CAPTION, "lettering"), "the edit targets the text"
        assert "OPEN" in str(edit.after)
        child, parent = by_id[edit.child or ""], by_id[edit.parent]
        assert child.caption.text() != parent.caption.text(), "the next caption differs"
        assert child.composition.scale == parent.composition.scale
        assert child.scene == parent.scene
    assert any(edit.outcome is EditOutcome.KEPT for edit in edits)
    assert view.status is RunStatus.REVIEW
    assert view.shortlist
    assert all(found(by_id[name], "look:brand_sign").verdict is Verdict.PASS for name in view.shortlist)


def reads_signs_and_revises(look: Look) -> dict[str, Any]:
    """The judge above, and a reviser that takes the plainer of the suggested letterings and words the place anew."""
    if "fields" not in look.data:
        return reads_signs(look)
    pictures = []
    for shown in look.data["pictures"]:
        letters = [fix for fix in shown["suggested"] if fix["field"] == "caption.lettering"]
        changes = [{name: fix[name] for name in ("check", "field", "value")} for fix in letters[-1:]]
        changes.append({"check": shown["failed"][0]["check"], "field": "composition.scale", "value": 40})
        caption = {"check": shown["failed"][0]["check"], "reference": "", "pose": "", "style": "quiet photograph"}
        caption["environment"] = "terrace with one plain sign, brand new sneakers"
        pictures.append({"number": shown["number"], "why": "plainer letters", "changes": changes, "caption": caption})
    return {"pictures": pictures}


async def test_a_reviser_by_a_model_mends_the_sign_in_one_call_a_round_and_the_run_replays(tmp_path: Path) -> None:
    async with onbrand(tmp_path, reads_signs_and_revises, signed(SIGN), revised=True) as opened:
        view = await run(opened, option="quick", rounds=1)
    by_id = {candidate.id: candidate for candidate in view.candidates}
    events = list(read_trace(Path(view.trace_path)))
    asked = [event for event in events if isinstance(event, ModelCall) and event.role == "reviser"]
    assert len(asked) == max(candidate.round for candidate in view.candidates)
    assert {event.stage for event in asked} == {"revise"}
    letters = [edit for edit in view.edits if edit.field == "lettering"]
    assert letters and all(edit.after == "one plain sign that reads “OPEN”" for edit in letters)
    assert any(edit.outcome is EditOutcome.KEPT for edit in letters)
    for edit in letters:
        child, parent = by_id[edit.child or ""], by_id[edit.parent]
        assert child.caption.style == "quiet photograph"
        assert child.caption.environment == parent.caption.environment, "what was invented gives way"
        assert child.caption.subject == parent.caption.subject
    beyond = [edit for edit in view.edits if edit.field == "scale"]
    assert beyond and {edit.outcome for edit in beyond} == {EditOutcome.REFUSED}
    ruled = [event for event in events if isinstance(event, ToolCall) and event.tool == "check_rules"]
    assert "revise" in {event.stage for event in ruled}, "rules hold for the new words, too"
    assert view.status is RunStatus.REVIEW
    assert all(found(by_id[name], "look:brand_sign").verdict is Verdict.PASS for name in view.shortlist)
    replayed = await replay(load(Path(view.trace_path)))
    assert (replayed.difference, replayed.notes) == (None, ())


@dataclass(frozen=True)
class Judged:
    """A home with one run that models judged: how the run ended, what they saw, and what the ledger held then."""

    home: Path
    view: RunView
    looks: list[Look]
    rows: list[Row]

    @property
    def own_rows(self) -> list[Row]:
        """The recorded run's rows as they are now."""
        return [row for row in booked(self.home) if row.run_id == self.view.run_id]


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Judged:
    return asyncio.run(recorded_in(tmp_path_factory.mktemp("judged")))


async def recorded_in(home: Path) -> Judged:
    looks: list[Look] = []

    def noting(look: Look) -> dict[str, Any]:
        looks.append(look)
        return all_well(look)

    async with onbrand(home, noting) as opened:
        view = await run(opened, option="standard", rounds=0)
    assert view.status is RunStatus.REVIEW, view.failure
    return Judged(home, view, looks, booked(home))


def test_models_see_finalists_alone_and_never_what_a_measured_gate_failed(judged: Judged) -> None:
    view, looks = judged.view, judged.looks
    events = list(read_trace(Path(view.trace_path)))
    seen = [c for c in view.candidates if any(f.check.startswith("look:") for f in c.findings)]
    assert {c.id for c in seen} == set(view.shortlist)
    measured = [f for c in seen for f in c.findings if not f.check.startswith("look:")]
    assert not any(f.verdict is Verdict.FAIL and f.severity is Severity.GATE for f in measured)
    calls = [event for event in events if isinstance(event, ToolCall) and event.tool == "look_at_picture"]
    assert len(calls) == len(view.shortlist) < len(view.candidates)
    asked = [event for event in events if isinstance(event, ModelCall)]
    assert len(asked) == len(looks)
    assert {look.about for look in looks} == {"picture", "pairs"}, "parts and set are asked about in the same calls"
    assert view.costs.actual > 0


class Row(NamedTuple):
    """One call of a model in the home's ledger; `actual` in billionths of a dollar."""

    run_id: str | None
    brand: str
    status: str
    actual: int


def booked(home: Path) -> list[Row]:
    """The ledger's rows for calls of models."""
    columns = (ledger.c.run_id, ledger.c.brand, ledger.c.status, ledger.c.actual)
    with closing(open_database(Home(home))) as database, database.read() as connection:
        return [Row(*row) for row in connection.execute(select(*columns).where(ledger.c.role != ""))]


def logged(home: Path) -> Counter[str]:
    """How many conversations the home's chat logs hold, by run."""
    lines = [line for path in home.rglob("chats/*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return Counter(json.loads(line)["run_id"] for line in lines)


async def looked_anew(judged: Judged, trace: Path, folder: Path, *sets: str) -> Fork:
    """A fork in which models that know nothing of what they were asked before look at the finalists again."""
    with closing(open_database(Home(judged.home))) as database, database.begin() as connection:
        connection.execute(delete(known_answers))
    with served(all_well) as url:
        spec = f"openai:{MODEL}@{url}"
        models = ModelSettings(
            gate_judge=spec, component_judge=spec, set_judge=spec, places=(eye_place(url),), known=(KNOWN,),
            chat_days=7,
        )
        changes = parsed(list(sets), step="settle")
        return await fork(load(trace), changes, Settings(home=judged.home, models=models), folder)


async def test_a_forks_looks_are_booked_to_the_brand_and_never_to_the_recorded_run(
    judged: Judged, tmp_path: Path
) -> None:
    own = judged.own_rows
    assert own
    forked = (await looked_anew(judged, Path(judged.view.trace_path), tmp_path, "shortlist=1")).forked
    assert judged.own_rows == own, "the recorded run pays for nothing more"
    new = [row for row in booked(judged.home) if row.run_id is None]
    assert {(row.brand, row.status) for row in new} == {("demo", "booked")}
    assert len(forked.models) == len(new) > 0, "each is in the fork's own trace"
    assert not any(call.taped for call in forked.models)
    cost = sum(call.cost for call in forked.models)
    assert cost == pytest.approx(sum(row.actual for row in new) / 1e9)
    assert forked.status is not None
    assert forked.status.spent == pytest.approx(cost)
    assert logged(judged.home)[forked.header.run_id] == len(new)
    assert logged(judged.home)[judged.view.run_id] == len(own)


def renamed(trace: Path, to: Path) -> Path:
    """The trace as if its run were called otherwise: one that this home has not."""
    to.write_text(trace.read_text("utf-8").replace(trace.stem, to.stem), encoding="utf-8")
    return to


async def test_a_forks_own_budget_bounds_its_looks_and_its_run_need_not_be_of_this_home(
    judged: Judged, tmp_path: Path
) -> None:
    elsewhere = renamed(Path(judged.view.trace_path), tmp_path / "run-zzzzzzzzzzzz.jsonl")
    before = booked(judged.home)
    forked = (await looked_anew(judged, elsewhere, tmp_path, "shortlist=1", "budget=0.000001")).forked
    assert {(call.error or {}).get("code") for call in forked.models} == {"over_budget"}
    assert forked.status is not None
    assert (forked.status.status, forked.status.spent) == ("review", 0)
    assert booked(judged.home) == before


async def test_without_a_model_nothing_of_it_is_in_the_run(tmp_path: Path) -> None:
    async with onbrand(tmp_path, None, signed(SIGN)) as opened:
        view = await run(opened, option="quick", rounds=0)
        events = list(read_trace(Path(view.trace_path)))
    assert view.status is RunStatus.REVIEW
    assert not any(f.check.startswith("look:") for c in view.candidates for f in c.findings)
    assert not any(isinstance(event, ToolCall) and event.tool.startswith("look") for event in events)
    waiting = found(view.candidates[0], "brand:sign")
    assert waiting.verdict is Verdict.ABSTAIN
    assert "no model looked; a person decides" in waiting.reason


async def test_a_flexible_gate_is_relaxed_in_the_open_only_when_nothing_else_passes(tmp_path: Path) -> None:
    def no_open_sign(look: Look) -> dict[str, Any]:
        return all_well(look, brand_sign="no")

    flexible = SIGN.model_copy(update={"flexible": True})
    async with onbrand(tmp_path, no_open_sign, signed(flexible, policy=Policy.FLEXIBLE)) as opened:
        view = await run(opened, option="quick", rounds=0)
    assert view.status is RunStatus.REVIEW
    assert view.shortlist
    assert view.relaxed
    for name in view.shortlist:
        finding = found(next(c for c in view.candidates if c.id == name), "look:brand_sign")
        assert (finding.verdict, finding.severity) == (Verdict.FAIL, Severity.REVIEW)
        assert finding.reason.startswith("relaxed: ")


async def test_a_strict_brand_relaxes_nothing(tmp_path: Path) -> None:
    def no_open_sign(look: Look) -> dict[str, Any]:
        return all_well(look, brand_sign="no")

    async with onbrand(tmp_path, no_open_sign, signed(SIGN.model_copy(update={"flexible": True}))) as opened:
        view = await run(opened, option="quick", rounds=0)
    assert view.status is RunStatus.NOTHING_PASSED
    assert view.relaxed == ()
    assert view.failure is not None
    assert "look:brand_sign" in view.failure.message
