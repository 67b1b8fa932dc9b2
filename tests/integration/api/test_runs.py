"""Runs over HTTP: begun, listed, answered, approved by exactly what was shown, and followed as they go."""

from __future__ import annotations

import asyncio
import json
import threading
import time

import httpx2
import pytest

from domain.errors import StorageFailed
from domain.run import Failure, RunStatus
from service.settings import Serving
from tests.integration.api.conftest import Bench
from tests.serving import serving


def test_a_run_begins_and_says_where_it_is(bench: Bench, maker: httpx2.Client) -> None:
    answer = maker.post("/v1/runs", json={"request": "our can on a terrace", "markets": ["SE"], "budget": 1})
    run = answer.json()
    assert answer.status_code == 201
    assert answer.headers["location"] == run["links"]["self"] == f"/v1/runs/{run['run_id']}"
    assert maker.get(answer.headers["location"]).json() == run
    assert run["created_by"] == bench.ids["maker"]
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_list_goes_back_page_by_page(bench: Bench, maker: httpx2.Client) -> None:
    made = [bench.studio.put_run("demo", RunStatus.REVIEW if n % 2 else RunStatus.WORKING).run_id for n in range(7)]
    bench.studio.put_run("other", RunStatus.REVIEW)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = maker.get("/v1/runs", params={"limit": "3", **cursor}).json()
        seen += [row["run_id"] for row in page["items"]]
        if page["next"] is None:
            break
        cursor = {"before": page["next"]}
    assert seen == made[::-1]
    waiting = maker.get("/v1/runs", params={"status": "review"}).json()["items"]
    assert [row["run_id"] for row in waiting] == made[1::2][::-1]


def test_answers_feedback_and_the_end_of_a_run(bench: Bench, maker: httpx2.Client) -> None:
    mine = bench.ids["maker"]
    asking = bench.studio.put_run("demo", RunStatus.NEEDS_INPUT, mine).run_id
    assert maker.post(f"/v1/runs/{asking}/answer", json={"answers": {"market": "SE"}}).json()["status"] == "working"
    again = maker.post(f"/v1/runs/{asking}/answer", json={"answers": {}})
    assert (again.status_code, again.json()["code"], again.json()["where"]) == (409, "conflict", asking)
    assert "onbrand" not in again.json()["hint"], "a command for a terminal helps nobody here"
    shown = bench.studio.put_run("demo", RunStatus.REVIEW, mine, pictures=2).run_id
    said = {"feedback": "bigger", "candidates": ["c1"]}
    assert maker.post(f"/v1/runs/{shown}/feedback", json=said).json()["status"] == "working"
    assert maker.post(f"/v1/runs/{shown}/cancel").json()["status"] == "cancelled"
    failed = bench.studio.put_run("demo", RunStatus.FAILED, mine).run_id
    assert maker.post(f"/v1/runs/{failed}/resume").json()["status"] == "working"


def test_only_what_was_shown_can_be_approved(bench: Bench, url: str) -> None:
    run = bench.studio.put_run("demo", RunStatus.REVIEW, bench.ids["maker"], pictures=2)
    at = f"/v1/runs/{run.run_id}"
    with bench.client(url, "approver") as client:
        shown = client.get(f"{at}/approval", params={"candidate": ["c0", "c1"], "market": "SE"}).json()
        assert [client.get(file["url"]).status_code for file in shown["files"]] == [200, 200]
        yes = shown["yes"]
        changed = [
            {**yes, "digests": yes["digests"][:1]},
            {**yes, "digests": yes["digests"][::-1]},
            {**yes, "digests": ["f" * 64, "e" * 64]},
            {**yes, "candidates": ["c0"]},
            {**yes, "destination": "elsewhere"},
        ]
        assert [client.post(f"{at}/approve", json=other).status_code for other in changed] == [409] * len(changed)
        for incomplete in ({}, {"candidates": ["c0"]}, {**yes, "digests": []}, {**yes, "confirm": True}):
            assert client.post(f"{at}/approve", json=incomplete).status_code == 422
        assert bench.studio.approvals == []
        assert client.post(f"{at}/approve", json=yes).json()["status"] == "published"
    assert bench.studio.approvals == [(run.run_id, tuple(yes["digests"]))]


def test_a_document_holds_no_place_on_the_server(bench: Bench, maker: httpx2.Client) -> None:
    run = bench.studio.put_run("demo", RunStatus.FAILED, pictures=1)
    failure = Failure(code="storage_failed", message="cannot write /srv/x", where="/srv", hint="mend /srv")
    bench.studio.rows["demo", run.run_id] = run.model_copy(update={"failure": failure})
    for part in ("", "/document"):
        text = maker.get(f"/v1/runs/{run.run_id}{part}").text
        assert "/srv" not in text
        assert json.loads(text)["failure"]["code"] == "storage_failed"
    document = maker.get(f"/v1/runs/{run.run_id}/document").json()
    assert not {"out_dir", "trace_path", "path"} & set(document)


