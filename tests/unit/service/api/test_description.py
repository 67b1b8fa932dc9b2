"""The API's description is whole: names, tags, examples, every status, and no place on the server in any answer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from memory import open_database
from memory.idempotency import Idempotency
from service.api import build
from service.api.signed_in import OPEN
from service.auth import SignIn
from service.settings import Serving
from tests.integration.api.acting import ActingStudio


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder: Path = tmp_path_factory.mktemp("api")
    database = open_database(f"sqlite:///{folder}/onbrand.sqlite")
    app = build(ActingStudio(), SignIn(), Idempotency(database), Serving(public_url="https://onbrand.example"))
    description: dict[str, Any] = app.openapi()
    database.close()
    return description


def operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, all_ in described["paths"].items() for method, one in all_.items()]


def test_operations_have_names_of_their_own_tags_and_words(described: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(described)]
    assert len(names) == len(set(names)) > 25
    tags = {tag["name"] for tag in described["tags"]}
    for path, method, one in operations(described):
        assert set(one["tags"]) <= tags, path
        assert one["description"], (path, method)


def test_every_operation_says_how_it_can_go_wrong_and_wants_a_sign_in(described: dict[str, Any]) -> None:
    assert described["security"] == [{"bearer": []}]
    assert described["servers"] == [{"url": "https://onbrand.example"}]
    for path, method, one in operations(described):
        statuses = set(one["responses"])
        assert {"400", "403", "421", "500", "503"} <= statuses, path
        if path in OPEN:
            continue
        assert "security" not in one, path
        assert {"401", "404", "409", "422", "429", "502", "507"} <= statuses, path
        if method == "post":
            assert {"413", "415"} <= statuses, path
            assert "Idempotency-Key" in [parameter["name"] for parameter in one["parameters"]]


def test_every_body_has_an_example_or_is_a_form(described: dict[str, Any]) -> None:
    bodies = [one["requestBody"]["content"] for _, _, one in operations(described) if "requestBody" in one]
    assert len(bodies) == 7
    for content in bodies:
        assert content.get("application/json", {}).get("examples") or "multipart/form-data" in content


def test_no_answer_has_a_field_for_a_place_on_the_server(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    assert len(schemas) > 40
    for name, schema in schemas.items():
        fields = set(schema.get("properties", {}))
        assert not fields & {"path", "out_dir", "trace_path", "file", "folder"}, name


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    def references(part: Any) -> list[str]:
        if isinstance(part, dict):
            own = [part["$ref"]] if isinstance(part.get("$ref"), str) else []
            return own + [ref for value in part.values() for ref in references(value)]
        return [ref for value in part for ref in references(value)] if isinstance(part, list) else []

    found = set(references(described))
    assert found
    for reference in found:
        at: Any = described
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]
