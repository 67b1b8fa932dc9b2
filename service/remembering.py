"""Memory across runs: the brand's remembered defaults and its earlier runs behind the port the graph sees."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from domain.errors import BadInput
from domain.ports import Rulebook
from domain.remembered import (
    GROWING_FIELDS,
    LIST_FIELDS,
    REMEMBERED_FIELDS,
    Earlier,
    MemorySource,
    Remembered,
    StatedRule,
)
from domain.run import RunStatus
from domain.values import BrandId, RunId, Size
from memory.database import Database
from memory.remembered import RememberedDefaults
from memory.runs import RunTable
from tools.language import BuiltinReader, codes_of
from tools.language.earlier_work import Past, find_earlier, reference_in
from tools.language.standing_rules import stated_rules

SHOWN = (RunStatus.PUBLISHED, RunStatus.REVIEW)
"""Runs that came to pictures: what people mean by "last time"."""

MOST_LOOKED_AT = 40
"""Earlier runs a reference is held against: the newest."""

NO_ANSWER = {"none", ""}


@dataclass(frozen=True)
class BrandMemory:
    """Implements `domain.ports.Memory`. With `learns` off nothing is written: for previews."""

    defaults: RememberedDefaults
    runs: RunTable
    rulebook: Rulebook
    titles: Callable[[BrandId], Sequence[str]] = lambda brand: ()
    learns: bool = True

    @classmethod
    def over(
        cls, database: Database, rulebook: Rulebook, titles: Callable[[BrandId], Sequence[str]] = lambda brand: ()
    ) -> BrandMemory:
        """Memory kept in a database."""
        return cls(RememberedDefaults(database), RunTable(database), rulebook, titles)

    def recall(self, brand: BrandId, by: str) -> Sequence[Remembered]:
        """What holds for this principal in this brand."""
        return self.defaults.list(brand, owner=by)

    def learn(self, brand: BrandId, by: str, run_id: RunId, request: str) -> Sequence[Remembered]:
        """Remember the rules that a request states, in the person's own words; returns those that are new."""
        if not self.learns:
            return ()
        name = self.rulebook.brand(brand).name
        rules = stated_rules(request, BuiltinReader(self.titles(brand)), brand, (brand, name))
        return self.defaults.keep(brand, rules, MemorySource.STATED, by=by, run_id=run_id) if rules else ()

    def chose(self, brand: BrandId, by: str, run_id: RunId, field: str, value: str) -> Sequence[Remembered]:
        """Count an answer of a person; returns the default it became. "None" is an answer, but no default."""
        if not self.learns or value.strip().lower() in NO_ANSWER:
            return ()
        plain = ",".join(codes_of(field, value)) if field in LIST_FIELDS else value.strip()
        return self.defaults.chose(brand, field, plain, by=by, run_id=run_id)

    def earlier(self, brand: BrandId, by: str, run_id: RunId, request: str) -> Earlier | None:
        """The earlier run a request refers to, or why there is none; None when it refers to none."""
        reference = reference_in(request, datetime.now(UTC).date())
        if reference is None:
            return None
        return find_earlier(reference, self._past(brand, by, run_id, reference.run_id))

    def _past(self, brand: BrandId, by: str, run_id: RunId, named: RunId | None) -> Iterator[Past]:
        """Runs of this principal that came to pictures, newest first; read one by one, as far as they are needed."""
        looked = 0
        for row in self.runs.list(brand, limit=10 * MOST_LOOKED_AT, created_by=by or None):
            if row.run_id == run_id or (row.status not in SHOWN and row.run_id != named):
                continue
            if named is not None and row.run_id != named:
                continue
            if looked >= MOST_LOOKED_AT:
                return
            looked += 1
            view = self.runs.view(brand, row.run_id)
            if view is not None and view.brief is not None:
                yield Past(row.run_id, row.created_at, view.brief)


def checked_default(field: str, value: str) -> list[StatedRule]:
    """A default as a person puts it in by hand. Raises BadInput for a field or value that cannot be remembered."""
    name = field.strip().lower().replace("-", "_").replace(" ", "_")
    if name not in REMEMBERED_FIELDS:
        raise BadInput(
            f"{field!r} cannot be remembered", where="field", hint=f"one of {', '.join(REMEMBERED_FIELDS)}"
        )
    plain = value.strip()
    if not plain:
        raise BadInput("a default needs a value", where=name, hint=f"onbrand memory set {name} VALUE")
    return [StatedRule(field=name, value=one, said="set by hand") for one in _values(name, plain)]


def _values(field: str, value: str) -> list[str]:
    if field in LIST_FIELDS:
        return list(codes_of(field, value))
    if field in GROWING_FIELDS:
        return [piece.strip().lower() for piece in value.split(",") if piece.strip()]
    try:
        if field == "count":
            if not 1 <= int(value) <= 27:
                raise ValueError(value)
        elif field == "size":
            Size.parse(value)
    except ValueError as error:
        raise BadInput(f"{value!r} is no {field}", where=field, hint="count: 4; size: 1080x1350") from error
    return [value]