def test_a_dossier_is_sealed(bench: Bench, maker: httpx2.Client) -> None:
    run = bench.studio.put_run("demo", RunStatus.REVIEW, pictures=1)
    page = maker.get(f"/v1/runs/{run.run_id}/dossier")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["content-security-policy"].startswith("sandbox; default-src 'none'")


# ---- events


def told(lines: list[str]) -> list[tuple[int, str]]:
    """Number and name of the events in a stream."""
    ids = [int(line[4:]) for line in lines if line.startswith("id: ")]
    return list(zip(ids, [line[7:] for line in lines if line.startswith("event: ")], strict=True))


def tell(bench: Bench, run_id: str, *events: str) -> None:
    """Add events before a server runs."""

    async def add() -> None:
        for event in events:
            await bench.studio.tell(run_id, event)

    asyncio.run(add())


def test_a_finished_run_is_told_whole_and_then_nothing_more_comes(bench: Bench, maker: httpx2.Client) -> None:
    run = bench.studio.put_run("demo", RunStatus.PUBLISHED).run_id
    tell(bench, run, "run.started", "stage.started", "run.ended")
    first = maker.get(f"/v1/runs/{run}/events")
    assert first.headers["content-type"].startswith("text/event-stream")
    assert told(first.text.splitlines()) == [(0, "run.started"), (2, "stage.started"), (4, "run.ended")]
    rest = maker.get(f"/v1/runs/{run}/events", headers={"Last-Event-ID": "2"})
    assert told(rest.text.splitlines()) == [(4, "run.ended")]
    assert maker.get(f"/v1/runs/{run}/events", headers={"Last-Event-ID": "4"}).status_code == 204
    assert maker.get(f"/v1/runs/{run}/events", headers={"Last-Event-ID": "x"}).status_code == 422


def test_a_reader_that_was_cut_off_misses_nothing(bench: Bench) -> None:
    run = bench.studio.put_run("demo", RunStatus.WORKING, bench.ids["maker"]).run_id
    tell(bench, run, "run.started")
    with serving(bench.app(heartbeat=0.05, longest_stream=0.6)) as url, bench.client(url) as client:

        def cancel() -> None:
            with bench.client(url) as other:
                other.post(f"/v1/runs/{run}/cancel")

        seen: list[tuple[int, str]] = []
        comments = 0
        writer = threading.Thread(target=cancel)
        for visit in range(3):
            if visit == 1:
                writer.start()
            last = {"Last-Event-ID": str(seen[-1][0])} if seen else {}
            answer = client.get(f"/v1/runs/{run}/events", headers=last)
            if answer.status_code == 204:
                break
            seen += told(answer.text.splitlines())
            comments += answer.text.count(": still here")
        writer.join()
        assert seen == [(0, "run.started"), (2, "run.ended")]
        assert comments >= 3
        assert client.get(f"/v1/runs/{run}/events", headers={"Last-Event-ID": "2"}).status_code == 204


def test_streams_end_when_the_server_drains(bench: Bench) -> None:
    run = bench.studio.put_run("demo", RunStatus.WORKING).run_id
    tell(bench, run, "run.started")
    draining = asyncio.Event()
    with serving(bench.app(draining=draining)) as url, bench.client(url) as client:
        assert client.get("/readyz").json() == {"ready": True}
        with client.stream("GET", f"/v1/runs/{run}/events") as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            draining._loop.call_soon_threadsafe(draining.set)  # type: ignore[attr-defined]
            began = time.monotonic()
            assert told(list(lines)) == [(0, "run.started")]
            assert time.monotonic() - began < 5
        refused = client.get("/readyz")
        assert (refused.status_code, refused.json()["code"]) == (503, "draining")


def test_one_principal_holds_so_many_streams_and_gives_them_back(bench: Bench) -> None:
    run = bench.studio.put_run("demo", RunStatus.WORKING).run_id
    tell(bench, run, "run.started")
    with serving(bench.app(Serving(streams_at_once=1), longest_stream=20.0)) as url, bench.client(url) as client:
        with client.stream("GET", f"/v1/runs/{run}/events") as first:
            lines = first.iter_lines()
            assert next(lines) == "retry: 2000"
            second = client.get(f"/v1/runs/{run}/events")
            assert (second.status_code, second.headers["retry-after"]) == (429, "1")
        deadline = time.monotonic() + 5
        while True:
            with client.stream("GET", f"/v1/runs/{run}/events") as again:
                if again.status_code == 200:
                    break
            assert time.monotonic() < deadline, "a reader that left still holds its place"


