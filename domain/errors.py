"""Every error Onbrand raises on purpose, grouped by who must act.

    OnbrandError
    |-- PersonMustAct                 the person who asked can put it right
    |   |-- BadInput            (2)   the request, a file or an option is unusable
    |   |   |-- UnusableImage         not an image, huge, animated, corrupt, no product in it
    |   |   |-- NotFound              no such brand, market, channel, asset or run (or not yours)
    |   |   |-- TraceUnreadable       a trace that is none, or that a newer version wrote
    |   |   |-- Conflict              not in this state: already answered, not waiting, a key used for something else
    |   |   |   `-- RunBusy           another process works on this run right now
    |   |   `-- TooManyRequests       more than this principal's share; wait, then try again
    |   |-- NeedsAnswer         (3)   the work cannot go on without an answer
    |   |   |-- NoProduct             no product matches the request
    |   |   `-- UnsureCutout          the product's outline is not certain enough to go on
    |   |-- NothingPassed       (4)   every candidate failed a gate
    |   `-- Refused             (5)   a rule, the budget or a missing right says no
    |       |-- RefusedByRule
    |       |-- OverBudget
    |       |-- Unauthorised          nobody is signed in, or the key or token is not valid
    |       `-- Forbidden             signed in, and the role does not allow it
    |-- OperatorMustAct         (1)   the machine or its settings need attention
    |   |-- Misconfigured             a setting is missing or wrong
    |   |-- StorageFailed             disk full, database locked or unreadable
    |   |-- LeaseLost                 another process took this run over; the late write was refused
    |   |-- ToolFailed                a tool server is down, slow or answers nonsense
    |   |   `-- ToolBroke             a tool failed on this very work; other work may go through
    |   `-- ReplayMiss              the recording holds no answer to a call: what runs is not what was recorded
    |-- ModelMustAct            (1)   a model is of no use for this; the built-in path is open
    |   |-- AnswerUnusable            cut off, empty, huge or of the wrong type, after two repairs
    |   |-- AnswerRefused             the model, its guardrail or its content filter refused
    |   |-- ModelUnavailable          no place answered in time
    |   `-- ModelCannot               no model is set, it lacks what this needs, or no place is cleared for this work
    `-- ProgrammerMustAct       (1)   a promise of the code is broken: a bug
        `-- IdleEdit                  an edit that changes nothing was about to be run

The number is the exit code of the command line. The text of each error is three things: what is wrong, where, and what
to do next (`hint`). `code` is stable and is what the API, MCP and `--json` carry.
"""

from __future__ import annotations

from typing import Any, ClassVar


class OnbrandError(Exception):
    """Root of the tree. `str(error)` is one sentence; `hint` says what to do next."""

    code: ClassVar[str] = "fault"
    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", where: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.where = where

    def document(self) -> dict[str, Any]:
        """The error as the JSON that `--json`, the API and MCP carry."""
        return {"code": self.code, "message": self.message, "where": self.where, "hint": self.hint}


class PersonMustAct(OnbrandError):
    """The person who asked can put it right."""

    code = "person_must_act"
    exit_code = 2


class BadInput(PersonMustAct):
    """The request, a file or an option cannot be used as given."""

    code = "bad_input"


class UnusableImage(BadInput):
    """A file that is not an image Onbrand can read safely, or a product photo with no product in it."""

    code = "unusable_image"


class NotFound(BadInput):
    """No such thing, or not yours: the two look exactly alike (Promise 8)."""

    code = "not_found"


class Conflict(BadInput):
    """The thing is not in a state in which this can be done: look at it again, then decide."""

    code = "conflict"


class TooManyRequests(BadInput):
    """More than this principal's share of requests or of runs at work; `retry_after_s` says when there is room."""

    code = "too_many_requests"

    def __init__(self, message: str, *, hint: str = "", where: str = "", retry_after_s: float = 1.0) -> None:
        super().__init__(message, hint=hint, where=where)
        self.retry_after_s = retry_after_s


class TraceUnreadable(BadInput):
    """A file that is no trace, or a trace of a version this program does not know."""

    code = "trace_unreadable"


