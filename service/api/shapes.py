"""What routes answer with: the models of `domain/studio.py`, with addresses beside every digest and id."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import Field

from domain.access import Role
from domain.studio import (
    ApprovalRequest,
    Checked,
    FinalFile,
    FoundAsset,
    Picture,
    RunRowView,
    RunSummary,
)
from domain.values import AssetId, BrandId, Digest, MarketCode, Model, RunId
from service.api.bodies import Body, Text
from service.api.problems import shown_failure

THUMBNAIL_SIDE = 512


@dataclass(frozen=True)
class Links:
    """Addresses of resources: below the public URL when one is set, else paths. Never made from a request's Host."""

    base: str = ""

    def run(self, run_id: RunId, part: str = "") -> str:
        """A run, or a part of it such as "events"."""
        return f"{self.base}/v1/runs/{run_id}" + (f"/{part}" if part else "")

    def artifact(self, digest: Digest) -> str:
        """An artifact's bytes."""
        return f"{self.base}/v1/artifacts/{digest}"

    def thumbnail(self, digest: Digest) -> str:
        """A small WebP of a picture."""
        return f"{self.artifact(digest)}?side={THUMBNAIL_SIDE}"

    def asset(self, asset_id: AssetId) -> str:
        """An asset's row."""
        return f"{self.base}/v1/assets/{asset_id}"

    def market(self, code: MarketCode) -> str:
        """A market pack."""
        return f"{self.base}/v1/markets/{code}"

    def brand(self, brand: BrandId) -> str:
        """A brand book."""
        return f"{self.base}/v1/brands/{brand}"


class FileResource(FinalFile):
    """A final file and where its bytes are."""

    url: str


class PictureResource(Picture):
    """A finalist and where to look at it."""

    files: tuple[FileResource, ...] = ()
    url: str
    thumbnail_url: str


class RunLinks(Model):
    """Where the parts of a run are."""

    self_: str = Field(serialization_alias="self")
    events: str
    document: str
    dossier: str
    approval: str


class RunResource(RunSummary):
    """A run. `next` says what can be done now, in one sentence."""

    pictures: tuple[PictureResource, ...] = Field(default=(), description="the shortlist, best first; at most three")
    links: RunLinks


class RunRowResource(RunRowView):
    """A run in a list."""

    url: str


class RunPage(Model):
    """Runs, newest first. `next` is the cursor of the page after this one, for `?before=`."""

    items: tuple[RunRowResource, ...]
    next: RunId | None = None


class AssetResource(FoundAsset):
    """An asset and where its picture is. `score` 0..1 and `why` come with searches only."""

    url: str
    picture_url: str
    thumbnail_url: str


class AssetList(Model):
    """Assets: of the library by id, or those that fit a search, best first."""

    items: tuple[AssetResource, ...]


class Yes(Body):
    """A person's yes: exactly these files, for these markets, to this destination."""

    candidates: tuple[Text, ...] = Field(min_length=1, max_length=20, description="candidates of the shortlist")
    digests: tuple[Digest, ...] = Field(min_length=1, max_length=200, description="of every final file, in order")
    markets: tuple[MarketCode, ...] = Field(min_length=1, max_length=50)
    destination: Text = Field(min_length=1, max_length=200)


class ApprovalResource(ApprovalRequest):
    """What a yes would publish. `yes` is the very body to send to POST approve, once a person has seen the files."""

    files: tuple[FileResource, ...]
    yes: Yes


class OwnBrand(Model):
    """A brand of the caller, and the caller's roles in it."""

    brand: BrandId
    roles: tuple[Role, ...]
    url: str


class OwnBrands(Model):
    """The caller's brands."""

    items: tuple[OwnBrand, ...]


class MarketLink(Model):
    """A market there are rules for."""

    code: MarketCode
    url: str


class MarketList(Model):
    """The markets there are rules for."""

    items: tuple[MarketLink, ...]


class CheckedResource(Checked):
    """What the checks say, and of which picture."""

    picture: AssetResource


def run_resource(summary: RunSummary, links: Links) -> RunResource:
    """A run with its addresses."""
    failure = summary.failure and shown_failure(summary.failure)
    parts = {
        "pictures": tuple(picture_resource(picture, links) for picture in summary.pictures),
        "failure": failure,
        "links": RunLinks(
            self_=links.run(summary.run_id),
            **{part: links.run(summary.run_id, part) for part in ("events", "document", "dossier", "approval")},
        ),
    }
    return RunResource(**{**dict(summary), **parts})


def picture_resource(picture: Picture, links: Links) -> PictureResource:
    """A finalist with its addresses."""
    parts = {
        "files": tuple(file_resource(file, links) for file in picture.files),
        "url": links.artifact(picture.digest),
        "thumbnail_url": links.thumbnail(picture.digest),
    }
    return PictureResource(**{**dict(picture), **parts})


def file_resource(file: FinalFile, links: Links) -> FileResource:
    """A final file with its address."""
    return FileResource(**dict(file), url=links.artifact(file.digest))


def run_page(rows: Sequence[RunRowView], limit: int, links: Links) -> RunPage:
    """A page of at most `limit` of these rows; one row more than that says that there is a next page."""
    shown = rows[:limit]
    return RunPage(
        items=tuple(RunRowResource(**dict(row), url=links.run(row.run_id)) for row in shown),
        next=shown[-1].run_id if len(rows) > limit else None,
    )


def asset_resource(asset: FoundAsset, links: Links) -> AssetResource:
    """An asset with its addresses."""
    return AssetResource(
        **dict(asset),
        url=links.asset(asset.id),
        picture_url=links.artifact(asset.digest),
        thumbnail_url=links.thumbnail(asset.digest),
    )


def approval_resource(request: ApprovalRequest, links: Links) -> ApprovalResource:
    """What a yes would publish, with addresses and the yes to send."""
    yes = Yes(
        candidates=request.candidates,
        digests=tuple(file.digest for file in request.files),
        markets=request.markets,
        destination=request.destination,
    )
    files = tuple(file_resource(file, links) for file in request.files)
    return ApprovalResource(**{**dict(request), "files": files}, yes=yes)
