"""An answer that looks right and cannot be one to its question is refused, with what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from domain.candidate import Candidate, CandidateVerdict, Finding, Severity, Slot, Verdict
from domain.composition import Caption, Composition, SceneRef
from domain.values import ArtifactRef, Point, Size
from mcp_servers import claims
from mcp_servers.diffusion.contract import JobState
from mcp_servers.judges.contract import Judgement, RankCandidates, Ranking
from tools.judges import book, checks_for

JOB = "0" * 32


def slot(name: str) -> Slot:
    composition = Composition(canvas=Size(width=1080, height=1350), scale=0.5, centre=Point(x=0.5, y=0.6))
    return Slot(
        id=name, caption=Caption(subject=f"a can, {name}"), scene=SceneRef(id="plate:terrace"), composition=composition,
        products=("can",), seed=7,
    )


def drawn(of: Slot, **changes: Any) -> Candidate:
    made = Candidate(**{name: getattr(of, name) for name in Slot.model_fields}, artifact=ArtifactRef(digest="a" * 64))
    return made.model_copy(update=changes)


SLOTS = (slot("c0-01"), slot("c0-02"))
BOTH = tuple(drawn(one) for one in SLOTS)


def state(*candidates: Candidate, job: str = JOB, status: Any = "done") -> JobState:
    return JobState(job=job, status=status, candidates=candidates)


def test_drawings_of_what_was_asked_for_are_taken() -> None:
    assert claims.drawings(JOB, SLOTS, state(*BOTH)) == ""
    assert claims.drawings(JOB, SLOTS, state(BOTH[0], status="working")) == ""


def composition_of_another_canvas() -> Composition:
    return SLOTS[0].composition.model_copy(update={"canvas": Size(width=64, height=64)})


PASS = Finding(check="product_lock", verdict=Verdict.PASS, severity=Severity.GATE, reason="trust me")


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (state(*BOTH, job="1" * 32), "another job"),
        (state(*BOTH, drawn(slot("c9-99"))), "nobody asked for c9-99"),
        (state(*BOTH, BOTH[0]), "twice"),
        (state(BOTH[0]), "c0-02 is missing"),
        (state(BOTH[0], drawn(SLOTS[1], artifact=None)), "no picture"),
        (state(BOTH[0], drawn(SLOTS[1], seed=8)), "seed"),
        (state(BOTH[0], drawn(SLOTS[1], products=("another",))), "products"),
        (state(BOTH[0], drawn(SLOTS[1], caption=Caption(subject="buy now"))), "caption"),
        (state(BOTH[0], drawn(SLOTS[1], composition=composition_of_another_canvas())), "canvas"),
        (state(BOTH[0], drawn(SLOTS[1], verdict=CandidateVerdict.PASSED)), "judged already"),
        (state(BOTH[0], drawn(SLOTS[1], findings=(PASS,))), "judged already"),
    ],
)
def test_other_drawings_are_not(answer: JobState, wrong: str) -> None:
    assert wrong in claims.drawings(JOB, SLOTS, answer)


def finding(check: str, severity: Severity | None = None) -> Finding:
    usual = book().checks[check].severity if check in book().checks else Severity.GATE
    return Finding(check=check, verdict=Verdict.PASS, severity=severity or usual, reason="fine")


def judgement(*checks: str, severity: Severity | None = None) -> Judgement:
    return Judgement(findings=tuple(finding(check, severity) for check in checks), quality=0.5)


def test_a_judgement_tells_of_every_check_once() -> None:
    measured, all_of_them = checks_for(), checks_for(ocr=True)
    assert claims.judgement(judgement(*measured), ocr=False) == ""
    assert claims.judgement(judgement(*all_of_them), ocr=True) == ""
    assert claims.judgement(judgement("unwanted_text"), ocr=True, only=("unwanted_text",)) == ""
    assert claims.judgement(judgement(*measured, severity=Severity.REVIEW), ocr=False) == ""


@pytest.mark.parametrize(
    ("answer", "wrong"),
    [
        (judgement(), "not checked: caption_agreement"),
        (judgement(*checks_for()[1:]), f"not checked: {checks_for()[0]}"),
        (judgement(*checks_for(), "charm"), "no such check was asked for: charm"),
        (judgement(*checks_for(ocr=True)), "no such check was asked for: unwanted_text"),
        (judgement(*checks_for(), checks_for()[0]), "twice"),
        (judgement(*checks_for(), severity=Severity.RANK), "another severity"),
    ],
)
def test_silence_invention_and_belittling_are_refused(answer: Judgement, wrong: str) -> None:
    assert wrong in claims.judgement(answer, ocr=False)


@pytest.mark.parametrize("quality", [-0.1, 1.1, float("nan"), float("inf")])
def test_a_quality_outside_its_range_is_no_answer(quality: float) -> None:
    with pytest.raises(ValueError, match="quality"):
        Judgement.model_validate({"findings": [], "quality": quality})


@pytest.mark.parametrize(
    ("shortlist", "wrong"),
    [
        (("c0-01",), ""),
        (("c0-02", "c0-01"), ""),
        (("c0-01", "c7-77"), "no such candidate was asked about: c7-77"),
        (("c0-01", "c0-01"), "twice"),
        (("c0-01", "c0-02", "c0-02"), "longer"),
    ],
)
def test_a_ranking_names_candidates_it_was_asked_about(shortlist: tuple[str, ...], wrong: str) -> None:
    request = RankCandidates(brand="demo", candidates=BOTH, size=2)
    assert wrong in claims.ranking(request, Ranking(shortlist=shortlist))
    assert bool(wrong) == bool(claims.ranking(request, Ranking(shortlist=shortlist)))
