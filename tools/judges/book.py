"""The books of checks: severities, limits, units and sources, read from `checks.yaml` and `sets.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import Field, ValidationError

from domain.candidate import Change, Finding, Scalar, Severity, Verdict
from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.values import Box, Model

BOOK = "checks.yaml"
SETS = "sets.yaml"


class Check(Model):
    """One check as data. `limits` are its thresholds by name; `decides` names the one shown beside the value."""

    id: str = ""
    title: str
    severity: Severity
    unit: str = ""
    decides: str = ""
    source: str
    limits: dict[str, float] = {}

    def limit(self, name: str) -> float:
        """A threshold by name; raises Misconfigured when the book lacks it."""
        if name not in self.limits:
            raise Misconfigured(
                f"check {self.id} has no limit {name!r}", where=BOOK, hint=f"add {name} under checks.{self.id}.limits"
            )
        return self.limits[name]

    def finding(
        self,
        verdict: Verdict,
        reason: str,
        *,
        value: float | None = None,
        region: Box | None = None,
        evidence: Mapping[str, Scalar] | None = None,
        fixes: tuple[Change, ...] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """A Finding of this check with its severity, threshold, unit and source filled in."""
        return Finding(
            check=self.id,
            verdict=verdict,
            severity=severity or self.severity,
            reason=reason,
            value=None if value is None else round(value, 4),
            threshold=self.limits.get(self.decides),
            unit=self.unit,
            region=region,
            evidence={k: round(v, 4) if isinstance(v, float) else v for k, v in (evidence or {}).items()},
            fixes=fixes,
            source=self.source,
        )

    def passed(
        self, reason: str, *, value: float | None = None, evidence: Mapping[str, Scalar] | None = None
    ) -> Finding:
        """The check was made and the candidate met it."""
        return self.finding(Verdict.PASS, reason, value=value, evidence=evidence)

    def failed(
        self,
        reason: str,
        *,
        value: float | None = None,
        region: Box | None = None,
        evidence: Mapping[str, Scalar] | None = None,
        fixes: tuple[Change, ...] = (),
        severity: Severity | None = None,
    ) -> Finding:
        """The check was made and the candidate did not meet it; `fixes` come best first."""
        return self.finding(
            Verdict.FAIL, reason, value=value, region=region, evidence=evidence, fixes=fixes, severity=severity
        )

    def abstained(self, reason: str, *, evidence: Mapping[str, Scalar] | None = None) -> Finding:
        """The check cannot tell; `reason` says what was missing."""
        return self.finding(Verdict.ABSTAIN, reason, evidence=evidence)


class Book(Model):
    """Every check, by id."""

    version: int
    checks: dict[str, Check] = Field(min_length=1)


@lru_cache(maxsize=1)
def book() -> Book:
    """The shipped book of checks on one picture; raises Misconfigured when it cannot be read."""
    return _read(BOOK)


@lru_cache(maxsize=1)
def book_of_sets() -> Book:
    """The shipped book of checks on pictures held together; raises Misconfigured when it cannot be read."""
    return _read(SETS)


def _read(file: str) -> Book:
    try:
        raw = read_yaml(resources.files("tools.judges").joinpath(file).read_text("utf-8"))
        for name, check in raw["checks"].items():
            check["id"] = name
        return Book.model_validate(raw)
    except (OSError, yaml.YAMLError, ValidationError, KeyError, TypeError, AttributeError) as error:
        raise Misconfigured(
            f"the book of checks cannot be read: {error}", where=file, hint="reinstall, or correct the file"
        ) from error
