"""What the tools return: a few lines to read, the same as data, a small preview, and links to everything large."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from mcp.types import CallToolResult, ContentBlock, ImageContent, ResourceLink, TextContent
from pydantic import BaseModel, Field

from domain.errors import OnbrandError
from domain.rules import RuleVerdict
from domain.run import RunStatus
from domain.studio import Picture, RunSummary
from domain.values import Digest, Model
from mcp_servers.studio.advice import here
from mcp_servers.studio.desk import PREFIX, Call
from mcp_servers.studio.turns import what_next

MOST_PREVIEW_BYTES = 150_000
"""All previews of one result together."""

MOST_PICTURES = 3
MOST_LINES = 5
MOST_LETTERS = 160
"""Characters of one line of prose in a result; the run's document has it in full."""

TELLING = frozenset({RuleVerdict.BROKEN, RuleVerdict.NEEDS_REVIEW, RuleVerdict.LABEL})


class Reply(Model):
    """A ready answer."""

    value: str
    label: str


class Asked(Model):
    """A question that the run waits for."""

    id: str
    text: str
    why: str
    replies: tuple[Reply, ...] = Field(default=(), description="ready answers; give `value`, or other words")
    default: str | None = Field(default=None, description="taken when the question is left out")
    required: bool = False


class Offered(Model):
    """An option to choose from, with what it is predicted to cost (US dollars) and take (seconds)."""

    name: str
    title: str
    cost: float
    seconds: float
    pass_probability: float | None = Field(default=None, description="None: too few recorded runs to tell")


class Shown(Model):
    """A picture of the shortlist."""

    candidate: str
    scene: str
    size: str
    image: str = Field(description="resource with the full picture")
    files: tuple[str, ...] = Field(default=(), description="final files, one a channel")
    remarks: tuple[str, ...] = Field(default=(), description="findings a person should look at")
    published: bool = False


class RunResult(Model):
    """Where a run stands. `next` says what to do now."""

    run_id: str
    status: RunStatus
    next: str
    doing: str | None = Field(default=None, description="while working")
    share: float | None = Field(default=None, description="0..1 of the way to review, while working")
    questions: tuple[Asked, ...] = ()
    options: tuple[Offered, ...] = ()
    pictures: tuple[Shown, ...] = Field(default=(), description="the shortlist, best first")
    assumed: tuple[str, ...] = Field(default=(), description="what was not said and is assumed")
    cannot_draw: tuple[str, ...] = ()
    failed_checks: dict[str, int] = Field(default={}, description="gates that kept candidates out, and how many")
    rules: tuple[str, ...] = Field(default=(), description="rules that block or want a person's look")
    published: tuple[str, ...] = ()
    failure: str | None = None
    cost: float = Field(default=0.0, description="US dollars spent")
    budget: float = Field(default=0.0, description="US dollars at most")
    document: str = Field(description="resource with the whole run: every candidate, finding and edit")
    dossier: str | None = Field(default=None, description="resource with the proof, as a page")
    look_at: str | None = Field(default=None, description="where the person sees the pictures; tell them")


async def run_result(call: Call, summary: RunSummary, note: str = "") -> CallToolResult:
    """A run as a tool's result; with its previews when it is a person's turn to look."""
    result = as_result(summary, call.desk.look_at(summary.run_id))
    content: list[ContentBlock] = [TextContent(text="\n".join(lines(result, note)))]
    if summary.status is RunStatus.REVIEW:
        content += await previews(call, [picture.digest for picture in summary.pictures])
    return CallToolResult(content=[*content, *links(result)], structured_content=data(result))


def as_result(summary: RunSummary, look_at: str = "") -> RunResult:
    """The short form of a run. `look_at`: where a person sees its pictures."""
    document = f"{PREFIX}runs/{summary.run_id}/document"
    failure = summary.failure
    return RunResult(
        run_id=summary.run_id,
        status=summary.status,
        next=what_next(summary),
        doing=summary.step.doing if summary.step else None,
        share=round(summary.step.share, 2) if summary.step else None,
        questions=tuple(
            Asked(
                id=q.id,
                text=cut(here(q.text)),
                why=cut(q.why),
                replies=tuple(Reply(value=r.value, label=cut(r.label, 80)) for r in q.replies),
                default=q.default,
                required=q.required and q.default is None,
            )
            for q in summary.questions
        ),
        options=tuple(
            Offered(
                name=option.name,
                title=option.title,
                cost=round(option.prediction.cost, 4),
                seconds=round(option.prediction.seconds, 1),
                pass_probability=option.prediction.pass_probability,
            )
            for option in summary.options
        ),
        pictures=tuple(shown(picture) for picture in summary.pictures[:MOST_PICTURES]),
        assumed=few(summary.assumed, 8, 60),
        cannot_draw=few(summary.cannot_draw),
        failed_checks=dict(sorted(summary.failed_checks.items(), key=lambda found: -found[1])[:MOST_LINES]),
        rules=few([f"{c.market} {c.rule}: {c.verdict}, {c.reason}" for c in summary.rules if c.verdict in TELLING], 4),
        published=few([f"{p.channel} for {p.market} to {p.destination}" for p in summary.publications]),
        failure=cut(here(f"{failure.message} {failure.hint}".strip()), 400) if failure else None,
        cost=round(summary.costs.actual, 4),
        budget=summary.costs.budget,
        document=document,
        dossier=f"{PREFIX}runs/{summary.run_id}/dossier" if summary.pictures else None,
        look_at=look_at or None if summary.pictures else None,
    )


