"""What callers can do with runs, and what they may, over the real graph: the service behind the HTTP API and MCP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.access import Caller, Principal, Role
from domain.errors import BadInput, Conflict, Forbidden, NotFound, TooManyRequests
from domain.run import RunStatus
from domain.studio import NewRun, RunEvent, RunSummary
from service.dispatch import Dispatcher
from service.orchestrator import Onbrand
from service.settings import Settings
from service.studio import ServedStudio

ASKS = NewRun(request="our blood-orange can on a sunlit terrace")
"""A request that leads to questions: neither market nor channel is named."""

WHOLE = NewRun(request="our lemon can on a marble counter, for Sweden, Instagram", option="quick", assume=True)


def caller(name: str, *roles: Role, brand: str = "demo") -> Caller:
    grants = {brand: frozenset(roles)}
    return Caller(principal=Principal(id=f"key:{name}", name=name, kind="key", grants=grants), brand=brand)


ADA = caller("ada", Role.CREATOR)
BEN = caller("ben", Role.CREATOR)
VERA = caller("vera", Role.VIEWER)
ANN = caller("ann", Role.APPROVER)
ADMIN = caller("admin", Role.ADMIN)


@asynccontextmanager
async def served(home: Path, most_working: int = 4) -> AsyncIterator[ServedStudio]:
    """A studio with its dispatcher at work."""
    async with Onbrand.open(Settings(home=home)) as onbrand:
        dispatcher = Dispatcher(onbrand, sweep_every=0.2)
        async with dispatcher.at_work(grace=60):
            yield ServedStudio(onbrand, dispatcher, most_working)


async def settled(studio: ServedStudio, who: Caller, run_id: str) -> RunSummary:
    """The run once it is no longer being worked on."""
    run = await studio.run(who, run_id)
    while run.status is RunStatus.WORKING:
        run = await studio.wait(who, run_id, 60)
    return run


async def test_a_request_comes_back_with_questions_and_goes_on_with_their_answers(home: Path) -> None:
    async with served(home) as studio:
        begun = await studio.create(ADA, ASKS)
        assert begun.status is RunStatus.WORKING
        asked = await settled(studio, ADA, begun.run_id)
        assert asked.status is RunStatus.NEEDS_INPUT
        assert [question.id for question in asked.questions] == ["market", "channel"]
        with pytest.raises(BadInput, match="no open question"):
            await studio.answer(ADA, begun.run_id, {"colour": "red"})
        await studio.answer(ADA, begun.run_id, {"market": "2", "channel": "instagram"})
        offered = await settled(studio, ADA, begun.run_id)
        assert offered.understood["markets"] == "SE (answered)"
        assert [option.name for option in offered.options] == ["standard", "quick"]
        with pytest.raises(BadInput, match="option"):
            await studio.answer(ADA, begun.run_id, {"option": "lavish"})
        await studio.answer(ADA, begun.run_id, {"option": "quick"})
        done = await settled(studio, ADA, begun.run_id)
        assert done.status is RunStatus.REVIEW
        assert done.pictures
        assert all(file.channel == "instagram" for picture in done.pictures for file in picture.files)
        small = await studio.preview(ADA, done.pictures[0].digest)
        assert small[:4] == b"RIFF" and len(small) <= 150_000


async def test_of_two_answers_at_once_exactly_one_is_taken(home: Path) -> None:
    async with served(home) as studio:
        run = await settled(studio, ADA, (await studio.create(ADA, ASKS)).run_id)
        both = await asyncio.gather(
            studio.answer(ADA, run.run_id, {"market": "SE"}),
            studio.answer(ADA, run.run_id, {"market": "EU27"}),
            return_exceptions=True,
        )
        assert [type(one) for one in both].count(Conflict) == 1, both
        after = await settled(studio, ADA, run.run_id)
        assert after.status is RunStatus.NEEDS_INPUT and after.options


async def test_somebody_elses_run_is_not_there(home: Path) -> None:
    async with served(home) as studio:
        run = await studio.create(ADA, ASKS)
        absent = "run-000000000000"
        for use in (
            studio.run,
            studio.cancel,
            studio.document,
            studio.approvable,
            studio.resume,
            studio.dossier,
        ):
            with pytest.raises(NotFound) as theirs:
                await use(BEN, run.run_id)
            with pytest.raises(NotFound) as none:
                await use(BEN, absent)
            assert theirs.value.document() == {
                **none.value.document(),
                "message": none.value.message.replace(absent, run.run_id),
            }
        assert not await studio.runs(BEN)
        assert [row.run_id for row in await studio.runs(ADA)] == [run.run_id]


async def test_who_may_only_look_changes_nothing(home: Path) -> None:
    async with served(home) as studio:
        run = await settled(studio, ADA, (await studio.create(ADA, ASKS)).run_id)
        assert (await studio.run(VERA, run.run_id)).questions
        with pytest.raises(Forbidden):
            await studio.create(VERA, ASKS)
        with pytest.raises(Forbidden):
            await studio.answer(VERA, run.run_id, {})
        with pytest.raises(Forbidden):
            await studio.cancel(VERA, run.run_id)
        with pytest.raises(Forbidden):
            await studio.upload(VERA, b"", "x.png")
        assert (await studio.run(ADA, run.run_id)).status is RunStatus.NEEDS_INPUT
        assert (await studio.cancel(ADMIN, run.run_id)).status is RunStatus.CANCELLED


async def test_a_yes_publishes_exactly_what_was_shown_once_and_only_from_an_approver(home: Path) -> None:
    async with served(home) as studio:
        run = await settled(studio, ADA, (await studio.create(ADA, WHOLE)).run_id)
        assert run.status is RunStatus.REVIEW, run.failure
        shown = await studio.approvable(ADA, run.run_id)
        with pytest.raises(Forbidden):
            await studio.approve(ADA, shown)
        other = shown.model_copy(
            update={"files": (shown.files[0].model_copy(update={"digest": "0" * 64}), *shown.files[1:])}
        )
        with pytest.raises(Conflict, match="no longer those"):
            await studio.approve(ANN, other)
        assert not (await studio.run(ANN, run.run_id)).publications
        await asyncio.gather(*(studio.approve(ANN, shown) for _ in range(3)))
        published = await once(studio, ANN, run.run_id, RunStatus.PUBLISHED)
        assert [one.digest for one in published.publications] == [file.digest for file in shown.files]
        folders = [path for path in (home / "published").iterdir() if path.is_dir()]
        assert len(folders) == len(shown.files)
        told = [event async for event in studio.events(ADA, run.run_id)]
        assert told[-1].event == "run.ended" and told[-1].data["status"] == "published"
        numbers = [event.n for event in told]
        assert numbers == sorted(set(numbers))
        rest = [event.n async for event in studio.events(ADA, run.run_id, after=numbers[-3])]
        assert rest == numbers[-2:]


async def once(studio: ServedStudio, who: Caller, run_id: str, status: RunStatus) -> RunSummary:
    """The run once it has this status."""
    async with asyncio.timeout(60):
        while (run := await studio.run(who, run_id)).status is not status:
            await asyncio.sleep(0.05)
    return run


async def test_whoever_listens_is_told_as_it_happens_until_the_run_is_over(home: Path) -> None:
    async with served(home) as studio:
        run = await studio.create(ADA, ASKS)
        told: list[RunEvent] = []

        async def listen() -> None:
            async for event in studio.events(ADA, run.run_id):
                told.append(event)

        listening = asyncio.create_task(listen())
        await settled(studio, ADA, run.run_id)
        async with asyncio.timeout(10):
            while not any(event.event == "run.status" for event in told):
                await asyncio.sleep(0.02)
        assert not listening.done()
        await studio.cancel(ADA, run.run_id)
        await asyncio.wait_for(listening, 10)
        assert told[0].event == "run.started"
        waiting = next(event for event in told if event.event == "run.waiting")
        assert waiting.data["kind"] == "questions"
        assert told[-1].data["status"] == "cancelled"


async def test_a_run_that_nobody_works_on_is_taken_up_by_whoever_looks_for_work(home: Path) -> None:
    async with Onbrand.open(Settings(home=home)) as onbrand:
        row = onbrand.begin(ServedStudio(onbrand, Dispatcher(onbrand))._request("demo", ASKS), created_by="key:ada")
        onbrand.workshop.runs.lease(row.run_id, "another machine that is gone", ttl=0.0)
    async with served(home) as studio:
        run = await once(studio, ADA, row.run_id, RunStatus.NEEDS_INPUT)
        assert run.questions


async def test_a_run_that_was_cut_off_by_a_drain_is_finished_by_the_next_server(home: Path) -> None:
    async with served(home) as studio:
        run = await studio.create(ADA, WHOLE)
        async for event in studio.events(ADA, run.run_id):
            if event.data.get("stage") == "generate":
                break
    async with Onbrand.open(Settings(home=home)) as onbrand:
        assert onbrand.workshop.runs.get("demo", run.run_id).status is RunStatus.WORKING
    async with served(home) as studio:
        assert (await settled(studio, ADA, run.run_id)).status is RunStatus.REVIEW


async def test_the_same_run_id_is_the_same_request(home: Path) -> None:
    async with served(home) as studio:
        first = await studio.create(ADA, ASKS, run_id="run-aaaaaaaaaaaa")
        again = await studio.create(ADA, ASKS, run_id="run-aaaaaaaaaaaa")
        assert first.run_id == again.run_id
        assert len(await studio.runs(ADA)) == 1


async def test_more_runs_than_ones_share_are_refused(home: Path) -> None:
    async with served(home, most_working=0) as studio:
        with pytest.raises(TooManyRequests):
            await studio.create(ADA, ASKS)


async def test_a_fault_of_ours_ends_the_run_instead_of_repeating_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a bug")

    async with served(home) as studio:
        monkeypatch.setattr("agents.understand.with_choices", broken)
        run = await settled(studio, ADA, (await studio.create(ADA, ASKS)).run_id)
        assert run.status is RunStatus.FAILED
        assert run.failure is not None and run.failure.code == "fault"
        assert "a bug" not in run.failure.message


async def test_a_run_that_keeps_ending_its_process_is_parked_until_somebody_resumes_it(home: Path) -> None:
    async with Onbrand.open(Settings(home=home)) as onbrand:
        studio = ServedStudio(onbrand, Dispatcher(onbrand))
        row = onbrand.begin(studio._request("demo", ASKS), created_by="key:ada")
        for attempt in range(3):
            onbrand.workshop.runs.lease(row.run_id, f"a process that died, {attempt}", ttl=0.0)
            if attempt < 2:
                onbrand.workshop.runs.note_crash(row.run_id)
        view = await onbrand.advance("demo", row.run_id, most_crashes=3)
        assert view.status is RunStatus.FAILED
        assert view.failure is not None and "three" not in view.failure.message and "3 times" in view.failure.message
        assert (await onbrand.advance("demo", row.run_id, most_crashes=3)).status is RunStatus.NEEDS_INPUT
