"""From guideline files to a draft, and from a draft and a person's decisions to a signed brand book."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from domain.candidate import Severity
from domain.errors import BadInput, NotFound
from domain.guidelines import BookDraft
from domain.ports import Models, Rulebook
from domain.rules import BrandBook, Certainty, Criterion, Signature, criteria_digest
from domain.values import BrandId
from tools.guidelines import KINDS, compile_guidelines, read_guideline, with_model

MOST_FILES = 200


def guideline_files(place: Path) -> list[Path]:
    """The file, or every guideline in the folder, by name. Raises BadInput when there is none, or too many."""
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise BadInput(f"there is no file or folder {str(place)!r}", where=str(place), hint="name a guideline")
    found = sorted(path for path in place.rglob("*") if path.suffix.lower() in KINDS and path.is_file())
    if not found:
        raise BadInput(f"{place} holds no guidelines", where=str(place), hint=f"files end in {', '.join(KINDS)}")
    if len(found) > MOST_FILES:
        raise BadInput(f"{place} holds more than {MOST_FILES} guidelines", where=str(place), hint="import parts of it")
    return found


def compiled(brand: BrandId, place: Path, models: Models, today: date) -> BookDraft:
    """The draft compiled from a file or folder: by patterns, and what they leave by a model where one is set.

    Raises BadInput naming the first file that cannot be read; nothing is kept then.
    """
    guidelines = [read_guideline(path.name, path.read_bytes()) for path in guideline_files(place)]
    return with_model(compile_guidelines(brand, guidelines, today), models)


def signed_book(
    draft: BookDraft,
    decided: Mapping[str, Criterion | None],
    rulebook: Rulebook,
    *,
    by: str,
    today: date,
    name: str = "",
) -> BrandBook:
    """The brand's book with the criteria a person kept, signed by them; None drops a criterion.

    Criteria nobody decided on are dropped too: what is not read is not signed. The rest of an existing book stays as it
    is, and colours it lacks are added. `name` is for a brand without a book.
    """
    kept = tuple(c for criterion in draft.criteria if (c := decided.get(criterion.id)) is not None)
    try:
        book = rulebook.brand(draft.brand)
    except NotFound:
        book = BrandBook(brand=draft.brand, name=name or draft.brand, version="1", dated=today)
    known = {colour.hex for colour in book.colours}
    return book.model_copy(
        update={
            "version": f"{today:%Y.%m.%d}",
            "dated": today,
            "colours": (*book.colours, *(colour for colour in draft.colours if colour.hex not in known)),
            "criteria": kept,
            "signed": Signature(by=by, on=today, digest=criteria_digest(kept)),
        }
    )


def as_gate(criterion: Criterion) -> Criterion:
    """The criterion as a gate: a person who signs it says that the guideline demands it outright."""
    return criterion.model_copy(update={"severity": Severity.GATE, "certainty": Certainty.A})


def for_review(criterion: Criterion) -> Criterion:
    """The criterion as something a person looks at."""
    return criterion.model_copy(update={"severity": Severity.REVIEW})
