"""A tool server that lies stops the run, nothing it said is kept, and an honest one finishes the run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agents import generate
from domain.run import RunRequest, RunStatus
from mcp_servers.connect import BUILD, Servers
from mcp_servers.endpoint import Endpoint
from mcp_servers.serve import application
from service.orchestrator import Onbrand
from service.settings import Settings
from tests.serving import serving

QUICK = RunRequest(
    request="our blood-orange can on a sunlit terrace, for Sweden, Instagram", brand="demo", option="quick", assume=True
)
TOKEN = "a-token-that-nobody-guesses"
STRANGER = "5" * 64

Lie = Callable[[dict[str, Any]], None]

pytestmark = pytest.mark.timeout(300)


def silent(answer: dict[str, Any]) -> None:
    """Nothing was found: nothing is wrong."""
    answer["findings"] = []


def inventive(answer: dict[str, Any]) -> None:
    """A check that does not exist."""
    answer["findings"][0]["check"] = "charm"


def elsewhere(answer: dict[str, Any]) -> None:
    """A candidate nobody asked about."""
    answer["shortlist"] = ["c9-99"]


def partial(answer: dict[str, Any]) -> None:
    """Drawings that their generator has judged."""
    for candidate in answer["candidates"]:
        candidate["verdict"] = "passed"


def borrowed(answer: dict[str, Any]) -> None:
    """Pictures that are not this brand's."""
    for candidate in answer["candidates"]:
        candidate["artifact"]["digest"] = STRANGER


def endless(answer: dict[str, Any]) -> None:
    """A job that works for ever."""
    answer["status"], answer["candidates"] = "working", []


def garbled(answer: dict[str, Any]) -> None:
    """Not the contract."""
    answer["width"] = "wide"


LIES: list[tuple[str, str, Lie, str]] = [
    ("judges", "judge_candidate", silent, "not checked"),
    ("judges", "judge_candidate", inventive, "charm"),
    ("judges", "rank_candidates", elsewhere, "c9-99"),
    ("diffusion", "get_job", partial, "judged already"),
    ("diffusion", "get_job", borrowed, "does not have"),
    ("diffusion", "get_job", endless, "no drawing for"),
    ("publish", "resolve_canvas", garbled, "contract"),
]


@pytest.mark.parametrize(("server", "tool", "lie", "said"), LIES, ids=[lie[2].__name__ for lie in LIES])
async def test_a_lie_stops_the_run_and_honesty_finishes_it(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: str, tool: str, lie: Lie, said: str
) -> None:
    if lie is endless:
        monkeypatch.setattr(generate, "STALL_SECONDS", 1.0)
    async with Onbrand.open(Settings(home=home)) as onbrand:
        row = onbrand.begin(QUICK, tmp_path / "out")
        honest = onbrand.servers
        with serving(lying(application(BUILD[server](onbrand.workshop), TOKEN), tool, lie)) as address:
            onbrand.servers = Servers.over(onbrand.workshop, {server: Endpoint(f"{address}/mcp", TOKEN)})
            view = await onbrand.advance("demo", row.run_id)
        assert view.status is RunStatus.FAILED
        assert view.failure is not None
        assert view.failure.code == "tool_failed"
        assert said in view.failure.message
        assert view.failure.hint
        assert not view.shortlist
        onbrand.servers = honest
        view = await onbrand.advance("demo", row.run_id)
        assert view.status is RunStatus.REVIEW, view.failure
        assert view.failure is None
        assert len(view.shortlist) == 3
        assert STRANGER not in view.model_dump_json()


def lying(app: Any, tool: str, lie: Lie) -> Any:
    """The application, which changes what one of its tools says."""

    async def bent(scope: Any, receive: Any, send: Any) -> None:
        asked, start, said = b"", {}, b""

        async def receiving() -> Any:
            nonlocal asked
            message = await receive()
            asked += message.get("body", b"")
            return message

        async def sending(message: Any) -> None:
            nonlocal start, said
            if f'"name":"{tool}"'.encode() not in asked:
                await send(message)
            elif message["type"] == "http.response.start":
                start = message
            else:
                said += message["body"]
                if not message.get("more_body"):
                    body = changed(said, lie)
                    kept = [(name, value) for name, value in start["headers"] if name != b"content-length"]
                    await send(start | {"headers": kept})
                    await send({"type": "http.response.body", "body": body})

        await app(scope, receiving, sending)

    return bent


def changed(body: bytes, lie: Lie) -> bytes:
    """An answer after the lie."""
    document = json.loads(body)
    lie(document["result"]["structuredContent"])
    return json.dumps(document).encode()
