"""Tool servers in processes of their own: a run uses them, survives their end, and goes on when they are back."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from domain.run import RunRequest, RunStatus
from mcp_servers.connect import BUILD
from mcp_servers.serve import application
from service.orchestrator import Onbrand
from service.settings import Settings, ToolServer, ToolServers
from service.wiring import wire
from tests.commands import ONBRAND, Result, call, environment
from tests.end_to_end.conftest import Served, tool_server
from tests.serving import serving

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"
QUICK = RunRequest(request=REQUEST, brand="demo", option="quick", assume=True)
TOKEN = "a-token-that-nobody-guesses"
LARGEST_BODY = 300_000

pytestmark = pytest.mark.timeout(300)


def elsewhere(**addresses: str) -> ToolServers:
    """Settings for tool servers at these addresses."""
    servers = {name: {"url": f"{where}/mcp", "token": TOKEN} for name, where in addresses.items()}
    return ToolServers(**{name: ToolServer.model_validate(server) for name, server in servers.items()})


def drawings(home: Path) -> dict[str, int]:
    """Finished drawings by name, with when each was written."""
    folder = home / "brands" / "demo" / "drawings"
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("*.json")} if folder.is_dir() else {}


def begin(home: Path, settings: dict[str, str]) -> subprocess.Popen[str]:
    """`onbrand create` at work."""
    return subprocess.Popen(
        [*ONBRAND, "create", REQUEST, "--json"],
        env=environment(home) | settings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def until(what: Callable[[], Any], seconds: float = 90) -> None:
    """Wait for something to be so."""
    deadline = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < deadline, "it never came to be"
        time.sleep(0.01)


def trace_of(path: str) -> list[dict[str, Any]]:
    """The events of a run."""
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def ended(process: subprocess.Popen[str]) -> Result:
    """How a command ended."""
    out, err = process.communicate(timeout=200)
    return Result(process.returncode, out, err)


def stopped_by_a_tool(result: Result) -> dict[str, Any]:
    """The document of a run that a tool server stopped."""
    assert result.code == 1, (result.out, result.err)
    view = result.document
    assert (view["status"], view["failure"]["code"]) == ("failed", "tool_failed"), view["failure"]
    assert view["failure"]["where"]
    assert "resume" in view["failure"]["hint"]
    return view


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_generator_that_ends_while_drawing_stops_the_run_which_goes_on_when_it_is_back(
    home: Path, number: signal.Signals
) -> None:
    with tool_server(home, "diffusion") as diffusion:
        work = begin(home, diffusion.settings)
        until(lambda: len(drawings(home)) >= 2)
        code = diffusion.end(number)
        assert code == (0 if number is signal.SIGTERM else -number)
        view = stopped_by_a_tool(ended(work))
    before = drawings(home)
    with tool_server(home, "diffusion", diffusion.port) as back:
        resumed = call(home, "runs", "resume", view["run_id"], "--json", settings=back.settings)
    assert resumed.code == 0, (resumed.out, resumed.err)
    after = drawings(home)
    assert {name: after[name] for name in before} == before, "a finished drawing was made again"
    assert resumed.document["status"] == "review"
    assert len(resumed.document["shortlist"]) == 3
    events = trace_of(view["trace_path"])
    assert [event["n"] for event in events] == list(range(len(events)))
    assert diffusion.token not in Path(view["trace_path"]).read_text()


def test_judges_that_hang_free_the_run_which_goes_on_when_they_wake(home: Path) -> None:
    with tool_server(home, "judges") as judges:
        work = begin(home, judges.settings | {"ONBRAND_TOOLS__JUDGES__TIMEOUT_S": "2"})
        until(lambda: drawings(home))
        judges.process.send_signal(signal.SIGSTOP)
        view = stopped_by_a_tool(ended(work))
        assert view["failure"]["where"].startswith("judges.")
        before = drawings(home)
        judges.process.send_signal(signal.SIGCONT)
        resumed = call(home, "runs", "resume", view["run_id"], "--json", settings=judges.settings)
    assert resumed.code == 0, (resumed.out, resumed.err)
    assert resumed.document["status"] == "review"
    after = drawings(home)
    assert {name: after[name] for name in before} == before


async def test_with_every_tool_elsewhere_a_run_comes_to_its_publication_and_no_picture_goes_over_http(
    home: Path, tmp_path: Path
) -> None:
    bodies: dict[str, list[bytes]] = {name: [] for name in BUILD}
    wired = wire(Settings(home=home))
    with ExitStack() as stack:
        addresses = {
            name: stack.enter_context(serving(watched(application(build(wired.workshop), TOKEN), bodies[name])))
            for name, build in BUILD.items()
        }
        async with Onbrand.open(Settings(home=home, tools=elsewhere(**addresses))) as onbrand:
            row = onbrand.begin(QUICK, tmp_path / "out")
            view = await onbrand.advance("demo", row.run_id)
            assert view.status is RunStatus.REVIEW, view.failure
            view = await onbrand.approve("demo", row.run_id, (), "Ada", ("SE",))
            assert view.status is RunStatus.PUBLISHED, view.failure
    wired.close()
    for name, seen in bodies.items():
        assert len(seen) >= 2, f"{name} was never asked"
        for body in seen:
            assert len(body) < LARGEST_BODY, f"{len(body)} bytes to or from {name}"
            assert not re.search(rb"\x89PNG|\xff\xd8\xff|RIFF....WEBP|data:image", body)
            assert not re.search(rb"[A-Za-z0-9+/_-]{400,}", body), f"something encoded to or from {name}"
    assert TOKEN not in json.dumps(trace_of(view.trace_path))


def watched(app: Any, bodies: list[bytes]) -> Any:
    """The application, with what goes in and out of it kept."""

    async def watching(scope: Any, receive: Any, send: Any) -> None:
        whole = {"in": b"", "out": b""}

        async def receiving() -> Any:
            message = await receive()
            whole["in"] += message.get("body", b"")
            return message

        async def sending(message: Any) -> None:
            whole["out"] += message.get("body", b"")
            await send(message)

        await app(scope, receiving, sending)
        bodies.extend(part for part in whole.values() if part)

    return watching


async def test_a_delivery_whose_answer_was_lost_is_not_made_again(home: Path, tmp_path: Path) -> None:
    wired = wire(Settings(home=home))
    build = BUILD["publish"]
    with serving(cut_after_delivery(application(build(wired.workshop), TOKEN))) as address:
        async with Onbrand.open(Settings(home=home, tools=elsewhere(publish=address))) as onbrand:
            row = onbrand.begin(QUICK, tmp_path / "out")
            view = await onbrand.advance("demo", row.run_id)
            assert view.status is RunStatus.REVIEW, view.failure
            view = await onbrand.approve("demo", row.run_id, (), "Ada", ("SE",))
            assert view.status is RunStatus.FAILED
            assert view.failure is not None
            assert view.failure.code == "tool_failed"
    published = sorted((home / "published").rglob("*"))
    with serving(application(build(wired.workshop), TOKEN)) as address:
        async with Onbrand.open(Settings(home=home, tools=elsewhere(publish=address))) as onbrand:
            view = await onbrand.advance("demo", row.run_id)
            assert view.status is RunStatus.PUBLISHED, view.failure
            assert len(view.publications) == 1
    wired.close()
    assert sorted((home / "published").rglob("*")) == published
    calls = trace_of(view.trace_path)
    assert ["error" in c for c in calls if c.get("tool") == "deliver_approved"] == [True, False]


def cut_after_delivery(app: Any) -> Any:
    """The application, whose answers to a delivery are lost on the way."""

    async def cutting(scope: Any, receive: Any, send: Any) -> None:
        asked = b""

        async def receiving() -> Any:
            nonlocal asked
            message = await receive()
            asked += message.get("body", b"")
            return message

        async def sending(message: Any) -> None:
            if b'"deliver_approved"' in asked and message["type"] == "http.response.body":
                raise ConnectionResetError("cut")
            await send(message)

        await app(scope, receiving, sending)

    return cutting


@pytest.mark.parametrize(
    ("arguments", "token", "said"),
    [
        ((), None, "token"),
        (("--token-env", "SERVED_TOKEN"), "", "SERVED_TOKEN"),
        (("--token-env", "SERVED_TOKEN"), "short-secret", "16 visible"),
        (("--token-file", "nowhere.txt"), None, "token file"),
        (("--token-env", "SERVED_TOKEN", "--host", "0.0.0.0"), TOKEN, "--allow-host"),
        (("--token-env", "SERVED_TOKEN", "--host", "192.0.2.1"), TOKEN, "cannot listen"),
        (("--token-env", "SERVED_TOKEN", "--tls-key", "key.pem"), TOKEN, "--tls-certificate"),
    ],
)
def test_what_cannot_be_served_safely_is_refused_at_start(
    home: Path, arguments: tuple[str, ...], token: str | None, said: str
) -> None:
    given = {} if token is None else {"SERVED_TOKEN": token}
    refused = call(home, "tools", "serve", "judges", "--port", "0", "--json", *arguments, settings=given)
    assert refused.code == 1, refused.err
    error = refused.document["error"]
    assert error["code"] == "misconfigured"
    assert said in json.dumps(error)
    assert not token or token not in refused.out + refused.err


def test_doctor_tells_whether_each_tool_server_elsewhere_answers(home: Path) -> None:
    with tool_server(home, "judges") as judges:
        well = told(home, judges, judges.settings)
        assert (well["ok"], well["needed"]) == (True, True)
        assert judges.url in well["says"]
        place = "ONBRAND_TOOLS__PUBLISH__"
        mixed_up = {f"{place}URL": judges.url, f"{place}TOKEN": judges.token}
        assert "otherwise than this program expects" in told(home, judges, mixed_up, "publish", code=1)["says"]
        wrong = judges.settings | {"ONBRAND_TOOLS__JUDGES__TOKEN": "another-token-altogether"}
        assert "refused the token" in told(home, judges, wrong, code=1)["says"]
        judges.end()
        assert "does not answer" in told(home, judges, judges.settings, code=1)["says"]


def told(home: Path, served: Served, settings: dict[str, str], name: str = "judges", code: int = 0) -> dict[str, Any]:
    """What doctor says of a tool server."""
    result = call(home, "doctor", "--json", settings=settings)
    assert result.code == code, (result.out, result.err)
    assert served.token not in result.out + result.err
    (row,) = [row for row in result.document["checks"] if row["name"] == f"tools: {name}"]
    return dict(row)


def test_the_token_may_lie_in_a_file(home: Path, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(f"{TOKEN}\n")
    process = subprocess.Popen(
        [*ONBRAND, "tools", "serve", "publish", "--port", "0", "--token-file", str(file)],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("publish tool server at http://127.0.0.1:"), line
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert TOKEN not in line + out + err
