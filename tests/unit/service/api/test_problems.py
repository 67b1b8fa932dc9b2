"""Every error has a status and something to do next, and none of them tells a place on the server."""

from __future__ import annotations

import json

import pytest

from domain.errors import OnbrandError, OperatorMustAct, PersonMustAct, TooManyRequests, subclasses
from domain.run import Failure
from service.api.problems import STATUS, of_error, shown_failure, status_of

KINDS = subclasses()


def test_every_error_has_a_status_and_no_status_is_without_an_error() -> None:
    assert set(STATUS) <= set(KINDS)
    groups = {kind.code for kind in OnbrandError.__subclasses__()}
    assert groups <= set(STATUS), "a new kind of error gets the status of its group"
    assert status_of("trace_unreadable") == STATUS["bad_input"]
    assert status_of("from_a_later_version") == 500


@pytest.mark.parametrize("code", sorted(KINDS))
def test_an_error_becomes_a_whole_problem_document(code: str) -> None:
    kind = KINDS[code]
    answer = of_error(kind("it is so", where="/srv/x", hint="run `onbrand runs resume`"), "/v1/runs")
    told = json.loads(bytes(answer.body))
    assert (answer.status_code, told["status"]) == (status_of(code), status_of(code))
    assert told["type"] == f"urn:onbrand:problem:{code}"
    assert told["title"]
    assert told["hint"], "a reader must know what to do next"
    assert "onbrand runs" not in told["hint"]
    about_the_request = issubclass(kind, PersonMustAct)
    assert (told["detail"] == "it is so") == about_the_request
    assert (told["where"] == "/srv/x") == about_the_request


def test_a_person_is_shown_more_than_the_operators_trouble() -> None:
    person = Failure(code="no_product", message="no such can", where="the request", hint="name it, or --product FILE")
    assert shown_failure(person).message == "no such can"
    assert "--product" not in shown_failure(person).hint
    machine = Failure(code="tool_failed", message="http://10.0.0.3/mcp is down", where="10.0.0.3", hint="start it")
    assert "10.0.0.3" not in shown_failure(machine).model_dump_json()
    assert shown_failure(machine).code == "tool_failed"
    assert shown_failure(shown_failure(machine)) == shown_failure(machine)
    unknown = Failure(code="from_a_later_version", message="/srv/x", where="/srv", hint="")
    assert "/srv" not in shown_failure(unknown).model_dump_json()


def test_who_is_to_wait_is_told_how_long() -> None:
    answer = of_error(TooManyRequests("slow down", retry_after_s=2.1), "/v1/runs")
    assert answer.headers["retry-after"] == "3"


def test_a_full_disk_is_told_apart_whichever_library_found_it() -> None:
    for cause in (OSError(28, "No space left on device"), OSError(122, "Disk quota exceeded")):
        error = KINDS["storage_failed"]("it cannot be written")
        error.__cause__ = cause
        assert of_error(error, "/v1/runs").status_code == 507
    assert issubclass(KINDS["storage_failed"], OperatorMustAct)
