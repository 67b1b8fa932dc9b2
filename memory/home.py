"""The one folder Onbrand keeps its state in, and where each thing lies in it."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path

from domain.errors import NotFound, StorageFailed
from domain.values import BrandId

_BRAND = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_RUN = re.compile(r"run-[0-9a-z]{8,40}")


def checked_brand(brand: str) -> BrandId:
    """The brand id, if it is one: no other may become part of a path or key. Raises NotFound."""
    if not _BRAND.fullmatch(brand):
        raise NotFound(
            f"There is no brand {brand!r}.", hint="Brand ids are lower-case letters, digits and hyphens, at most 63."
        )
    return brand


@dataclass(frozen=True)
class Home:
    """Layout of ONBRAND_HOME. Folders are made when first asked for, readable by their owner alone.

    ::

        root/
            onbrand.sqlite           the database, unless a Postgres URL is configured
            checkpoints.sqlite       LangGraph's checkpoints, likewise
            brands/<brand>/artifacts, drawings, traces, index, chats, evals
            brands/<brand>/cache     copies of artifacts that a bucket holds, where one is configured
            out/                     pictures and dossiers for people
            evals/                   runs of evaluation suites

    Every path that holds a brand's data is reached through a method that takes the brand id and refuses anything that
    is not one, so no id can climb out of its folder (Promise 8).
    """

    root: Path

    @property
    def database_file(self) -> Path:
        """The SQLite database; its folder exists afterwards."""
        return self._folder() / "onbrand.sqlite"

    @property
    def checkpoints_file(self) -> Path:
        """The SQLite file of LangGraph's checkpoints; its folder exists afterwards."""
        return self._folder() / "checkpoints.sqlite"

    @property
    def out(self) -> Path:
        """Where pictures for people go when no folder is named."""
        return self._folder("out")

    @property
    def results(self) -> Path:
        """Runs of evaluation suites, which are about no brand."""
        return self._folder("evals")

    def artifacts(self, brand: str) -> Path:
        """A brand's artifacts. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "artifacts")

    def cache(self, brand: str) -> Path:
        """Copies of a brand's artifacts in a bucket; may be deleted. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "cache")

    def traces(self, brand: str) -> Path:
        """A brand's traces, one file a run. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "traces")

    def evals(self, brand: str) -> Path:
        """Forks of a brand's runs and results of evaluations. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "evals")

    def drawings(self, brand: str) -> Path:
        """Records of a brand's finished drawings. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "drawings")

    def index(self, brand: str) -> Path:
        """A brand's search index, rebuildable from the database. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "index")

    def chats(self, brand: str) -> Path:
        """What was said to models for a brand. Raises NotFound when `brand` is no brand id."""
        return self._brand(brand, "chats")

    def trace(self, brand: str, run_id: str) -> Path:
        """The trace file of one run. Raises NotFound when either id is none."""
        if not _RUN.fullmatch(run_id):
            raise NotFound(f"There is no run {run_id!r}.", hint="List your runs: onbrand runs list")
        return self.traces(brand) / f"{run_id}.jsonl"

    def _brand(self, brand: str, kind: str) -> Path:
        return self._folder("brands", checked_brand(brand), kind)

    def _folder(self, *parts: str) -> Path:
        folder = self.root.joinpath(*parts)
        try:
            if not folder.is_dir():
                # Confidential assets and traces lie below: other users of the machine have no business here.
                self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StorageFailed(
                f"The folder {folder} cannot be made: {os.strerror(error.errno or 0)}.",
                where=str(folder),
                hint="Set ONBRAND_HOME to a folder you can write to.",
            ) from error
        return folder