def shown(picture: Picture) -> Shown:
    """A picture of the shortlist, short."""
    return Shown(
        candidate=picture.candidate,
        scene=cut(picture.scene, 80),
        size=str(picture.size),
        image=image_uri(picture.digest),
        files=few([f"{f.channel}: {f.media_type}, {f.bytes // 1000} kB, {f.digest[:12]}" for f in picture.files], 6),
        remarks=few([f"{f.check}: {f.reason}" for f in picture.remarks], 2, 120),
        published=picture.published,
    )


def lines(result: RunResult, note: str = "") -> list[str]:
    """A run as lines to read."""
    said = [f"{result.run_id}: {result.status.replace('_', ' ')}" + (f", {result.doing}" if result.doing else "")]
    said += [note] if note else []
    for question in result.questions:
        replies = " | ".join(f"{r.value} ({r.label})" if r.label != r.value else r.value for r in question.replies)
        default = f" [default: {question.default}]" if question.default else ""
        said.append(f"question {question.id}: {question.text}{default}" + (f" replies: {replies}" if replies else ""))
    said += [
        f"option {o.name}: {o.title}, ${o.cost:.2f}, about {o.seconds:.0f} s, "
        + ("no history yet" if o.pass_probability is None else f"{o.pass_probability:.0%} of such runs pass")
        for o in result.options
    ]
    for number, picture in enumerate(result.pictures, start=1):
        remarks = f"; look at: {'; '.join(picture.remarks)}" if picture.remarks else ""
        state = ", published" if picture.published else ""
        said.append(f"{number}. {picture.candidate}: {picture.scene}, {picture.size}{state}{remarks}")
    for name, found in (("assumed", result.assumed), ("cannot draw", result.cannot_draw), ("rules", result.rules)):
        said += [f"{name}: {'; '.join(found)}"] if found else []
    if result.failed_checks:
        said.append("kept out by: " + ", ".join(f"{check} ({count})" for check, count in result.failed_checks.items()))
    said += [f"published: {line}" for line in result.published]
    said += [f"failure: {result.failure}"] if result.failure else []
    if result.cost or result.pictures:
        said.append(f"spent ${result.cost:.2f} of ${result.budget:.2f}")
    said += [f"the person sees the pictures at {result.look_at}"] if result.look_at else []
    return [*said, f"next: {result.next}"]


def links(result: RunResult) -> list[ContentBlock]:
    """Links to what is too large for a result."""
    pictures = [
        ResourceLink(name=f"{p.candidate}.png", uri=p.image, mime_type="image/png", title=f"{p.scene}, {p.size}")
        for p in result.pictures
    ]
    more = [
        ResourceLink(
            name=f"{result.run_id}.json", uri=result.document, mime_type="application/json", title="Run and findings"
        )
    ]
    if result.dossier:
        more.append(
            ResourceLink(name=f"{result.run_id}.html", uri=result.dossier, mime_type="text/html", title="Dossier")
        )
    return [*pictures, *more]


async def previews(call: Call, digests: Sequence[Digest], side: int | None = None) -> list[ContentBlock]:
    """Small pictures, together at most MOST_PREVIEW_BYTES; the first alone where all do not fit.

    Where one cannot be made, a line says so: the links lead to the pictures all the same.
    """
    wanted = digests[:MOST_LINES]
    if not wanted:
        return []
    try:
        share = MOST_PREVIEW_BYTES // len(wanted)
        size = side or (768 if len(wanted) == 1 else 512)
        made = [await call.studio.preview(call.caller, digest, size, share) for digest in wanted]
    except OnbrandError as error:
        return [TextContent(text=f"no preview: {error.message}")]
    fitting = made if sum(map(len, made)) <= MOST_PREVIEW_BYTES else made[:1]
    return [
        ImageContent(data=base64.b64encode(webp).decode(), mime_type="image/webp")
        for webp in fitting
        if len(webp) <= MOST_PREVIEW_BYTES
    ]


def image_uri(digest: Digest) -> str:
    """The resource of a full picture."""
    return f"{PREFIX}images/{digest}"


def data(result: BaseModel) -> dict[str, object]:
    """Structured content: what is empty is left out, since every letter is read by a model."""
    return result.model_dump(mode="json", exclude_defaults=True)


def cut(text: str, most: int = MOST_LETTERS) -> str:
    """One line of at most `most` characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def few(found: Sequence[str], most: int = MOST_LINES, letters: int = MOST_LETTERS) -> tuple[str, ...]:
    """The first lines, each cut, and how many more there are."""
    more = (f"and {len(found) - most} more",) if len(found) > most else ()
    return (*(cut(line, letters) for line in found[:most]), *more)
