"""A whole run while a watcher raises on every call that would block the event loop: file, socket, database, sleep."""

from __future__ import annotations

from pathlib import Path

import pytest
from blockbuster import blockbuster_ctx
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from domain.run import ReviewAction, ReviewDecision, RunRequest, RunStatus
from service.dev_graph import conversation
from service.orchestrator import Onbrand
from service.settings import Settings
from tests.end_to_end.conftest import tool_server

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"


async def test_from_request_over_feedback_to_publication_nothing_blocks_the_event_loop(home: Path) -> None:
    await watched(home)


async def test_with_judges_in_another_process_nothing_blocks_it_either(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tool_server(home, "judges") as judges:
        for name, value in judges.settings.items():
            monkeypatch.setenv(name, value)
        await watched(home)


async def watched(home: Path) -> None:
    """A run to its publication, with the watcher."""
    async with Onbrand.open(Settings(home=home)) as onbrand:
        row = onbrand.begin(RunRequest(request=REQUEST, brand="demo", option="quick", assume=True))
        with blockbuster_ctx() as watcher:
            # A trace line is one write of a few hundred bytes to the page cache, in the order of events: cheaper than
            # handing it to a thread.
            watcher.functions["os.write"].can_block_in("memory/traces.py", "record")
            view = await onbrand.advance("demo", row.run_id)
            assert view.status is RunStatus.REVIEW, view.failure
            bigger = ReviewDecision(action=ReviewAction.FEEDBACK, text="make the can a little bigger")
            view = await onbrand.answer_review("demo", row.run_id, bigger)
            assert view.edits
            view = await onbrand.approve("demo", row.run_id, (), "Ada", ("SE",))
            assert view.status is RunStatus.PUBLISHED, view.failure


async def test_nothing_blocks_the_dev_server_either(home: Path) -> None:
    async with Onbrand.open(Settings(home=home)) as onbrand:
        compiled = conversation(onbrand).compile(checkpointer=InMemorySaver())
        config: RunnableConfig = {"configurable": {"thread_id": "one"}}
        with blockbuster_ctx():
            await compiled.ainvoke({"request": REQUEST}, config)
            answers = {"questions": {}, "options": {"option": "quick"}, "review": {"action": "finish"}}
            while pending := (await compiled.aget_state(config)).interrupts:
                answer = answers[pending[0].value["kind"]]
                await compiled.ainvoke(Command(resume={pending[0].id: answer}), config)
            assert (await compiled.aget_state(config)).values["status"] == "review"
