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
            holds=lambda a: claims.judgement(a, ocr=request.ocr, only=request.only, criteria=request.criteria),
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
            holds=lambda a: claims.judgement(a, ocr=request.ocr, criteria=request.criteria),
        )

    async def look_at_picture(self, request: c.LookAtPicture) -> c.LookedAt:
        """Findings of a model that looked at one picture."""
        return await self.session.call(
            self.stage, self.allowed, "look_at_picture", request, c.LookedAt, holds=lambda a: claims.looked(request, a)
        )

    async def look_at_parts(self, request: c.LookAtParts) -> c.LookedAt:
        """Findings of a model that compared a product's parts."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "look_at_parts",
            request,
            c.LookedAt,
            holds=lambda a: claims.looked_at_parts(request, a),
        )

    async def prefer_pictures(self, request: c.PreferPictures) -> c.Preferred:
        """Pictures in the order of a model's preference."""
        return await self.session.call(
            self.stage,
            self.allowed,
            "prefer_pictures",
            request,
            c.Preferred,
            holds=lambda a: claims.preferred(request, a),
        )

    async def judge_set(self, request: c.JudgeSet) -> c.LookedAt:
        """Findings about pictures judged together, by measure and by a model."""
        return await self.session.call(
            self.stage, self.allowed, "judge_set", request, c.LookedAt, holds=lambda a: claims.judged_set(request, a)
        )
