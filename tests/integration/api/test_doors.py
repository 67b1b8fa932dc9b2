"""Who gets in: nobody without sign-in, on any route; nobody under another host or from another page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest

from domain.access import Role
from domain.run import RunStatus
from service.api import openapi
from service.api.signed_in import OPEN
from service.auth import SignIn
from service.settings import Serving
from tests.integration.api.acting import png
from tests.integration.api.conftest import Bench
from tests.serving import serving

VALUES = {
    "run_id": "run-000000000000",
    "asset_id": "solara-lemon-can",
    "digest": "0" * 64,
    "brand": "demo",
    "code": "SE",
}
OTHER_METHODS = ("DELETE", "OPTIONS")


def routes(app: Any) -> Iterator[tuple[str, str]]:
    """Every route of the application, however it was added: method and a path with values in it."""

    def walk(found: Any) -> Iterator[Any]:
        for route in found:
            inner = getattr(route, "original_router", route)
            yield from walk(inner.routes) if hasattr(inner, "routes") else [route]

    for route in walk(app.routes):
        for method in route.methods:
            yield method, re.sub(r"\{(\w+)\}", lambda named: VALUES[named[1]], route.path)


def test_no_route_answers_a_stranger_but_those_that_are_open(bench: Bench) -> None:
    app = bench.app()
    known = list(routes(app))
    assert len(known) > 25
    described = app.openapi()["paths"]
    assert len({path for _, path in known}) == len(described) + 1, "the walk missed a route"
    bad = ("", "Bearer onb_0000000000000000_" + "x" * 43, "Basic YTpi")
    with serving(app) as url, bench.client(url, None) as client:
        for path in {path for _, path in known} | {"/", "/v1", "/v1/nothing", "/docs"}:
            for method in (*(method for method, own in known if own == path), *OTHER_METHODS):
                for authorization in bad if method not in OTHER_METHODS else bad[:1]:
                    answer = client.request(method, path, headers={"Authorization": authorization})
                    if path in OPEN:
                        assert answer.status_code in {200, 404, 405}, (method, path)
                    else:
                        assert answer.status_code == 401, (method, path, authorization)
                        assert answer.headers["www-authenticate"] == 'Bearer realm="onbrand"'


def test_every_way_of_not_being_signed_in_reads_the_same(bench: Bench, url: str) -> None:
    revoked = bench.key("gone", demo={Role.VIEWER})
    bench.keys.revoke(bench.ids["gone"].removeprefix("key:"))
    told = set()
    with bench.client(url, None) as client:
        for secret in (revoked, "onb_0000000000000000_" + "x" * 43, "nonsense", "a.b.c", "Bearer", "é"):
            answer = client.get("/v1/runs", headers=[(b"authorization", b"Bearer " + secret.encode())])
            told.add((answer.status_code, answer.text))
        told.add((401, client.get("/v1/runs").text))
    assert len(told) == 1
    assert next(iter(told))[0] == 401


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil", "127.0.0.1:x", ""])
def test_another_host_name_is_not_answered_for(bench: Bench, url: str, host: str) -> None:
    with bench.client(url, Host=host) as client:
        answer = client.get("/v1/runs")
        assert (answer.status_code, answer.json()["code"]) == (421, "misdirected")
        assert client.get("/healthz").status_code == 421


def test_a_host_header_with_a_path_in_it_changes_no_path(bench: Bench, url: str) -> None:
    with bench.client(url, None, Host="127.0.0.1/healthz?") as client:
        assert client.get("/v1/runs").status_code == 421


def test_names_that_were_set_are_answered_for_and_links_are_below_the_public_url(bench: Bench) -> None:
    settings = Serving(public_url="https://onbrand.example", allowed_hosts=("inner.example",))
    run = bench.studio.put_run("demo", RunStatus.WORKING)
    with serving(bench.app(settings)) as url:
        for host in ("onbrand.example", "inner.example:8700", "LOCALHOST"):
            with bench.client(url, Host=host) as client:
                found = client.get(f"/v1/runs/{run.run_id}").json()
                assert found["links"]["self"] == f"https://onbrand.example/v1/runs/{run.run_id}"


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1", "file://", "http://127.0.0.1"])
def test_a_page_of_another_origin_is_refused(bench: Bench, url: str, origin: str) -> None:
    with bench.client(url, Origin=origin) as client:
        answer = client.post("/v1/runs", json={"request": "a can"})
        assert (answer.status_code, answer.json()["code"]) == (403, "foreign_origin")
    assert bench.studio.created == 0


def test_our_own_page_may_call_and_so_may_one_that_was_named(bench: Bench) -> None:
    settings = Serving(allowed_origins=("https://studio.example",))
    with serving(bench.app(settings)) as url:
        with bench.client(url, Origin=url) as client:
            assert client.get("/v1/runs").status_code == 200
        with bench.client(url, None, Origin="https://studio.example") as client:
            asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization"}
            preflight = client.options("/v1/runs", headers=asked)
            assert preflight.headers["access-control-allow-origin"] == "https://studio.example"
            assert client.get("/v1/runs").status_code == 401


def test_on_ones_own_machine_nobody_signs_in_and_nobody_approves(bench: Bench) -> None:
    bench.sign_in = SignIn(local=True, brands=("demo", "other"))
    run = bench.studio.put_run("demo", RunStatus.REVIEW, "local:loopback", pictures=1)
    with serving(bench.app()) as url, bench.client(url, None, **{"Onbrand-Brand": "demo"}) as client:
        assert client.get(f"/v1/runs/{run.run_id}").status_code == 200
        assert client.post("/v1/runs", json={"request": "a can"}).status_code == 201
        yes = client.get(f"/v1/runs/{run.run_id}/approval").json()["yes"]
        assert client.post(f"/v1/runs/{run.run_id}/approve", json=yes).status_code == 403
    assert bench.studio.approvals == []


async def test_without_sign_in_only_this_machine_is_answered(bench: Bench) -> None:
    bench.sign_in = SignIn(local=True, brands=("demo",))
    for address, status in (("127.0.0.1", 200), ("::1", 200), ("10.0.0.7", 401)):
        transport = httpx2.ASGITransport(bench.app(), client=(address, 1))
        async with httpx2.AsyncClient(transport=transport, base_url="http://localhost") as client:
            assert (await client.get("/v1/runs")).status_code == status


def test_numbers_are_for_this_machine_or_for_who_has_the_token(bench: Bench) -> None:
    def numbers() -> tuple[bytes, str]:
        return b"up 1\n", "text/plain; version=0.0.4"

    with serving(bench.app(metrics=numbers)) as url, bench.client(url, None) as client:
        assert client.get("/metrics").text == "up 1\n"
        assert client.get("/metrics", headers={"X-Forwarded-For": "10.0.0.7"}).status_code == 401
    token = "a-token-that-nobody-guesses"
    settings = Serving.model_validate({"metrics_token": token})
    with serving(bench.app(settings, metrics=numbers)) as url, bench.client(url, None) as client:
        assert client.get("/metrics").status_code == 401
        assert client.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 200


def test_what_is_not_yours_is_answered_like_what_is_not_there(bench: Bench, url: str) -> None:
    theirs = bench.studio.put_run("other", RunStatus.REVIEW, pictures=1)
    asset = bench.studio.put_asset("other", "their-can")
    absent = {"run_id": "run-zzzzzzzzzzzz", "asset_id": "no-such-can", "digest": "e" * 64, "brand": "nobody"}
    present = {"run_id": theirs.run_id, "asset_id": asset.id, "digest": asset.digest, "brand": "other"}
    bodies = {
        "answer": {"answers": {"market": "SE"}},
        "feedback": {"feedback": "bigger"},
        "approve": {"candidates": ["c0"], "digests": ["e" * 64], "markets": ["SE"], "destination": "folder"},
    }
    walked = 0
    with bench.client(url, "maker") as client, bench.client(url, "admin") as admin:
        for path, operations in bench.app().openapi()["paths"].items():
            named = [name for name in absent if f"{{{name}}}" in path]
            for method in operations if named else ():
                body = bodies.get(path.rpartition("/")[2])
                for one in (client, admin):
                    answers = []
                    for ids in (absent, present):
                        answer = one.request(method, path.format(**ids), json=body)
                        text = answer.text
                        for name in named:
                            text = text.replace(ids[name], "ID").replace(ids[name][:12], "ID")
                        headers = dict(answer.headers) | {"date": "", "content-length": ""}
                        answers.append((answer.status_code, headers, text))
                    assert answers[0] == answers[1], path
                    assert answers[0][0] == 404
                    walked += 1
    assert walked >= 28
    with bench.client(url, "stranger") as owner:
        assert owner.get(f"/v1/runs/{theirs.run_id}").status_code == 200
        assert owner.get(f"/v1/artifacts/{asset.digest}").status_code == 200


def test_ids_in_a_body_or_a_query_say_no_more(bench: Bench, url: str) -> None:
    theirs = bench.studio.put_asset("other", "their-can")
    run = bench.studio.put_run("other", RunStatus.REVIEW)
    with bench.client(url, "maker") as client:
        for ids in ("their-can", "no-such-can"):
            answer = client.post("/v1/check", json={"picture": ids})
            assert (answer.status_code, answer.json()["detail"]) == (404, f"There is no asset {ids!r}.")
        assert client.get("/v1/runs", params={"before": run.run_id}).status_code == 404
        assert client.get("/v1/assets").json()["items"] == []
        assert client.get("/v1/assets/search", params={"q": "their"}).json()["items"] == []
        assert client.get("/v1/runs").json()["items"] == []
    assert theirs.id


def test_the_brand_comes_from_the_principal_and_the_header_chooses_among_its_own(bench: Bench, url: str) -> None:
    with bench.client(url, "both") as client:
        unnamed = client.get("/v1/runs")
        assert (unnamed.status_code, unnamed.json()["hint"]) == (404, "yours: demo, other")
        assert client.get("/v1/brands").json()["items"][0] == {
            "brand": "demo", "roles": ["creator", "viewer"], "url": "/v1/brands/demo",
        }
        made = client.post("/v1/runs", json={"request": "a can for other"}, headers={"Onbrand-Brand": "demo"}).json()
        assert made["brand"] == "demo"
        for brand in ("nobody", "elsewhere"):
            answer = client.get("/v1/runs", headers={"Onbrand-Brand": brand})
            assert (answer.status_code, answer.json()["detail"]) == (404, f"There is no brand {brand!r}.")


def test_each_role_does_what_it_may_and_nothing_more(bench: Bench, url: str) -> None:
    run = bench.studio.put_run("demo", RunStatus.REVIEW, bench.ids["maker"], pictures=1)
    files = [file.digest for file in run.pictures[0].files]
    yes = {"candidates": ["c0"], "digests": files, "markets": ["SE"], "destination": "folder"}
    statuses = {}
    for holder in ("viewer", "creator", "maker", "approver", "admin"):
        with bench.client(url, holder) as client:
            bench.studio.rows["demo", run.run_id] = run
            statuses[holder] = [
                client.get(f"/v1/runs/{run.run_id}").status_code,
                client.post("/v1/runs", json={"request": "a can"}).status_code,
                client.post("/v1/assets", files={"image": png()}).status_code,
                client.post(f"/v1/runs/{run.run_id}/approve", json=yes).status_code,
                client.post(f"/v1/runs/{run.run_id}/cancel").status_code,
                client.get("/v1/usage").status_code,
            ]
    assert statuses == {
        "viewer": [200, 403, 403, 403, 403, 403],
        "creator": [404, 201, 201, 404, 404, 403],
        "maker": [200, 201, 201, 403, 200, 403],
        "approver": [200, 403, 403, 200, 403, 403],
        "admin": [200, 201, 201, 200, 409, 200],
    }


def test_a_share_that_is_used_up_says_when_there_is_more(bench: Bench) -> None:
    with serving(bench.app(Serving(rate_per_minute=3))) as url:
        with bench.client(url, "maker") as client:
            statuses = [client.get("/v1/runs").status_code for _ in range(4)]
            refused = client.get("/v1/runs")
            assert statuses == [200, 200, 200, 429]
            assert 1 <= int(refused.headers["retry-after"]) <= 20
            assert refused.json()["code"] == "too_many_requests"
        with bench.client(url, "viewer") as other:
            assert other.get("/v1/runs").status_code == 200
        with bench.client(url, None) as client:
            assert client.get("/healthz").status_code == 200


def test_the_description_is_for_who_is_signed_in(bench: Bench, url: str, maker: httpx2.Client) -> None:
    assert maker.get(openapi.URL).json()["info"]["title"] == "Onbrand"
