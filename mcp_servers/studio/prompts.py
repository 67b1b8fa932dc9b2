"""Prompts a person can start from in their assistant: short, and all they do is use the tools well."""

from __future__ import annotations

from typing import Annotated

from mcp.server.mcpserver.prompts import Prompt
from pydantic import Field


def prompts() -> list[Prompt]:
    """create_campaign_image, review_shortlist and check_against_rules."""
    return [
        Prompt.from_function(create_campaign_image, title="Create a campaign image"),
        Prompt.from_function(review_shortlist, title="Review a shortlist"),
        Prompt.from_function(check_against_rules, title="Check a picture against the rules"),
    ]


def create_campaign_image(
    product: Annotated[str, Field(description="the product, in words or as an asset id")],
    place: Annotated[str, Field(description="where it should stand, such as a sunlit terrace")] = "",
    market: Annotated[str, Field(description="where it is to be published, such as Sweden")] = "",
    channel: Annotated[str, Field(description="where it will be seen, such as Instagram")] = "",
) -> str:
    """Make marketing images of a product, from the first question to the shortlist."""
    wish = f"{product}{f' on or in {place}' if place else ''}"
    target = "".join([f", for {market}" if market else "", f", on {channel}" if channel else ""])
    return (
        f"Make marketing images with Onbrand: {wish}{target}.\n"
        "1. search_assets for the product; if several fit, ask me which one.\n"
        "2. create_image with my words. Put every question that comes back to me; do not answer for me.\n"
        "3. get_run until it is my turn, and tell me in a line now and then how far it is.\n"
        "4. Show me the shortlist: what differs between the pictures, what was assumed, what the checks remark.\n"
        "5. Pass on what I want changed with refine_image. Call approve_image only when I ask for it."
    )


def review_shortlist(run_id: Annotated[str, Field(description="the run, such as run-4f1c9a27")]) -> str:
    """Look at a run's shortlist critically before it is approved."""
    return (
        f"Review the shortlist of {run_id}: get_run, then read onbrand://runs/{run_id}/document and onbrand://brand.\n"
        "For each picture: does it show what was asked, what was assumed, which findings want a person's look, which "
        "rules of the market want a label? Say which one you would take and why, what you would change in words for "
        "refine_image, and what only a person can judge. Approve nothing."
    )


def check_against_rules(
    picture: Annotated[str, Field(description="asset id of the picture, or its path where paths are taken")],
    markets: Annotated[str, Field(description="market codes, such as SE, NO")] = "",
) -> str:
    """Check a picture made elsewhere against the brand's and the markets' rules."""
    where = f" with markets {markets}" if markets else "; ask me for which markets"
    return (
        f"Check {picture} with check_image{where}. Ask me what it should show and give that as the caption, and which "
        "product it shows.\nTell me every gate that failed and every rule that is broken, with the rule's source from "
        "onbrand://markets/CODE; then what was not checked, and why. What was not checked is not fine."
    )
