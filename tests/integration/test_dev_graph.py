"""The graph that langgraph.json names, with a saver as the dev server brings one."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.memory import InMemorySaver
from langgraph.types import Command

from service.dev_graph import conversation, graph
from service.orchestrator import Onbrand
from service.settings import load_settings

ROOT = Path(__file__).resolve().parents[2]


async def test_the_graph_that_langgraph_json_names_opens_without_a_saver() -> None:
    path, _, name = json.loads((ROOT / "langgraph.json").read_text())["graphs"]["campaign"]["path"].partition(":")
    assert (ROOT / path).is_file()
    assert name == graph.__name__
    async with graph() as compiled:
        assert compiled.checkpointer is None
        assert "campaign" in compiled.nodes


async def test_a_thread_goes_from_request_to_review_by_its_interrupts(demo_home: Path, own_home: Path) -> None:
    shutil.copytree(demo_home, own_home)
    async with Onbrand.open(load_settings()) as onbrand:
        compiled = conversation(onbrand).compile(checkpointer=InMemorySaver())
        config: RunnableConfig = {"configurable": {"thread_id": "one"}}
        await compiled.ainvoke({"request": "our lemon can on a marble counter"}, config)
        seen = []
        answers = {"questions": {}, "options": {"option": "quick"}, "review": {"action": "finish"}}
        while pending := (await compiled.aget_state(config)).interrupts:
            seen.append(pending[0].value["kind"])
            await compiled.ainvoke(Command(resume={pending[0].id: answers[seen[-1]]}), config)
        ended = (await compiled.aget_state(config)).values
        assert seen[-2:] == ["options", "review"]
        assert len(seen) == len(set(seen)), "a question was asked twice"
        assert ended["status"] == "review"
        assert ended["shortlist"]
        assert all(picture.endswith(".png") for picture in ended["pictures"])
