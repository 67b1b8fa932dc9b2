"""Every command of docs/http-api.md, run as it stands there against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest

from domain.access import Role
from memory import Home, open_database
from memory.keys import Keys
from tests.commands import ONBRAND, environment

PAGE = Path(__file__).resolve().parents[2] / "docs" / "http-api.md"
COMMANDS = re.findall(r"^```bash\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.M | re.S)


@contextmanager
def served(home: Path) -> Iterator[str]:
    """`onbrand serve` over a home, until the end of the block; yields its address."""
    with (home.parent / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [*ONBRAND, "serve", "--port", "0", "--json"],
            env=environment(home), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, (home.parent / "serve.log").read_text()
        yield json.loads(line)["url"]
    finally:
        process.terminate()
        assert process.wait(60) == 0
        process.stdout.close()


def key(home: Path, name: str, *roles: Role) -> str:
    """A key, as a person at a terminal would make it."""
    database = open_database(Home(home))
    try:
        return Keys(database).create(name, {"demo": frozenset(roles)}, "test")[0]
    finally:
        database.close()


@pytest.mark.timeout(500)
def test_every_command_of_the_page_does_what_the_page_says(home: Path, tmp_path: Path) -> None:
    where = tmp_path / "shell"
    where.mkdir()
    script = "set -eu\n" + "\necho\necho ----\n".join(COMMANDS)
    with served(home) as url:
        shell = environment(home) | {
            "ONBRAND": url,
            "KEY": key(home, "ci", Role.CREATOR, Role.VIEWER),
            "APPROVER": key(home, "Ann", Role.APPROVER),
            "PATH": f"{where}:{os.environ['PATH']}",
        }
        command = where / "onbrand"
        command.write_text('#!/bin/sh\nexec ' + " ".join(ONBRAND) + ' "$@"\n')
        command.chmod(0o755)
        done = subprocess.run(
            ["bash", "-c", script], env=shell, cwd=where, capture_output=True, text=True, timeout=400, check=False
        )
        with httpx2.Client(base_url=url, headers={"Authorization": f"Bearer {shell['KEY']}"}, timeout=60) as client:
            run_id = client.get("/v1/runs").json()["items"][0]["run_id"]
            parts = ("", "/document", "/dossier", "/approval")
            told = {part: client.get(f"/v1/runs/{run_id}{part}") for part in parts}
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    made, brands, _, events, _, approved, delivered, more = [part.strip() for part in done.stdout.split("----")]
    assert {part: answer.status_code for part, answer in told.items()} == dict.fromkeys(parts, 200)
    for part, answer in told.items():
        assert str(home.parent) not in answer.text, f"a place on the server is told by a run's {part or 'summary'}"
    assert made.startswith("onb_")
    assert json.loads(brands)["items"][0]["brand"] == "demo"
    assert "event: run.status" in events
    urls, _, run = approved.partition("{")
    assert "/v1/artifacts/" in urls
    assert json.loads("{" + run)["status"] in {"review", "working", "published"}
    assert '"status":"published"' in delivered
    decoder, answers, at = json.JSONDecoder(), [], 0
    while at < len(more):
        answer, at = decoder.raw_decode(more, at)
        answers.append(answer)
    asset, found, offer, checked = answers
    assert asset["kind"] == "background"
    assert found["items"][0]["id"] == "solara-lemon-can"
    assert offer["options"]
    assert checked["verdict"] in {"passed", "unsure", "failed"}
    assert (where / "picture.png").read_bytes().startswith(b"\x89PNG")
    assert (where / "preview.webp").read_bytes()[:4] == b"RIFF"
    assert list((home / "published").iterdir()), "the yes published nothing"
