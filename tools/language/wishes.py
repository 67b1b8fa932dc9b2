"""What has been understood of a person's feedback so far."""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.candidate import Change, EditTarget, Scalar


@dataclass(slots=True)
class Wishes:
    """Changes, what they mean in words, and the words that led to none."""

    changes: list[Change] = field(default_factory=list)
    understood: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)

    def change(self, target: EditTarget, name: str, amount: Scalar, why: str, relative: bool = False) -> None:
        """Record a change; a later one of the same field replaces an earlier."""
        self.changes = [c for c in self.changes if (c.target, c.field) != (target, name)]
        self.changes.append(Change(target=target, field=name, amount=amount, relative=relative, why=why))
        self.understood.append(why)
