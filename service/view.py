"""A run as the world sees it, put together from the run table, the graph's state and the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

from agents.state import Campaign
from domain.brief import Question
from domain.plan import Option
from domain.run import Costs, Failure, OptionView, RunStatus, RunView
from domain.values import Seconds
from memory.runs import RunRow


def build_view(
    row: RunRow,
    state: Campaign,
    *,
    status: RunStatus,
    failure: Failure | None,
    seconds: dict[str, Seconds],
    spent: float,
    waiting_for: str | None,
) -> RunView:
    """The run document. `waiting_for` is the kind of the pending interrupt: questions, options or review."""
    plan = state.get("plan")
    chosen = state.get("chosen")
    options = plan.options if plan else ()
    taken = next((option for option in options if option.name == chosen), None)
    questions: tuple[Question, ...] = state.get("questions", ()) if waiting_for == "questions" else ()
    return RunView(
        run_id=row.run_id,
        brand=row.brand,
        status=status,
        request=row.request,
        created_at=row.created_at,
        updated_at=datetime.now(UTC),
        brief=state.get("brief"),
        questions=questions,
        asked=state.get("asked", ()),
        answers=state.get("answers", {}),
        options=tuple(shown(option) for option in options),
        chosen_option=chosen,
        scenes=plan.scenes if plan else (),
        left_out=plan.left_out if plan else (),
        cannot_draw=plan.cannot_draw if plan else (),
        candidates=tuple(state.get("candidates", {}).values()),
        edits=tuple(state.get("edits", {}).values()),
        shortlist=state.get("shortlist", ()),
        notes=state.get("notes", ()),
        relaxed=state.get("relaxed", ()),
        rules_checked=(*state.get("rules", ()), *state.get("monitored", ())),
        costs=Costs(predicted=taken.prediction.cost if taken else 0.0, actual=spent, budget=row.request.budget),
        seconds=seconds,
        exports=state.get("exports", ()),
        not_exported=state.get("not_exported", ()),
        publications=state.get("publications", ()),
        out_dir=row.out_dir,
        failure=failure,
        trace_path=row.trace_path,
    )


def shown(option: Option) -> OptionView:
    """An option without its slots."""
    return OptionView(
        name=option.name,
        title=option.title,
        generator=option.generator,
        candidates=len(option.slots),
        prediction=option.prediction,
    )
