"""The built-in reviser: of every failed gate the best fix that was not tried yet."""

from __future__ import annotations

from collections.abc import Sequence

from domain.revision import FailedCandidate, Fix, Revision


def revisions(failed: Sequence[FailedCandidate]) -> tuple[Revision, ...]:
    """What to change of each failed candidate, in the order given."""
    return tuple(Revision(parent=one.candidate.id, fixes=first_fixes(one)) for one in failed)


def first_fixes(failed: FailedCandidate) -> tuple[Fix, ...]:
    """One fix for each failed gate that has one left."""
    best: dict[str, Fix] = {}
    for fix in failed.open:
        best.setdefault(fix.check, fix)
    return tuple(best.values())
