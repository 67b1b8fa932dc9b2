"""Recorded answers of people, given again to the questions that come up."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from domain.run import ReviewAction
from domain.trace import InterruptAnswered
from evals.recording import Recording

NOBODY: dict[str, dict[str, Any]] = {"questions": {}, "options": {}}
"""What an interrupt gets when nobody answered its like: every default, and the recommended option."""


@dataclass
class Answers:
    """The answers of a recording, in order. `strict`: each to the interrupt it was given to, as in a replay.

    Otherwise (in a fork, where other questions may come up) the next answer to an interrupt of the same kind; the
    defaults where the recorded run was never asked such a thing; and a stop where it was, and stood there. A yes to
    publication is never given again.
    """

    left: list[tuple[str, InterruptAnswered]] = field(default_factory=list)
    strict: bool = True
    stood_at: frozenset[str] = frozenset()

    @classmethod
    def of(cls, recording: Recording, *, strict: bool = True) -> Answers:
        """Every answer with the kind of interrupt it was given to."""
        kinds = {raised.interrupt_id: str(raised.payload.get("kind", "")) for raised in recording.raised}
        answered = {answer.interrupt_id for answer in recording.answers}
        return cls(
            left=[(kinds.get(answer.interrupt_id, ""), answer) for answer in recording.answers],
            strict=strict,
            stood_at=frozenset(kind for interrupt_id, kind in kinds.items() if interrupt_id not in answered),
        )

    def next(self, kind: str) -> tuple[dict[str, Any], str] | None:
        """The answer to an interrupt of this kind and who gave it; None: the run stops here."""
        if self.strict:
            if not self.left or self.left[0][0] not in {kind, ""}:
                return None
            _, answer = self.left.pop(0)
            return answer.answer, answer.by
        place = next((at for at, (asked, _) in enumerate(self.left) if asked == kind), None)
        if place is None:
            return (NOBODY[kind], "default") if kind in NOBODY and kind not in self.stood_at else None
        _, answer = self.left.pop(place)
        if answer.answer.get("action") in {ReviewAction.APPROVE, ReviewAction.FINISH}:
            return None
        return answer.answer, answer.by
