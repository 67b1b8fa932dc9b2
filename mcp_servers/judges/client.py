"""Typed client of the judges server."""

from __future__ import annotations

from dataclasses import dataclass

from mcp_servers import claims
from mcp_servers.judges import contract as c
from mcp_servers.wire import Session


@dataclass(frozen=True)
class JudgesClient:
    """The judges server as one stage may use it."""

    session: Session
    stage: str
    allowed: frozenset[str]

    async def judge_candidate(self, request: c.JudgeCandidate) -> c.Judgement:
        """Findings and quality of one candidate."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "judge_candidate",
            request,
            c.Judgement,
            holds=lambda a: claims.judgement(a, ocr=request.ocr, only=request.only),
        )

    async def rank_candidates(self, request: c.RankCandidates) -> c.Ranking:
        """A shortlist that is forced to differ."""
        return await self.session.call(
            self.stage, self.allowed, "rank_candidates", request, c.Ranking, holds=lambda a: claims.ranking(request, a)
        )

    async def judge_image(self, request: c.JudgeImage) -> c.Judgement:
        """Findings and quality of a picture made elsewhere."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "judge_image",
            request,
            c.Judgement,
            holds=lambda a: claims.judgement(a, ocr=request.ocr),
        )
