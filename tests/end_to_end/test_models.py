"""Whole runs with models behind the language, over an endpoint on loopback: good ones, broken ones, none at all."""

from __future__ import annotations

import csv
import io
import shutil
from pathlib import Path

import pytest

from domain.trace import ModelCall, read_trace
from evals.endpoints import Fault, ModelEndpoint, Reply, Seen
from tests.commands import Result, call

REQUEST = "vår blodapelsinläsk på en solig terrass, för Sverige, Instagram"
ENGLISH = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"
ROLES = ("reader", "planner", "caption_writer", "feedback_router")
READING = {
    "language": "sv",
    "products": [{"text": "blood orange soda can", "noun": "can", "said": "vår blodapelsinläsk"}],
    "background": {"value": "terrace", "said": "terrass"},
    "light": {"value": "sunlit", "said": "solig"},
    "markets": [{"value": "SE", "said": "Sverige"}],
    "channels": [{"value": "instagram", "said": "Instagram"}],
}
CAPTION = {
    "subject": "a blood orange soda can", "reference": "on warm stone", "environment": "terrace, lemon trees",
    "pose": "upright", "style": "crisp summer advertisement",
}
QUICK = ("--yes", "--option", "quick", "--rounds", "0", "--json")


def sound(asked: Seen) -> Reply:
    """Sound answers to everything a run asks."""
    if "You split a request" in asked.text:
        return Reply(READING)
    if "You write captions" in asked.text:
        return Reply({"captions": [{"number": n, **CAPTION} for n in range(1, 11)]})
    if "You are being tried out" in asked.text:
        return Reply({"word": "terrace", "colour": "red"})
    return Reply({"questions": []})


