"""`Idempotency-Key`: the same request again gets the same answer, and what it does is done once."""

from __future__ import annotations

import asyncio
import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import update

from domain.errors import RunBusy, StorageFailed
from domain.run import RunStatus
from memory import tables
from memory.idempotency import Idempotency
from service.api import build
from service.api.idempotent import run_id_of
from service.settings import Serving
from tests.integration.api.acting import png
from tests.integration.api.conftest import Bench
from tests.serving import serving

CAN: dict[str, Any] = {"request": "our can on a terrace", "budget": 1.0}
KEY = {"Idempotency-Key": "9b2f-1"}


def test_the_same_request_again_gets_the_same_answer(bench: Bench, maker: httpx2.Client) -> None:
    first = maker.post("/v1/runs", json=CAN, headers=KEY)
    again = maker.post("/v1/runs", json=CAN, headers=KEY)
    assert bench.studio.created == 1
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["content-type"] == first.headers["content-type"]


def test_how_the_json_is_written_does_not_matter(bench: Bench, maker: httpx2.Client) -> None:
    maker.post("/v1/runs", json=CAN, headers=KEY)
    turned = json.dumps(dict(reversed(CAN.items())), indent=4)
    again = maker.post("/v1/runs", content=turned, headers={**KEY, "Content-Type": "application/json; charset=utf-8"})
    assert again.headers["idempotent-replayed"] == "true"


def test_another_request_under_the_same_key_is_refused(bench: Bench, maker: httpx2.Client) -> None:
    maker.post("/v1/runs", json=CAN, headers=KEY)
    run = bench.studio.put_run("demo", RunStatus.WORKING, bench.ids["maker"]).run_id
    others = [
        maker.post("/v1/runs", json={**CAN, "budget": 2.0}, headers=KEY),
        maker.post("/v1/options", json=CAN, headers=KEY),
        maker.post(f"/v1/runs/{run}/cancel", headers=KEY),
        maker.post("/v1/runs?x=1", json=CAN, headers=KEY),
    ]
    assert [(answer.status_code, answer.json()["where"]) for answer in others] == [(409, "Idempotency-Key")] * 4
    assert bench.studio.created == 1


def test_keys_of_two_principals_never_meet(bench: Bench, url: str) -> None:
    with bench.client(url, "maker") as one, bench.client(url, "creator") as two:
        first = one.post("/v1/runs", json=CAN, headers=KEY).json()["run_id"]
        second = two.post("/v1/runs", json=CAN, headers=KEY).json()["run_id"]
    assert first != second


def test_one_key_in_two_brands_is_two_requests(bench: Bench, url: str) -> None:
    with bench.client(url, "both", **KEY) as client:
        assert client.post("/v1/runs", json=CAN, headers={"Onbrand-Brand": "demo"}).status_code == 201
        assert client.post("/v1/runs", json=CAN, headers={"Onbrand-Brand": "other"}).status_code == 409


def test_while_the_first_is_being_answered_the_second_waits_its_turn(bench: Bench, maker: httpx2.Client) -> None:
    bench.studio.slow = 0.5
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: maker.post("/v1/runs", json=CAN, headers=KEY), range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert bench.studio.created == 1
    assert maker.post("/v1/runs", json=CAN, headers=KEY).headers["idempotent-replayed"] == "true"


def test_an_upload_sent_again_is_the_same_upload_whatever_its_boundary(bench: Bench, maker: httpx2.Client) -> None:
    sent: dict[str, Any] = {"files": {"image": ("can.png", png())}, "data": {"title": "can"}, "headers": KEY}
    answers = [maker.post("/v1/assets", **sent) for _ in range(2)]
    assert answers[1].headers["idempotent-replayed"] == "true"
    assert answers[0].request.headers["content-type"] != answers[1].request.headers["content-type"]
    other = maker.post("/v1/assets", files={"image": ("can.png", png(shade=3))}, data={"title": "can"}, headers=KEY)
    assert other.status_code == 409


def test_a_refusal_for_how_things_stand_is_kept(bench: Bench, maker: httpx2.Client) -> None:
    run = bench.studio.put_run("demo", RunStatus.WORKING, bench.ids["maker"])
    at = f"/v1/runs/{run.run_id}/answer"
    assert maker.post(at, json={"answers": {}}, headers=KEY).status_code == 409
    bench.studio.rows["demo", run.run_id] = run.model_copy(update={"status": RunStatus.NEEDS_INPUT})
    kept = maker.post(at, json={"answers": {}}, headers=KEY)
    assert (kept.status_code, kept.headers["idempotent-replayed"]) == (409, "true")
    assert kept.headers["content-type"] == "application/problem+json"


def test_what_was_never_begun_is_not_kept(bench: Bench, maker: httpx2.Client) -> None:
    assert maker.post("/v1/runs", json={"request": ""}, headers=KEY).status_code == 422
    for failure in (StorageFailed("away"), RunBusy("at work"), RuntimeError("a bug")):
        bench.studio.fails = failure
        assert maker.post("/v1/runs", json=CAN, headers=KEY).status_code in {503, 409, 500}
    bench.studio.fails = None
    made = maker.post("/v1/runs", json=CAN, headers=KEY)
    assert (made.status_code, "idempotent-replayed" in made.headers) == (201, False)


def test_a_refused_share_is_not_kept(bench: Bench) -> None:
    with serving(bench.app(Serving(rate_per_minute=1))) as url, bench.client(url) as client:
        assert client.get("/v1/runs").status_code == 200
        assert client.post("/v1/runs", json=CAN, headers=KEY).status_code == 429
    with serving(bench.app()) as url, bench.client(url) as client:
        assert client.post("/v1/runs", json=CAN, headers=KEY).status_code == 201


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
def test_a_key_that_cannot_be_one_is_refused(bench: Bench, maker: httpx2.Client, key: str) -> None:
    answer = maker.post("/v1/runs", json=CAN, headers={"Idempotency-Key": key})
    assert (answer.status_code, answer.json()["where"]) == (400, "Idempotency-Key")
    assert bench.studio.created == 0


class Killed(BaseException):
    """What kill -9 looks like to whoever waits for the answer: the work was done, and nothing after it."""


class Dying(Idempotency):
    """Ends before an answer can be kept."""

    def finish(self, *answer: Any) -> None:
        raise Killed

    forget = finish


def test_a_process_that_dies_before_its_answer_is_kept_starts_no_second_run(bench: Bench) -> None:
    async def send(idempotency: Idempotency) -> httpx2.Response:
        app = build(bench.studio, bench.sign_in, idempotency, Serving())
        headers = {"Authorization": f"Bearer {bench.secrets['maker']}", **KEY}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://localhost") as client:
            return await client.post("/v1/runs", json=CAN, headers=headers)

    with pytest.raises(Killed):
        asyncio.run(send(Dying(bench.database)))
    assert bench.studio.created == 1
    began = next(iter(bench.studio.rows))[1]
    with bench.database.begin() as connection:
        an_hour_ago = datetime.now(UTC) - timedelta(hours=1)
        connection.execute(update(tables.idempotency).values(created=an_hour_ago))
    answer = asyncio.run(send(Idempotency(bench.database)))
    assert (answer.status_code, answer.json()["run_id"]) == (201, began)
    assert bench.studio.created == 1


def test_a_run_id_is_made_of_all_that_makes_a_request() -> None:
    one = hashlib.sha256(b"one").hexdigest()
    made = {run_id_of(p, k, f) for p in ("a", "b") for k in ("k", "l") for f in (one, one[::-1])}
    assert len(made) == 8
    assert run_id_of("a", "k", one) == run_id_of("a", "k", one)
