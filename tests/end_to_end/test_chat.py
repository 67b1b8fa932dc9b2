"""`onbrand chat` at a real pseudo-terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pexpect
import pytest

from tests.commands import Result, call, environment

WORDS = "your word: "
Chat = Callable[..., "pexpect.spawn[str]"]


@pytest.fixture
def chat(home: Path) -> Iterator[Chat]:
    """Starts conversations and ends what is left of them."""
    children: list[pexpect.spawn[str]] = []

    def start(*arguments: str) -> pexpect.spawn[str]:
        child = pexpect.spawn(
            sys.executable,
            ["-m", "service.cli.app", "chat", *arguments],
            env=environment(home) | {"TERM": "dumb", "USER": "astrid"},
            cwd=str(home.parent),
            encoding="utf-8",
            timeout=120,
            dimensions=(50, 160),
        )
        child.delaybeforesend = 0.2
        children.append(child)
        return child

    yield start
    for child in children:
        child.close(force=True)


def ended(child: pexpect.spawn[str]) -> int | None:
    """The exit code, once the conversation is over."""
    child.expect(pexpect.EOF)
    child.close()
    return child.exitstatus


def test_a_conversation_from_request_to_publication(chat: Chat, home: Path) -> None:
    child = chat()
    child.expect("What do you need")
    child.sendline("our lemon can on a marble counter, Instagram")
    child.expect("Which market is it for")
    child.expect("your answer")
    child.sendline("atlantis")
    child.expect("no market I know")
    child.expect("your answer")
    child.sendline("Sweden")
    child.expect("1. the full grid.*2. a quick look")
    child.expect("which one")
    child.sendline("7")
    child.expect("choose a number from 1 to 2")
    child.expect("which one")
    child.sendline("2")
    child.expect(r"(run-\w+): ready for your review")
    run_id = child.match.group(1)
    child.expect(WORDS)
    child.sendline("flibber the wobble")
    child.expect("nothing was changed")
    child.expect("the shortlist is as it was")
    child.expect(WORDS)
    child.sendline("make the can bigger, warmer light")
    child.expect("✓ composition scale: ")
    child.expect("✓ generator warmth: ")
    child.expect(WORDS)
    child.sendline("approve 9")
    child.expect("not on the shortlist")
    child.expect(WORDS)
    child.sendline("approve 1")
    child.expect(f"{run_id}: published")
    child.expect("What do you need")
    child.sendline("quit")
    assert ended(child) == 0
    view = call(home, "runs", "show", run_id, "--json").document
    assert view["status"] == "published"
    assert len(view["publications"]) == 1
    assert [(part["value"], part["origin"]) for part in view["brief"]["markets"]] == [("SE", "answered")]


def test_what_is_no_product_is_asked_for_again_and_ctrl_c_leaves_a_run_to_come_back_to(
    chat: Chat, home: Path, tmp_path: Path
) -> None:
    child = chat()
    child.expect("What do you need")
    child.sendline("our red sports car on a beach, Sweden, Instagram")
    child.expect("no product that is")
    child.expect("your answer: ")
    for wrong, told in (
        ("", "needs an answer"),
        ("the usual one", "neither a product"),
        (str(tmp_path / "absent.png"), "there is no file"),
    ):
        child.sendline(wrong)
        child.expect(told)
        child.expect("your answer: ")
    child.sendintr()
    child.expect(r"onbrand chat --resume (run-\w+)")
    run_id = child.match.group(1)
    assert ended(child) == 130
    assert call(home, "runs", "show", run_id, "--json").document["status"] == "needs_input"

    cutout = photo_of_a_can(home, tmp_path / "my can.png")
    child = chat("--resume", run_id)
    child.expect("your answer: ")
    child.sendline(f"'{cutout}'")
    child.expect("which one")
    child.sendline("quit")
    child.expect(f"onbrand chat --resume {run_id}")
    assert ended(child) == 0
    brief = call(home, "runs", "show", run_id, "--json").document["brief"]
    assert brief["products"][0]["value"]["asset"].startswith("upload-")


def photo_of_a_can(home: Path, to: Path) -> Path:
    """A transparent PNG of a person's own, in a path with a space."""
    asset = call(home, "assets", "show", "solara-lemon-can", "--json").document
    stored = [path for path in (home / "brands").rglob(f"{asset['digest']}*") if path.is_file()]
    to.write_bytes(stored[0].read_bytes())
    return to


def test_chat_without_a_terminal_says_what_to_use_instead(demo_home: Path) -> None:
    result: Result = call(demo_home, "chat")
    assert result.code == 2
    assert "onbrand create" in result.err
