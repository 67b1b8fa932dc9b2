"""The run's document, put together from the run table, the graph's state and the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from agents.state import Campaign
from domain.brief import Question
from domain.plan import Option, Plan, Prediction
from domain.run import Failure, RunRequest, RunStatus, RunView
from memory.runs import RunRow
from service.view import build_view

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ROW = RunRow(
    run_id="run-abcdefgh",
    brand="demo",
    status=RunStatus.WORKING,
    request=RunRequest(request="our can", budget=2.0),
    out_dir="/tmp/out",
    trace_path="/tmp/trace.jsonl",
    created_at=NOW,
    updated_at=NOW,
)
QUESTION = Question(id="market", text="Which market?", why="rules", field="markets", default="none", gain=0.5)


def option(name: str, cost: float) -> Option:
    """An option that draws nothing."""
    return Option(
        name=name,
        title=name,
        generator="compositor",
        slots=(),
        prediction=Prediction(cost=cost, seconds=1.0, pass_probability=None, history=0),
    )


PLAN = Plan(products=(), cutouts={}, scenes=(), options=(option("standard", 0.9), option("quick", 0.3)))


def view_of(state: Campaign, **changes: Any) -> RunView:
    """The document of a run in `state`."""
    given: dict[str, Any] = {
        "status": RunStatus.WORKING, "failure": None, "seconds": {}, "spent": 0.0, "waiting_for": None,
    }  # fmt: skip
    return build_view(ROW, state, **{**given, **changes})


def test_a_run_that_has_not_begun_is_its_row() -> None:
    view = view_of({})
    assert (view.run_id, view.brand, view.request, view.out_dir) == (ROW.run_id, "demo", ROW.request, "/tmp/out")
    assert view.candidates == view.options == view.questions == ()


@pytest.mark.parametrize(("waiting_for", "shown"), [("questions", 1), ("options", 0), ("review", 0), (None, 0)])
def test_questions_are_shown_only_while_they_wait(waiting_for: str | None, shown: int) -> None:
    assert len(view_of({"questions": (QUESTION,)}, waiting_for=waiting_for).questions) == shown


def test_the_predicted_cost_is_that_of_the_option_taken() -> None:
    assert view_of({"plan": PLAN}).costs.predicted == 0.0
    view = view_of({"plan": PLAN, "chosen": "quick"}, spent=0.25)
    assert (view.costs.predicted, view.costs.actual, view.costs.budget) == (0.3, 0.25, 2.0)
    assert [shown.name for shown in view.options] == ["standard", "quick"]


def test_the_document_survives_its_own_json() -> None:
    failure = Failure(code="bad_input", message="wrong", where="here", hint="mend it")
    view = view_of({"plan": PLAN, "questions": (QUESTION,)}, failure=failure, waiting_for="questions")
    assert RunView.model_validate_json(view.model_dump_json()) == view
