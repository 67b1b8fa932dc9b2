"""Brand books as files: the draft compiled from guidelines, and the signed book that the rulebook reads."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import yaml

from domain.errors import NotFound, StorageFailed
from domain.guidelines import BookDraft
from domain.rules import BrandBook
from domain.values import BrandId, Model
from memory.home import Home
from memory.rulebook import read_document

DRAFTS, BOOKS = "brand-drafts", "brands"



class BrandBooks:
    """Drafts and books in the home folder, one YAML file a brand. A book here goes before the shipped one."""

    def __init__(self, home: Home) -> None:
        self._root = home.root

    def draft(self, brand: BrandId) -> BookDraft:
        """The draft that waits for a signature. Raises NotFound when there is none, Misconfigured for a broken file."""
        path = self.draft_path(brand)
        if not path.is_file():
            raise NotFound(
                f"There is no draft of a brand book for {brand!r}.",
                where="brand",
                hint=f"compile one: onbrand brands import FILE --brand {brand}",
            )
        return read_document(path, BookDraft)

    def keep_draft(self, draft: BookDraft) -> Path:
        """Write a draft, in place of an earlier one; returns the file."""
        return _write(self.draft_path(draft.brand), draft, "Compiled from guidelines; nobody has signed it yet.")

    def sign(self, book: BrandBook) -> Path:
        """Write a signed book and drop the draft; returns the file."""
        path = _write(self._root / BOOKS / f"{book.brand}.yaml", book, "A change undoes the signature.")
        self.draft_path(book.brand).unlink(missing_ok=True)
        return path

    def draft_path(self, brand: BrandId) -> Path:
        """Where a brand's draft lies."""
        return self._root / DRAFTS / f"{brand}.yaml"


def _write(path: Path, document: Model, remark: str) -> Path:
    """Write a document as YAML, whole or not at all. Raises StorageFailed."""
    data = document.model_dump(mode="json", exclude_defaults=True)
    text = f"# {remark}\n" + yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)
    except OSError as error:
        raise StorageFailed(
            f"{path.name} cannot be written: {os.strerror(error.errno or 0)}", where=str(path), hint="free some space"
        ) from error
    return path
