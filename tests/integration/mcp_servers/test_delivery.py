"""Delivery goes where a person said it may go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import Misconfigured
from domain.run import ExportView, RunRequest, RunStatus, RunView
from domain.values import RunId
from mcp_servers.publish.delivery import deliver_run
from memory.bucket import Bucket
from memory.runs import new_run_id
from service.settings import Settings
from service.wiring import Wired, wire
from tests.object_store import ObjectService

FILE = b"\x89PNG final pixels"


@pytest.fixture
def wired(own_home: Path) -> Iterator[Wired]:
    opened = wire(Settings(home=own_home))
    yield opened
    opened.close()


def approved(wired: Wired, destination: str) -> RunId:
    """A run with one final file, approved for a destination."""
    row = wired.workshop.runs.create(RunRequest(request="our can on a terrace"), new_run_id())
    ref = wired.workshop.artifacts.put("demo", FILE, "image/png")
    export = ExportView(candidate="c0-01", channel="file", artifact=ref, pixels=hashlib.sha256(FILE).hexdigest())
    now = datetime.now(UTC)
    view = RunView(
        run_id=row.run_id, brand="demo", status=RunStatus.REVIEW, request=row.request, created_at=now, updated_at=now,
        exports=(export,),
    )
    wired.workshop.runs.save_view(row.run_id, view)
    wired.workshop.effects.approve(row.run_id, "demo", "Ada", [ref.digest], ["SE"], ["file"], destination)
    return row.run_id


def test_what_was_approved_for_one_destination_does_not_go_to_another_that_was_set_meanwhile(
    wired: Wired, own_home: Path, bucket: Bucket, object_service: ObjectService, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in object_service.environment.items():
        monkeypatch.setenv(name, value)
    run_id = approved(wired, wired.workshop.destination.name)
    elsewhere = wire(Settings(home=own_home, destination=bucket.url()))
    with pytest.raises(Misconfigured, match=bucket.url()) as caught:
        deliver_run(elsewhere.workshop, "demo", run_id)
    assert "resume" in caught.value.hint
    assert bucket.keys("") == ()
    assert len(wired.workshop.effects.pending(run_id)) == 1, "the approval is kept"
    (publication,) = deliver_run(wired.workshop, "demo", run_id)
    assert (Path(publication.path) / "c0-01-file.png").read_bytes() == FILE

    for_the_bucket = approved(elsewhere, bucket.url())
    with pytest.raises(Misconfigured, match=bucket.url()):
        deliver_run(wired.workshop, "demo", for_the_bucket)
    (publication,) = deliver_run(elsewhere.workshop, "demo", for_the_bucket)
    elsewhere.close()
    assert bucket.get(f"{publication.path.removeprefix(bucket.url() + '/')}/c0-01-file.png") == FILE
