"""Memory through the graph: earlier work, rules and habits enter the brief, and only a person's words add to them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from domain.brief import Brief, Part
from domain.run import RunRequest, RunStatus, RunView
from domain.trace import NodeFinished, read_trace
from domain.values import BrandId, Origin
from service.offers import offer
from service.orchestrator import Onbrand
from service.settings import Settings
from service.wiring import BuiltinLanguage
from tests.integration.small import small_demo

pytestmark = [pytest.mark.timeout(240), pytest.mark.asyncio(loop_scope="module")]

REFUSED = ' with the text "miracle detox"'
"""A banned claim: the run ends at the plan, before anything is drawn, having gone through everything memory does."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Onbrand]:
    async with Onbrand.open(Settings(home=tmp_path_factory.mktemp("memory"))) as onbrand:
        small_demo(onbrand, "solara-lemon-can", "solara-blood-orange-can")
        yield onbrand


@pytest.fixture(autouse=True)
def empty(demo: Onbrand) -> None:
    demo.wired.memory.defaults.forget("demo")


async def run(
    onbrand: Onbrand, request: str, by: str = "", answers: dict[str, str] | None = None, *, assume: bool = False
) -> RunView:
    row = onbrand.begin(RunRequest(request=request, assume=assume), created_by=by)
    view = await onbrand.advance("demo", row.run_id)
    if answers is not None:
        assert view.questions, "it was to be asked"
        view = await onbrand.advance("demo", row.run_id, answer=answers)
    return view


def understood(view: RunView) -> NodeFinished:
    """What the trace says of the first stage."""
    events = [event for event in read_trace(Path(view.trace_path)) if isinstance(event, NodeFinished)]
    return next(event for event in events if event.node == "understand")


async def test_a_stated_rule_is_in_the_next_brief_marked_as_remembered_and_in_the_trace(demo: Onbrand) -> None:
    first = await run(demo, f"our lemon can on a terrace{REFUSED}. We never use snow.", assume=True)
    assert first.status is RunStatus.REFUSED
    assert understood(first).summary["learned"][0].startswith("avoid: snow (stated")
    second = await run(demo, f"our lemon can on a terrace{REFUSED}", assume=True)
    assert second.brief is not None
    (part,) = second.brief.avoid
    assert (part.value, part.origin) == ("snow", Origin.REMEMBERED)
    assert understood(second).summary["remembered"][0].startswith("avoid: snow")


async def test_what_the_request_asks_for_goes_before_what_is_remembered(demo: Onbrand) -> None:
    await run(demo, f"our lemon can on a terrace{REFUSED}. We never use snow. We always shoot at dusk.", assume=True)
    view = await run(demo, f"our lemon can in the morning on snow{REFUSED}", assume=True)
    assert view.brief is not None
    assert view.brief.avoid == ()
    assert any("remembered as something to avoid" in note for note in view.brief.notes)
    assert view.brief.time_of_day is not None
    assert view.brief.time_of_day.origin is Origin.STATED
    assert view.brief.light is None or view.brief.light.origin is not Origin.REMEMBERED


async def test_a_habit_is_not_asked_about_a_fourth_time_until_it_is_forgotten(demo: Onbrand) -> None:
    request = f"our lemon can on a terrace{REFUSED}"
    for _ in range(3):
        view = await run(demo, request, by="key:ann", answers={"channel": "linkedin"})
        assert view.status is RunStatus.REFUSED
    fourth = await run(demo, request, by="key:ann")
    assert fourth.brief is not None
    assert [(part.value, part.origin) for part in fourth.brief.channels] == [("linkedin", Origin.REMEMBERED)]
    assert "channel" not in {question.id for question in fourth.asked}
    others = await run(demo, request, by="key:bob")
    assert "channel" in {question.id for question in others.asked}
    demo.wired.memory.defaults.forget("demo", "channels")
    again = await run(demo, request, by="key:ann")
    assert "channel" in {question.id for question in again.asked}


async def test_defaults_taken_over_and_over_are_no_choice(demo: Onbrand) -> None:
    for _ in range(4):
        await run(demo, f"our lemon can on a terrace{REFUSED}", assume=True)
    assert demo.wired.memory.defaults.list("demo") == []


async def test_as_last_time_takes_over_what_the_new_request_leaves_open(demo: Onbrand) -> None:
    first = await run(demo, "our lemon can on a beach at noon for Sweden on linkedin, no people", assume=True)
    assert first.status is RunStatus.REVIEW
    offered = await offer(demo, RunRequest(request="as last time but evening"))
    assert offered.understood["background"] == "beach (remembered)"
    assert offered.understood["time of day"] == "evening (stated)"
    assert "solara-lemon-can" in offered.understood["product"]
    assert offered.understood["markets"] == "SE (remembered)"
    assert offered.understood["channels"] == "linkedin (remembered)"
    assert "people (remembered)" in offered.understood["avoid"]
    assert "light" not in offered.understood, "noon does not go with evening"
    assert any(first.run_id in told for told in offered.understood.values())
    other = await offer(demo, RunRequest(request="our orange can, same as before"))
    assert "orange" in other.understood["product"]
    assert other.understood["background"] == "beach (remembered)"


async def test_earlier_work_that_cannot_be_found_is_said_and_the_rest_is_read(demo: Onbrand) -> None:
    view = await run(demo, f"our lemon can like the snow one, on a terrace{REFUSED}", assume=True)
    assert view.brief is not None
    assert view.brief.background is not None
    assert any("no earlier work with snow" in note for note in view.brief.notes)
    assert understood(view).summary["earlier"]["reason"]


async def test_earlier_work_of_somebody_else_is_not_found(demo: Onbrand) -> None:
    offered = await offer(demo, RunRequest(request="our lemon can, as last time"), by="key:somebody-new")
    assert any("there is no earlier work" in told for told in offered.understood.values())


async def test_a_preview_learns_nothing(demo: Onbrand) -> None:
    await offer(demo, RunRequest(request="our lemon can on a terrace. We never use snow."))
    assert demo.wired.memory.defaults.list("demo") == []


class Inventive(BuiltinLanguage):
    """A reader that claims the person stated rules nobody stated."""

    def read(self, request: str, brand: BrandId) -> Brief:
        brief = super().read(request, brand)
        made_up = Part[str](value="people", origin=Origin.STATED, said="We never show people.")
        light = Part[str](value="night", origin=Origin.STATED, said="From now on always at night.")
        return brief.model_copy(update={"avoid": (made_up,), "light": light})


async def test_nothing_is_learned_from_what_a_model_makes_of_the_words(
    demo: Onbrand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "language", Inventive())
    view = await run(demo, f"our lemon can on a terrace{REFUSED}. We never use snow.", assume=True)
    assert view.brief is not None
    assert view.brief.light is not None
    assert [(row.field, row.value) for row in demo.wired.memory.defaults.list("demo")] == [("avoid", "snow")]
