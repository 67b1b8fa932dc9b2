"""What is counted of HTTP exchanges, as Prometheus sees it: a real server, real requests, a scraped page."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx2
import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.integration.telemetry.conftest import Served, sample

COUNT = "http_server_request_duration_seconds_count"


def count(app: Served, method: str, route: str, status: int) -> float | None:
    line = f'{COUNT}{{http_request_method="{method}",http_route="{route}",http_response_status_code="{status}"}}'
    return sample(app.telemetry.metrics.registry, line)


def soon(what: Callable[[], bool]) -> None:
    """Wait for what the server does after the client has its answer."""
    deadline = time.monotonic() + 5
    while not what():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("path", "route", "status"),
    [
        ("/runs/run-secret-launch?token=abc", "/runs/{run_id}", 200),
        ("/broken", "/broken", 500),
        ("/nowhere/secret-launch", "none", 404),
        ("/api/v1/brands/secret-launch/assets/a/b", "/api/v1/brands/{brand}/assets/{asset_id:path}", 200),
        ("/api/v1/secret-launch", "/api", 404),
        ("/plain/secret-launch", "/plain", 200),
    ],
)
def test_a_request_is_counted_under_the_template_of_its_route(app: Served, path: str, route: str, status: int) -> None:
    for _ in range(2):
        assert httpx2.get(app.url + path).status_code == status
    soon(lambda: count(app, "GET", route, status) == 2)
    page = httpx2.get(f"{app.url}/metrics").text
    assert "secret-launch" not in page
    assert "abc" not in page


def test_methods_nobody_knows_share_one_label(app: Served) -> None:
    for method in ("PROPFIND", "UNLOCK"):
        assert httpx2.request(method, f"{app.url}/runs/1").status_code == 405
    soon(lambda: count(app, "_OTHER", "/runs/{run_id}", 405) == 2)


def test_the_page_is_what_prometheus_reads(app: Served) -> None:
    httpx2.get(f"{app.url}/runs/1")
    answer = httpx2.get(f"{app.url}/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    names = {family.name for family in text_string_to_metric_families(answer.text)}
    assert {
        "http_server_request_duration_seconds",
        "http_server_active_requests",
        "onbrand_runs_started",
        "onbrand_runs_finished",
        "onbrand_runs_working",
        "onbrand_stage_duration_seconds",
        "onbrand_tool_call_duration_seconds",
        "onbrand_candidates",
        "onbrand_sse_streams",
        "onbrand_cost_dollars",
        "process_resident_memory_bytes",
    } <= names


def test_an_open_event_stream_is_gauged_and_timed_until_its_first_byte(app: Served) -> None:
    registry = app.telemetry.metrics.registry
    with httpx2.stream("GET", f"{app.url}/events") as first, httpx2.stream("GET", f"{app.url}/events") as second:
        lines = first.iter_lines(), second.iter_lines()     # kept: a stream whose reader is dropped is closed
        assert [next(each) for each in lines] == ["data: one", "data: one"]
        assert sample(registry, "onbrand_sse_streams") == 2
        assert sample(registry, 'http_server_active_requests{http_request_method="GET"}') == 2
        time.sleep(0.5)
    soon(lambda: sample(registry, "onbrand_sse_streams") == 0)
    labels = '{http_request_method="GET",http_route="/events",http_response_status_code="200"}'
    total = sample(registry, f"http_server_request_duration_seconds_sum{labels}")
    assert count(app, "GET", "/events", 200) == 2
    assert total is not None
    assert total < 0.4
    soon(lambda: sample(registry, 'http_server_active_requests{http_request_method="GET"}') == 0)


def test_a_requests_id_is_the_callers_if_it_is_fit_to_be_repeated(app: Served) -> None:
    def ids(**headers: str) -> tuple[str, str]:
        answer = httpx2.get(f"{app.url}/runs/1", headers=headers)
        return answer.headers["x-request-id"], answer.json()["request_id"]

    assert ids(**{"x-request-id": "from-the-proxy-17"}) == ("from-the-proxy-17", "from-the-proxy-17")
    for unfit in ("short", "two words and more", "x" * 200, '"};DROP TABLE'):
        said, seen = ids(**{"x-request-id": unfit})
        assert said == seen != unfit
    assert ids() != ids()


def test_two_applications_in_one_process_do_not_add_up(app: Served) -> None:
    from tests.integration.telemetry.conftest import served

    httpx2.get(f"{app.url}/runs/1")
    with served() as other:
        httpx2.get(f"{other.url}/runs/1")
        soon(lambda: count(other, "GET", "/runs/{run_id}", 200) == 1)
    assert count(app, "GET", "/runs/{run_id}", 200) == 1
