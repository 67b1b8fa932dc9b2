"""The four tool servers as one stage of the graph sees them: a typed client each, limited to the tools it names."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_servers.assets.client import AssetsClient
from mcp_servers.diffusion.client import DiffusionClient
from mcp_servers.judges.client import JudgesClient
from mcp_servers.publish.client import PublishClient
from mcp_servers.wire import Session


@dataclass(frozen=True)
class Toolbox:
    """The clients of one stage."""

    assets: AssetsClient
    diffusion: DiffusionClient
    judges: JudgesClient
    publish: PublishClient


@dataclass(frozen=True)
class Sessions:
    """Open sessions with the tool servers of one run."""

    assets: Session
    diffusion: Session
    judges: Session
    publish: Session

    def toolbox(self, stage: str, allowed: frozenset[str]) -> Toolbox:
        """What `stage` may use: a call to any other tool raises ProgrammerMustAct."""
        return Toolbox(
            AssetsClient(self.assets, stage, allowed),
            DiffusionClient(self.diffusion, stage, allowed),
            JudgesClient(self.judges, stage, allowed),
            PublishClient(self.publish, stage, allowed),
        )