def test_an_event_tells_no_place_on_the_server(bench: Bench, maker: httpx2.Client) -> None:
    run = bench.studio.put_run("demo", RunStatus.FAILED).run_id
    failure = {"code": "storage_failed", "message": "cannot write /srv/x", "where": "/srv", "hint": "df /srv"}
    asyncio.run(bench.studio.tell(run, "run.ended", status="failed", failure=failure))
    bench.studio.rows["demo", run] = bench.studio.rows["demo", run].model_copy(
        update={"failure": Failure(code="fault", message="a bug")}
    )
    text = maker.get(f"/v1/runs/{run}/events").text
    assert '"code":"storage_failed"' in text
    assert "/srv" not in text


# ---- what goes wrong


def test_everything_refused_is_a_problem_document(bench: Bench, url: str, maker: httpx2.Client) -> None:
    run = bench.studio.put_run("demo", RunStatus.WORKING).run_id
    json_type, text_type = {"Content-Type": "application/json"}, {"Content-Type": "text/plain"}
    with bench.client(url, "viewer") as viewer, bench.client(url, None) as stranger:
        forbidden = viewer.post("/v1/runs", json={"request": "a can"})
        unknown = stranger.get("/v1/runs")
    cases = {
        (404, "not_found"): maker.get("/v1/nothing"),
        (405, "method_not_allowed"): maker.delete("/v1/runs"),
        (415, "unsupported_media_type"): maker.post("/v1/runs", content="request=a", headers=text_type),
        (400, "bad_input"): maker.post("/v1/runs", content="{", headers=json_type),
        (413, "too_large"): maker.post("/v1/runs", content=b" " * 2**19, headers=json_type),
        (422, "bad_input"): maker.post("/v1/runs", json={"request": "a can", "rounds": "two", "surprise": 1}),
        (403, "forbidden"): forbidden,
        (409, "conflict"): maker.get(f"/v1/runs/{run}/approval"),
        (401, "unauthorised"): unknown,
    }
    for (status, code), answer in cases.items():
        told = answer.json()
        assert (answer.status_code, told["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/problem+json"
        assert {"type", "title", "status", "detail", "instance", "code", "where", "hint"} <= set(told)
        assert (told["status"], told["instance"]) == (status, answer.request.url.path)
    assert set(cases[405, "method_not_allowed"].headers["allow"].split(", ")) == {"GET", "POST"}
    flaws = {flaw["where"] for flaw in cases[422, "bad_input"].json()["errors"]}
    assert flaws == {"body.rounds", "body.surprise"}


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        b"null",
        b'{"request": "a can", "seed": "7"}',
        b'{"request": "a can", "assume": 1}',
        b'{"request": "a can", "budget": NaN}',
        b'{"request": "a can", "budget": 1e400}',
        b'{"request": "   "}',
        b'{"request": "a \\u0000 can"}',
        b'{"request": "a can", "answers": {"market\\u0000": "SE"}}',
        b'{"request": "a \\ud800 can"}',
        b'{"request": ' + b"[" * 50_000,
        b"\xff\xfe",
        b"",
    ],
)
def test_a_body_that_is_not_what_it_should_be_is_refused(bench: Bench, maker: httpx2.Client, body: bytes) -> None:
    headers = {"Content-Type": "application/json", "Idempotency-Key": "k"}
    answer = maker.post("/v1/runs", content=body, headers=headers)
    assert answer.status_code in {400, 422}
    assert answer.json()["code"] == "bad_input"
    assert bench.studio.created == 0


def test_what_storage_says_of_itself_stays_on_the_server(bench: Bench, maker: httpx2.Client) -> None:
    bench.studio.fails = StorageFailed("cannot write /srv/secret/db", where="/srv/secret/db", hint="chmod /srv")
    answer = maker.post("/v1/runs", json={"request": "a can"})
    assert (answer.status_code, answer.json()["code"]) == (503, "storage_failed")
    assert "/srv" not in answer.text
    full = StorageFailed("the disk is full", where="/srv/secret")
    full.__cause__ = OSError(28, "No space left on device")
    bench.studio.fails = full
    assert maker.post("/v1/runs", json={"request": "a can"}).status_code == 507


def test_a_fault_says_nothing_about_itself(bench: Bench, maker: httpx2.Client) -> None:
    bench.studio.fails = RuntimeError("secret of the inside")
    for _ in range(3):                              # over one connection, which stays usable
        answer = maker.post("/v1/runs", json={"request": "a can"})
        assert (answer.status_code, answer.json()["code"]) == (500, "fault")
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["cache-control"] == "no-store"
        assert "secret" not in answer.text
