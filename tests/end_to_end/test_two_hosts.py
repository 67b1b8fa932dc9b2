"""Hosts that share no disk: tool servers with homes of their own meet their caller in one database and one bucket."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from domain.rules import RuleVerdict
from domain.run import RunStatus, RunView
from domain.values import ArtifactRef
from memory.asset_rows import write_row
from memory.bucket import Bucket
from memory.home import Home
from memory.s3_artifacts import S3Store
from service.orchestrator import Onbrand
from service.settings import Settings
from service.wiring import wire
from tests.commands import Result, call
from tests.end_to_end.conftest import tool_server
from tests.object_store import ObjectService
from tests.postgres import postgres_database
from tools.publish import rehash

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"

pytestmark = pytest.mark.timeout(300)


@dataclass
class Shared:
    """What the hosts share, as environment variables, and a folder whose sub-folders are their disks."""

    database: dict[str, str]
    artifacts: dict[str, str]
    disks: Path

    def create(self, home: Path, settings: dict[str, str]) -> Result:
        """`onbrand create` on the first host, with diffusion and judges each on one of its own."""
        with ExitStack() as stack:
            reach = dict(settings)
            for name in ("diffusion", "judges"):
                own = self.disks / f"host-of-{name}" / "home"
                own.parent.mkdir()
                reach |= stack.enter_context(tool_server(own, name, settings=settings)).settings
            return call(home, "create", REQUEST, "--yes", "--option", "quick", "--json", settings=reach)


@pytest.fixture
def shared(demo_home: Path, tmp_path: Path, object_service: ObjectService, bucket: Bucket) -> Iterator[Shared]:
    """A database with the rows of the demo library, and a bucket with its pictures."""
    library = wire(Settings(home=demo_home))
    store = S3Store(bucket, Home(tmp_path / "seeding"))
    with postgres_database() as url:
        there = wire(Settings(home=tmp_path / "seeding", database_url=url))
        with there.database.begin() as connection:
            for asset in library.library.list("demo"):
                for digest in {asset.digest, asset.cutout.digest if asset.cutout else asset.digest}:
                    store.put("demo", library.workshop.artifacts.get("demo", digest), "image/png")
                write_row(connection, asset, datetime.now(UTC))
        there.close()
        library.close()
        artifacts = {"ONBRAND_ARTIFACTS": bucket.url(), **object_service.environment}
        yield Shared({"ONBRAND_DATABASE_URL": url}, artifacts, tmp_path)


async def test_a_run_over_hosts_that_share_a_database_and_a_bucket_comes_to_its_publication(
    shared: Shared, object_service: ObjectService, bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = shared.database | shared.artifacts
    home = shared.disks / "host-of-the-caller" / "home"
    home.parent.mkdir()
    made = shared.create(home, settings)
    assert made.code == 0, (made.out[-2000:], made.err)
    view = RunView.model_validate(made.document)
    assert view.status is RunStatus.REVIEW, view.failure
    assert view.shortlist
    kept = object_service.written(bucket.address.bucket, "onbrand/brands/demo/")
    pictures = list(references(made.document))
    assert len(pictures) >= 3 * len(view.candidates)
    for ref in pictures:
        assert ref.path.startswith(f"{bucket.url()}/brands/demo/artifacts/"), ref
        assert kept.get(ref.path.removeprefix(f"{bucket.url()}/brands/demo/")) == 1, f"{ref.path} is not there once"
    drawings = [key for key in kept if key.startswith("drawings/")]
    assert len(drawings) == len(view.candidates)
    for name in ("host-of-the-caller", "host-of-diffusion", "host-of-judges"):
        own = shared.disks / name / "home"
        left = [path for kind in ("artifacts", "drawings") for path in own.glob(f"brands/*/{kind}/**/*.*")]
        assert left == [], f"{name} keeps to itself what others need"

    for name, value in shared.artifacts.items():
        monkeypatch.setenv(name, value)
    published = f"s3://{bucket.address.bucket}/published"
    at_the_caller = Settings(
        home=home, database_url=settings["ONBRAND_DATABASE_URL"], artifacts=bucket.url(), destination=published
    )
    async with Onbrand.open(at_the_caller) as onbrand:
        view = await onbrand.approve("demo", view.run_id, (), "Ada", ("SE",))
        assert view.status is RunStatus.PUBLISHED, view.failure
        (publication,) = view.publications
        assert (publication.destination, publication.path.startswith(f"{published}/")) == (published, True)
        (looked_at,) = await asyncio.to_thread(rehash, view.publications, onbrand.workshop.destination)
        assert looked_at.verdict is RuleVerdict.MET, looked_at
    out = object_service.written(bucket.address.bucket, f"published/{publication.key}/")
    assert {Path(name).name for name in out} >= {"publication.json", "dossier.html", "SHA256SUMS"}
    assert set(out.values()) == {1}


def references(part: Any) -> Iterator[ArtifactRef]:
    """Every reference to an artifact in a document."""
    if isinstance(part, list):
        for item in part:
            yield from references(item)
    if isinstance(part, dict):
        if part.keys() == ArtifactRef.model_fields.keys():
            yield ArtifactRef.model_validate(part)
        for item in part.values():
            yield from references(item)


def test_homes_of_their_own_without_a_bucket_are_told_what_to_share(shared: Shared, demo_home: Path) -> None:
    home = shared.disks / "host-of-the-caller" / "home"
    shutil.copytree(demo_home, home)
    made = shared.create(home, shared.database)
    assert made.code == 1, (made.out[-2000:], made.err)
    view = RunView.model_validate(made.document)
    assert view.status is RunStatus.FAILED
    assert view.failure is not None
    assert view.failure.code == "tool_failed", view.failure
    told = json.dumps(view.failure.model_dump())
    assert "ONBRAND_ARTIFACTS=s3://" in told
    assert "diffusion.get_job" in told


def test_doctor_tells_whether_the_bucket_can_be_used(
    tmp_path: Path, object_service: ObjectService, bucket: Bucket
) -> None:
    settings = {"ONBRAND_ARTIFACTS": bucket.url(), "ONBRAND_DESTINATION": f"{bucket.url()}/published"}
    for wrong, ok in ((False, True), (True, False)):
        lost = {"ONBRAND_ARTIFACTS": "s3://nobody-made-this"} if wrong else {}
        told = call(tmp_path / "home", "doctor", "--json", settings=object_service.environment | settings | lost)
        checks = {check["name"]: check for check in told.document["checks"]}
        assert (checks["artifacts"]["ok"], checks["artifacts"]["needed"]) == (ok, True)
        assert checks["destination"]["ok"]
        assert f"{bucket.url()}/published" in checks["destination"]["says"]
        assert told.code == int(wrong)
    assert "no such bucket" in checks["artifacts"]["says"].lower()
    assert object_service.environment["AWS_SECRET_ACCESS_KEY"] not in told.out + told.err
    assert [key for key in bucket.keys("") if key.startswith("published")] == [], "doctor wrote to the destination"