def configure(home: Path, endpoint: ModelEndpoint) -> None:
    """Settings in which every language role has a model at the endpoint."""
    lines = [
        "[models]", "chat_days = 7", "patience_s = 20",
        *(f'{role} = "openai:tiny@{endpoint.openai}"' for role in ROLES),
        "[models.teams]", 'growth = ["demo"]',
        "[[models.known]]", 'match = "tiny"', "abilities = {forced_tools = true, images = true}",
        "price = {input = 1, output = 5}",
    ]
    (home / "onbrand.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


@pytest.fixture(scope="module")
def worked(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result, ModelEndpoint]:
    """One run in Swedish with sound models, for the tests that look at what it left."""
    home = tmp_path_factory.mktemp("models") / "home"
    shutil.copytree(demo_home, home)
    with ModelEndpoint(sound) as endpoint:
        configure(home, endpoint)
        result = call(home, "create", REQUEST, *QUICK)
    return home, result, endpoint


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A home without the demo's pictures."""
    home = tmp_path / "home"
    home.mkdir()
    return home


def test_a_request_the_built_in_cannot_read_becomes_pictures(worked: tuple[Path, Result, ModelEndpoint]) -> None:
    _, result, _ = worked
    assert result.code == 0, result.err + result.out
    view = result.document
    assert view["status"] == "review"
    assert view["brief"]["products"][0]["value"]["noun"] == "can"
    assert view["brief"]["background"] == {"value": "terrace", "origin": "stated", "said": "terrass"}
    assert all("terrace, lemon trees" in candidate["caption"]["environment"] for candidate in view["candidates"])
    assert view["notes"] == []


def test_there_are_at_most_three_calls_before_the_first_picture(worked: tuple[Path, Result, ModelEndpoint]) -> None:
    _, _, endpoint = worked
    assert 2 <= endpoint.calls <= 3


def test_the_trace_has_every_question_to_a_model_and_the_costs_add_up(
    worked: tuple[Path, Result, ModelEndpoint],
) -> None:
    _, result, endpoint = worked
    view = result.document
    calls = [event for event in read_trace(Path(view["trace_path"])) if isinstance(event, ModelCall)]
    assert len(calls) == endpoint.calls
    assert {call.stage for call in calls} == {"understand", "plan"}
    assert sum(call.cost for call in calls) == pytest.approx(view["costs"]["actual"])
    assert view["costs"]["actual"] > 0


def test_usage_tells_who_used_which_model_for_what(worked: tuple[Path, Result, ModelEndpoint]) -> None:
    home, _, endpoint = worked
    model = f"openai:tiny@{endpoint.openai}"
    [team] = call(home, "usage", "--by", "team", "--since", "1d", "--json").document["rows"][:1]
    assert (team["name"], team["tokens_in"]) == ("growth", 1000 * endpoint.calls)
    table = list(csv.DictReader(io.StringIO(call(home, "usage", "--by", "model", "--csv").out)))
    row = next(row for row in table if row["model"] == model)
    assert float(row["spent"]) == pytest.approx(team["spent"])
    assert "compositor" in {row["model"] for row in table}
    shown = call(home, "usage", "--by", "role")
    assert "caption_writer" in shown.out and "reader" in shown.out
    assert call(home, "usage", "--since", "yesterday-ish").code == 2


def test_chats_are_kept_in_the_brands_own_folder(worked: tuple[Path, Result, ModelEndpoint]) -> None:
    home, _, endpoint = worked
    [file] = (home / "brands" / "demo" / "chats").iterdir()
    assert len(file.read_text().splitlines()) == endpoint.calls


def test_with_models_that_only_answer_nonsense_the_run_ends_as_without_them_and_says_so(home: Path) -> None:
    with ModelEndpoint(lambda asked: Reply({"surprise": 1}, Fault.WRONG_TYPE)) as endpoint:
        configure(home, endpoint)
        result = call(home, "create", ENGLISH, *QUICK)
    assert result.code == 0, result.err + result.out
    view = result.document
    assert view["status"] == "review"
    told = " ".join(view["notes"])
    assert "the built-in reader read the request" in told and "the built-in writer wrote the captions" in told
    assert endpoint.calls >= 6


def test_with_endpoints_that_are_not_there_the_run_ends_as_without_them_and_says_so(home: Path) -> None:
    with ModelEndpoint(sound) as gone:
        configure(home, gone)
    (home / "onbrand.toml").write_text(
        (home / "onbrand.toml").read_text().replace("patience_s = 20", "patience_s = 5"), encoding="utf-8"
    )
    result = call(home, "create", ENGLISH, *QUICK)
    assert result.code == 0, result.err + result.out
    assert "did not answer as reader" in " ".join(result.document["notes"])


def test_doctor_calls_each_role_once_and_says_what_it_can_do(empty: Path) -> None:
    with ModelEndpoint(sound) as endpoint:
        configure(empty, endpoint)
        told = call(empty, "doctor", "--models", "--json")
    assert told.code == 0, told.out
    rows = {row["name"]: row for row in told.document["checks"]}
    for role in ROLES:
        says = rows[f"model: {role}"]["says"]
        assert rows[f"model: {role}"]["ok"], says
        assert "answers by a tool, sees pictures, takes a temperature" in says
        assert "1000 + 50 tokens" in says and "at prices of settings" in says
    assert "gate_judge" in rows["models"]["says"]
    assert endpoint.calls == len(ROLES)


def test_doctor_says_in_words_what_is_wrong_with_a_model(empty: Path) -> None:
    with ModelEndpoint(lambda asked: Reply({}, Fault.DENIED)) as endpoint:
        configure(empty, endpoint)
        told = call(empty, "doctor", "--models", "--json")
    row = next(row for row in told.document["checks"] if row["name"] == "model: reader")
    assert not row["ok"]
    assert "denied" in row["says"] and "***" in row["says"]


def test_a_wrong_model_setting_is_named(empty: Path) -> None:
    (empty / "onbrand.toml").write_text('[models]\nreader = "gpt-something"\n', encoding="utf-8")
    result = call(empty, "create", ENGLISH, *QUICK)
    assert result.code == 1
    assert result.document["error"]["code"] == "misconfigured"
    assert "models.reader" in result.document["error"]["message"]