class RunBusy(Conflict):
    """Another process works on this run right now: wait for it, or end it."""

    code = "run_busy"


class NeedsAnswer(PersonMustAct):
    """The work cannot go on without an answer from a person."""

    code = "needs_answer"
    exit_code = 3


class NoProduct(NeedsAnswer):
    """No product in the library matches the request, and none was given; another is never put in its place."""

    code = "no_product"


class UnsureCutout(NeedsAnswer):
    """The product's outline is not certain enough to carry on without a person."""

    code = "unsure_cutout"


class NothingPassed(PersonMustAct):
    """Every candidate failed a gate within the allowed rounds and budget."""

    code = "nothing_passed"
    exit_code = 4


class Refused(PersonMustAct):
    """A rule or the budget says no."""

    code = "refused"
    exit_code = 5


class RefusedByRule(Refused):
    """A blocking rule of a market or a brand forbids this; the message names the rule and its source."""

    code = "refused_by_rule"


class OverBudget(Refused):
    """The next call would exceed the budget."""

    code = "over_budget"


class Unauthorised(Refused):
    """Nobody is signed in, or the key or token is unknown, revoked, expired or not for us: the same words for all."""

    code = "unauthorised"


class Forbidden(Refused):
    """Signed in, and no role of the principal allows this."""

    code = "forbidden"


class OperatorMustAct(OnbrandError):
    """The machine or its settings need attention."""

    code = "operator_must_act"


class Misconfigured(OperatorMustAct):
    """A setting is missing or wrong."""

    code = "misconfigured"


class StorageFailed(OperatorMustAct):
    """The disk is full, or the database or an artifact cannot be read or written."""

    code = "storage_failed"


class LeaseLost(OperatorMustAct):
    """This process was silent for too long and another took its run over; nothing was written."""

    code = "lease_lost"


class ToolFailed(OperatorMustAct):
    """A tool server is down, too slow, or answered something outside its contract."""

    code = "tool_failed"


class ToolBroke(ToolFailed):
    """A tool failed on this very work, for a reason its server does not tell; other work may go through."""

    code = "tool_broke"


class ReplayMiss(OperatorMustAct):
    """A replay asked for something the recording holds no answer to; the message names the nearest and what differs.

    It ends the attempt wherever it is raised, so that no stage takes it for a tool's own failure.
    """

    code = "replay_miss"


class ModelMustAct(OnbrandError):
    """A model is of no use for this: take the built-in path and say so. Asking again later may help."""

    code = "model_answer"


class AnswerUnusable(ModelMustAct):
    """The answer was cut off, empty, huge or of the wrong type, and so were its repairs."""

    code = "answer_unusable"


class AnswerRefused(ModelMustAct):
    """The model would not answer, or a guardrail or content filter stopped it: asking the same again is of no use."""

    code = "answer_refused"


class ModelUnavailable(ModelMustAct):
    """No place that serves the model answered in time: throttled, down, or refusing our credentials."""

    code = "model_unavailable"


class ModelCannot(ModelMustAct):
    """No model is set for the role, it lacks what is needed (images), or no place is cleared for confidential work."""

    code = "model_cannot"


class ProgrammerMustAct(OnbrandError):
    """A promise of the code is broken."""

    code = "fault"


class IdleEdit(ProgrammerMustAct):
    """An edit that leaves caption, composition, scene and settings unchanged (Promise 3)."""

    code = "idle_edit"


def subclasses(root: type[OnbrandError] = OnbrandError) -> dict[str, type[OnbrandError]]:
    """Every error class by its code, so that an error can cross a wire and come back as itself."""
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= subclasses(child)
    return found


def from_document(document: dict[str, Any]) -> OnbrandError:
    """The inverse of `document()`; an unknown code becomes a `ToolFailed`."""
    kind = subclasses().get(str(document.get("code")), ToolFailed)
    return kind(
        str(document.get("message", "unknown failure")),
        hint=str(document.get("hint", "")),
        where=str(document.get("where", "")),
    )
