"""Whose turn it is in a run, and what an assistant does now."""

from __future__ import annotations

from collections.abc import Mapping

from domain.run import RunStatus
from domain.studio import RunSummary
from mcp_servers.studio.advice import here

NEXT: Mapping[RunStatus, str] = {
    RunStatus.WORKING: 'Call get_run(run_id="{run}", wait_seconds=30); again while status is working.',
    RunStatus.REVIEW: (
        'Show the person the pictures. Changes: refine_image(run_id="{run}", feedback="..."). '
        'Publishing: approve_image(run_id="{run}") asks the person for the yes.'
    ),
    RunStatus.PUBLISHED: (
        'Published. Another picture of the shortlist: approve_image(run_id="{run}", candidates=[...]).'
    ),
    RunStatus.NOTHING_PASSED: (
        "No picture passed every gate. Tell the person which checks failed; create_image with a changed request."
    ),
    RunStatus.CANCELLED: "This run has ended. create_image starts another.",
    RunStatus.REFUSED: "Tell the person what `failure` says; create_image with a changed request starts another run.",
    RunStatus.FAILED: "Tell the person what `failure` says: {said}.",
}


def what_next(summary: RunSummary) -> str:
    """What to do now, with the call to make."""
    if summary.status is not RunStatus.NEEDS_INPUT:
        said = here(summary.next) or "create_image starts another run"
        return NEXT[summary.status].format(run=summary.run_id, said=said)
    if not asks(summary):
        return "It cannot go on as it is. Tell the person what `failure` says; create_image starts another run."
    if not summary.questions:
        chosen = {"option": summary.options[0].name}
        return f"Let the person choose an option, then call {answering(summary, chosen)}."
    examples = {q.id: q.default or (q.replies[0].value if q.replies else "...") for q in summary.questions}
    return (
        f"Ask the person, then call {answering(summary, examples)} with what they say. "
        "A question left out takes its default."
    )


def asks(summary: RunSummary) -> bool:
    """Whether a person can answer something now; a run may wait for what no answer gives, such as another photo."""
    return summary.status is RunStatus.NEEDS_INPUT and bool(summary.questions or summary.options)


def answering(summary: RunSummary, answers: Mapping[str, str]) -> str:
    """The call that answers."""
    given = ", ".join(f'"{name}": "{value}"' for name, value in answers.items())
    return f'answer_question(run_id="{summary.run_id}", answers={{{given}}})'
