import subprocess
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from skimage import data as photos

from domain.assets import Asset, AssetKind
from domain.rules import RuleVerdict
from domain.run import PublicationView
from domain.values import BucketAddress, Size
from memory.bucket import Bucket
from memory.rulebook import YamlRulebook
from tools.publish.bucket_destination import BucketDestination
from tools.publish.channels import file_channel
from tools.publish.destination import FolderDestination
from tools.publish.export import export, pixel_digest
from tools.publish.monitor import SUMS, checksums, embargoes, moved_rules, rehash
from tools.publish.provenance import Provenance, SourceType

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
PHOTO = photos.coffee()
FOLDER = FolderDestination(Path("nowhere"))
"""Looks at whatever folder a publication names."""


@pytest.fixture
def publication(tmp_path):
    facts = Provenance(source=SourceType.COMPOSITE, run_id="run-12345678")
    files = {"picture.png": export(PHOTO, file_channel(Size(width=600, height=400)), facts), "dossier.html": b"<p>"}
    place = FolderDestination(tmp_path).deliver("k" * 64, {**files, SUMS: checksums(files)})
    return PublicationView(
        key="k" * 64, digest=pixel_digest(PHOTO), channel="file", market="SE", destination="folder", path=place,
        published_at=NOW,
    )


def test_what_is_unchanged_is_met(publication):
    assert [(f.rule, f.verdict) for f in rehash([publication], FOLDER)] == [("publication-file", RuleVerdict.MET)]


def test_the_list_of_files_is_the_one_other_tools_read(publication):
    done = subprocess.run(["sha256sum", "-c", SUMS], cwd=publication.path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr


def test_a_picture_is_known_by_the_digest_of_its_file_too(publication):
    sums = (Path(publication.path) / SUMS).read_text().splitlines()
    digest = next(line.split()[0] for line in sums if line.endswith("picture.png"))
    assert rehash([publication.model_copy(update={"digest": digest})], FOLDER)[0].verdict is RuleVerdict.MET
    file = publication.model_copy(update={"path": f"{publication.path}/picture.png"})
    assert rehash([file], FOLDER)[0].verdict is RuleVerdict.MET


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda folder: (folder / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\nno"), "changed"),
        (lambda folder: (folder / "picture.png").unlink(), "changed"),
        (lambda folder: (folder / "dossier.html").write_text("edited"), "changed"),
        (lambda folder: (folder / "dossier.html").unlink(), "missing"),
        (lambda folder: folder.rename(folder.with_name("elsewhere")), "missing"),
    ],
)
def test_what_is_gone_or_changed_is_broken_and_named(publication, harm, reason):
    harm(Path(publication.path))
    finding = rehash([publication], FOLDER)[0]
    assert finding.verdict is RuleVerdict.BROKEN
    assert reason in finding.reason


@pytest.fixture
def in_bucket(publication, bucket):
    """The same publication in a bucket."""
    files = {path.name: path.read_bytes() for path in Path(publication.path).iterdir()}
    place = BucketDestination(bucket).deliver(publication.key, files)
    return publication.model_copy(update={"path": place, "destination": bucket.url()})


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda bucket, folder: bucket.replace(f"{folder}/picture.png", b"\x89PNG", "image/png"), "changed"),
        (lambda bucket, folder: bucket.delete(f"{folder}/picture.png"), "changed"),
        (lambda bucket, folder: bucket.replace(f"{folder}/dossier.html", b"edited", "text/html"), "changed"),
        (lambda bucket, folder: bucket.delete(f"{folder}/dossier.html"), "missing"),
        (lambda bucket, folder: [bucket.delete(key) for key in bucket.keys(folder)], "missing"),
    ],
)
def test_what_is_gone_or_changed_in_a_bucket_is_broken_and_named(in_bucket, bucket, harm, reason):
    assert rehash([in_bucket], BucketDestination(bucket))[0].verdict is RuleVerdict.MET
    harm(bucket, in_bucket.path.removeprefix(f"{bucket.url()}/"))
    finding = rehash([in_bucket], BucketDestination(bucket))[0]
    assert finding.verdict is RuleVerdict.BROKEN
    assert reason in finding.reason


def test_what_cannot_be_looked_at_is_neither_met_nor_broken(publication, in_bucket, bucket, connection):
    gone = Bucket(BucketAddress(bucket="nobody-made-this"), connection)
    lost = in_bucket.model_copy(update={"path": f"{gone.url()}/{'k' * 64}/folder"})
    for looked_at, destination, reason in (
        (in_bucket, FOLDER, "not of the destination folder"),
        (publication, BucketDestination(bucket), f"not of the destination {bucket.url()}"),
        (lost, BucketDestination(gone), "no such bucket"),
    ):
        finding = rehash([looked_at], destination)[0]
        assert finding.verdict is RuleVerdict.NEEDS_REVIEW
        assert reason in finding.reason


def test_a_pack_of_another_version_or_past_its_day_asks_for_another_look(publication):
    pack = YamlRulebook().market("SE")
    packs = {"SE": pack}
    same = {publication.key: pack.version}
    assert moved_rules([publication], packs, same, date(2026, 11, 21)) == ()
    newer = moved_rules([publication], packs, {publication.key: "2026.01.01"}, date(2026, 11, 21))
    assert "the pack is now" in newer[0].reason
    late = moved_rules([publication], packs, same, date(2027, 3, 1))
    assert "ai-eu-1" in late[0].reason
    assert "no pack for SE" in moved_rules([publication], {}, same, date(2026, 11, 21))[0].reason


def test_an_asset_under_embargo_is_named_until_its_day(publication):
    asset = Asset(
        id="can", brand="demo", kind=AssetKind.PRODUCT, title="Winter can", digest="0" * 64,
        size=Size(width=64, height=64), embargo=datetime(2026, 12, 1, tzinfo=UTC),
    )
    found = embargoes([publication], {publication.key: [asset]}, NOW)
    assert "Winter can" in found[0].reason
    assert embargoes([publication], {publication.key: [asset]}, datetime(2026, 12, 2, tzinfo=UTC)) == ()
