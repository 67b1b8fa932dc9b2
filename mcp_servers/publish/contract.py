"""What can be asked of the publish server, and what it answers."""

from __future__ import annotations

from datetime import datetime

from domain.candidate import Candidate, Scalar
from domain.rules import RuleCheck
from domain.run import PublicationView
from domain.values import BrandId, Edges, Model, RunId, Size


class ResolveCanvas(Model):
    """The canvas for channels and a stated size; 1024x1024 where neither is named."""

    brand: BrandId
    channels: tuple[str, ...]
    size: str | None = None


class Canvas(Model):
    """Width and height in pixels, why, and what channels of this aspect cover with their own buttons and captions."""

    width: int
    height: int
    why: str
    covered: Edges = Edges()

    @property
    def size(self) -> Size:
        """Width and height."""
        return Size(width=self.width, height=self.height)


class RenderExport(Model):
    """Render the final file of one candidate for one channel, for a person to approve."""

    brand: BrandId
    run_id: RunId
    candidate: Candidate
    channel: str
    facts: dict[str, Scalar] = {}


class DeliverApproved(Model):
    """Deliver what a person approved for this run: every approved effect, once each."""

    brand: BrandId
    run_id: RunId


class Delivered(Model):
    """Publications of this run, first and repeated calls alike."""

    publications: tuple[PublicationView, ...]


class MonitorPublished(Model):
    """Look at what is out there."""

    brand: BrandId


class MonitorReport(Model):
    """What monitoring found."""

    checked: int
    findings: tuple[RuleCheck, ...]
    at: datetime
