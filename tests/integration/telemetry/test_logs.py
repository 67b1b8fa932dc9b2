"""A server's log: JSON lines that say who did what and how it went, and nothing that is nobody's business."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import pytest

from service.telemetry import bound, json_lines, logger
from tests.integration.telemetry.conftest import Served


@contextmanager
def gathered() -> Iterator[list[dict[str, Any]]]:
    """What is logged in the block, filled in at its end."""
    stream, lines = io.StringIO(), list[dict[str, Any]]()
    with json_lines(stream):
        yield lines
    lines += [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_id_principal_route_status_and_time(app: Served) -> None:
    with gathered() as lines:
        httpx2.get(f"{app.url}/runs/run-17?token=swordfish", headers={"x-request-id": "from-the-proxy-17"})
        httpx2.get(f"{app.url}/healthz")
        httpx2.get(f"{app.url}/nowhere")
        time.sleep(0.1)
    looked, request, missing = [line for line in lines if line["logger"].startswith("onbrand.")]
    assert looked["event"] == "looked"
    assert looked["request_id"] == request["request_id"] == "from-the-proxy-17"
    told = {name: request[name] for name in ("level", "event", "principal", "method", "route", "status")}
    assert told == {
        "level": "info", "event": "request", "principal": "key:7f3a", "method": "GET", "route": "/runs/{run_id}",
        "status": 200,
    }
    assert request["ms"] > 0
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", request["time"])
    assert missing["status"] == 404
    assert "principal" not in missing
    assert "swordfish" not in json.dumps(lines)
    assert "Lovelace" not in json.dumps(lines)


def test_an_application_that_breaks_is_told_with_its_place_and_without_its_secrets(app: Served) -> None:
    with gathered() as lines:
        assert httpx2.get(f"{app.url}/broken").status_code == 500
        time.sleep(0.1)
    (request,) = [line for line in lines if line["event"] == "request"]
    assert (request["status"], request["error"]) == (500, "RuntimeError")
    stacks = [line for line in lines if "stack" in line]
    assert any("conftest.py" in place and place.endswith(" broken") for line in stacks for place in line["stack"])
    for secret in ("hunter2", "ada:", "sslkey", "abc"):
        assert secret not in json.dumps(lines)


def test_secret_names_tokens_and_query_strings_do_not_reach_a_line() -> None:
    with gathered() as lines:
        secrets = {"api_key": "k-123", "detail": "Bearer abcdefgh123"}
        logger("test").info("called https://x.example/a?key=1", extra=secrets)
        logging.getLogger("another.library").warning("GET %s", "/v1/runs?token=tok-123 HTTP/1.1")
        logging.getLogger("another.library").info("chatter")
    text = json.dumps(lines)
    assert len(lines) == 2
    assert lines[0]["event"] == "called https://x.example/a"
    assert lines[1]["event"] == "GET /v1/runs HTTP/1.1"
    for secret in ("k-123", "abcdefgh123", "tok-123"):
        assert secret not in text


def test_what_is_bound_is_on_every_line_of_the_block_and_on_none_after() -> None:
    with gathered() as lines:
        with bound(run_id="run-1", principal=None), bound(trace_id="t"):
            logger("test").info("within")
        logger("test").info("after")
    assert (lines[0]["run_id"], lines[0]["trace_id"]) == ("run-1", "t")
    assert "principal" not in lines[0]
    assert "run_id" not in lines[1]


def test_a_reader_that_is_slow_loses_lines_and_is_told_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.telemetry.logs.MOST_WAITING", 50)
    read, write = os.pipe()
    read_lines: list[dict[str, Any]] = []

    def drain() -> None:
        with os.fdopen(read) as reader:
            read_lines.extend(json.loads(line) for line in reader)

    with os.fdopen(write, "w") as stream, json_lines(stream):
        began = time.perf_counter()
        for _ in range(2000):
            logger("test").info("x" * 1000)
        assert time.perf_counter() - began < 5
        draining = threading.Thread(target=drain)
        draining.start()
        time.sleep(0.3)
        logger("test").info("again")
    draining.join()
    assert read_lines[-1]["event"] == "again"
    assert sum(line.get("dropped", 0) for line in read_lines) == 2001 - len(read_lines) > 1000


def test_a_reader_that_never_reads_does_not_keep_the_process_from_ending() -> None:
    script = (
        "from service.telemetry import json_lines, logger\n"
        "with json_lines():\n"
        "    for _ in range(20_000): logger('test').info('x' * 1000)\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.PIPE)
    try:
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.communicate()


def test_logging_is_as_before_when_the_block_ends() -> None:
    root, ours = logging.getLogger(), logging.getLogger("onbrand")
    before = list(root.handlers), root.level, ours.level
    with gathered() as lines, warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("careful", UserWarning, stacklevel=1)
    assert (list(root.handlers), root.level, ours.level) == before
    assert "careful" in lines[0]["event"]
