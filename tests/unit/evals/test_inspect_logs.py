"""Recorded runs as Inspect logs: every event of a trace in its place, and no picture of confidential work."""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from inspect_ai.event import InfoEvent, InputEvent, ModelEvent, SpanBeginEvent, SpanEndEvent, ToolEvent
from inspect_ai.log import EvalLog, EvalSample, read_eval_log
from inspect_ai.model import ContentImage
from typer.testing import CliRunner

from domain.assets import Asset, AssetKind
from domain.values import Size
from evals.cli import app
from evals.inspect.logs import SPENT, VERDICT, write_log
from evals.inspect.pictures import pictures_of
from evals.paper import Rows
from memory.artifacts import DirectoryStore
from memory.home import Home
from memory.traces import TraceWriter
from tools.imaging.decode import encode_png

RUN = "run-aaaaaaaaaaaa"
REQUEST = "the Nightjar lamp on a shelf"


@dataclass
class Shop:
    """A brand's store and library, and the traces of its runs."""

    folder: Path
    rows: Rows = field(default_factory=lambda: Rows(()))
    digests: list[str] = field(default_factory=list)

    @property
    def artifacts(self) -> DirectoryStore:
        return DirectoryStore(Home(self.folder / "home"))

    def has(self, **fields: Any) -> None:
        self.rows.add(
            Asset(id="lamp", brand="demo", kind=AssetKind.PRODUCT, title="Lamp", digest="0" * 64,
                  size=Size(width=64, height=64), **fields)
        )

    def log(self, *paths: Path) -> EvalLog:
        """What `read_eval_log` makes of the log of these traces."""
        written = write_log(paths, lambda run: pictures_of(run, self.rows, self.artifacts), self.folder / "logs")
        return read_eval_log(str(written), resolve_attachments=True)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    made = Shop(tmp_path)
    for shade in (40, 200):
        picture = encode_png(np.full((16, 16, 3), shade, np.uint8))
        made.digests.append(made.artifacts.put("demo", picture, "image/png").digest)
    return made


def candidate(number: int, digest: str) -> dict[str, Any]:
    return {"id": f"c0-{number:02d}", "products": ["lamp"], "artifact": {"digest": digest, "media_type": "image/png"}}


def trace(shop: Shop, name: str = RUN, *, confidential: bool = False) -> Path:
    """A run that asked a model, drew two groups of pictures side by side, failed in a tool, and was told to go on."""
    path = shop.folder / f"{name}.jsonl"
    row = {"id": "lamp", "confidential": confidential, "embargo": None}
    judged = {"verdict": "passed", "quality": 0.8, "findings": {"floating": "pass"}}
    used = {"tokens_in": 900, "cached": 300, "tokens_out": 50, "images": 1, "cost": 0.002}
    parts = [{"text": "What is asked for?"}, {"image": "f" * 64}]
    ask = {"digest": "d" * 64, "prompt": "read@1", "system": "You read.", "parts": parts}
    with TraceWriter(path, name, "demo") as writer:
        write = writer.record
        write("header", code="0+abc", request={"request": REQUEST}, models={"reader": "openai:m@http://127.0.0.1"})
        write("node_started", node="understand", index="0", digest="a")
        write("model_call", stage="understand", role="reader", model="openai:m", request=ask, seconds=0.5, cost=0.002,
              response={"value": {"noun": "lamp"}, "used": used, "place": "here", "attempts": 2, "notes": []})
        write("tool_call", stage="understand", server="assets", tool="cut_out", seconds=0.1, cost=0.0,
              arguments={"brand": "demo", "asset": "lamp"}, result={"asset": row})
        write("node_finished", node="understand", index="0", seconds=1.0, decided={"questions": ["market"]})
        write("interrupt", node="clarify", interrupt_id="i1",
              payload={"kind": "questions", "questions": [{"id": "market", "text": "Where will it run?"}]})
        write("interrupt_answer", interrupt_id="i1", answer={"market": "SE"}, by="ann")
        for index in ("0", "1"):
            write("node_started", node="generate", index=index, digest=index)
        for number, digest in enumerate(shop.digests, start=1):
            write("tool_call", stage="generate", server="diffusion", tool="get_job", arguments={"job": f"j{number}"},
                  result={"status": "done", "candidates": [candidate(number, digest)]}, seconds=0.2, cost=0.01)
        for index, digest in enumerate(shop.digests):
            decided = {"candidates": {f"c0-{index + 1:02d}": {**judged, "artifact": digest}}}
            write("node_finished", node="generate", index=str(index), seconds=1.0, decided=decided)
        write("node_started", node="settle", index="0", digest="s")
        write("tool_call", stage="critique", server="judges", tool="look", arguments={}, seconds=0.1, cost=0.0,
              error={"code": "tool_broke", "message": "the judge fell over"})
        edit = {"what": "composition.scale", "before": 1, "after": 2, "source": "tiny"}
        write("node_finished", node="settle", index="0", seconds=0.1, decided={"edits": {"e1": edit}})
        shortlist = {"kind": "review", "shortlist": ["c0-02", "c0-01"]}
        write("interrupt", node="review", interrupt_id="i2", payload=shortlist)
        write("run_status", status="review", waiting_for="review", spent=0.022, predicted=0.02)
    return path


def of_kind(sample: EvalSample, kind: type[Any]) -> list[Any]:
    return [event for event in sample.events if isinstance(event, kind)]


def images(sample: EvalSample) -> list[str]:
    """Every picture in a sample's events and messages."""
    results = [event.result for event in of_kind(sample, ToolEvent) if isinstance(event.result, list)]
    said = [message.content for message in sample.messages if isinstance(message.content, list)]
    return [part.image for parts in (*results, *said) for part in parts if isinstance(part, ContentImage)]


def test_a_run_opens_with_its_steps_calls_questions_and_decisions(shop: Shop) -> None:
    shop.has()
    log = shop.log(trace(shop))
    assert (log.status, log.eval.dataset.sample_ids) == ("success", [RUN])
    (sample,) = log.samples or ()
    assert (sample.id, sample.input) == (RUN, REQUEST)
    spans = {span.id: span for span in of_kind(sample, SpanBeginEvent)}
    names = [(span.name, spans[span.parent_id].name if span.parent_id else None) for span in spans.values()]
    assert names == [
        ("understand", None), ("generate", None), ("generate 0", "generate"), ("generate 1", "generate"),
        ("settle", None),
    ]
    assert Counter(list(spans)) == Counter(end.id for end in of_kind(sample, SpanEndEvent)), "each span ends once"

    (model,) = of_kind(sample, ModelEvent)
    assert (model.role, model.retries, spans[model.span_id].name) == ("reader", 1, "understand")
    usage = model.output.usage
    assert (usage.input_tokens, usage.input_tokens_cache_read, usage.output_tokens) == (600, 300, 50)
    assert usage.total_cost == 0.002
    assert [message.role for message in model.input] == ["system", "user"]
    assert "f" * 64 in model.input[1].text
    assert sample.role_usage["reader"].total_tokens == 950

    tools = {event.function: event for event in of_kind(sample, ToolEvent)}
    assert tools["assets.cut_out"].arguments == {"brand": "demo", "asset": "lamp"}
    assert tools["judges.look"].failed
    assert "the judge fell over" in tools["judges.look"].error.message
    drawn = [event for event in of_kind(sample, ToolEvent) if event.function == "diffusion.get_job"]
    assert [spans[event.span_id].name for event in drawn] == ["generate 0", "generate 1"], "each in its own branch"

    infos = of_kind(sample, InfoEvent)
    told = {(event.source, spans[event.span_id].name if event.span_id else None) for event in infos}
    assert told >= {("findings", "generate 0"), ("findings", "generate 1"), ("edits", "settle"), ("status", "settle")}
    (answer,) = of_kind(sample, InputEvent)
    assert (answer.content, answer.message) == ({"market": "SE"}, "answered by ann")


def test_its_verdict_and_cost_are_scores_and_its_shortlist_stands_in_the_conversation(shop: Shop) -> None:
    shop.has()
    log = shop.log(trace(shop))
    (sample,) = log.samples or ()
    assert sample.scores is not None
    assert (sample.scores[VERDICT].value, sample.scores[VERDICT].answer) == ("C", "review")
    assert sample.scores[SPENT].value == 0.022
    assert log.results is not None
    means = {score.name: next(iter(score.metrics.values())).value for score in log.results.scores}
    assert means == {VERDICT: 1.0, SPENT: 0.022}
    assert [message.role for message in sample.messages] == ["user", "assistant", "user", "assistant"]
    assert [message.text.strip() for message in sample.messages[:3]] == [REQUEST, "Where will it run?", "market: SE"]
    review = sample.messages[-1].content
    assert isinstance(review, list)
    shown = [part.image for part in review if isinstance(part, ContentImage)]
    assert len(set(shown)) == 2
    assert all(image.startswith("data:image/webp;base64,") for image in shown)
    assert len(images(sample)) == 4, "as drawn, and as finalists"


@pytest.mark.parametrize(
    "why", ["marked in the trace", "marked since", "under embargo", "named in the request", "gone"]
)
def test_confidential_work_shows_no_picture(shop: Shop, why: str) -> None:
    path = trace(shop, confidential=why == "marked in the trace")
    if why == "marked since":
        shop.has(confidential=True)
    elif why == "under embargo":
        shop.has(embargo=datetime.now(UTC) + timedelta(days=1))
    elif why == "named in the request":
        shop.has()
        shop.rows.add(shop.rows.get("demo", "lamp").model_copy(
            update={"id": "nightjar", "title": "Nightjar", "confidential": True}
        ))
    elif why == "gone":
        path.write_text(path.read_text("utf-8").replace('"confidential":false,', ""), encoding="utf-8")
    (sample,) = shop.log(path).samples or ()
    assert images(sample) == []
    assert "data:image" not in sample.model_dump_json()


def test_several_runs_are_samples_of_one_log_and_one_that_is_cut_off_has_no_verdict(shop: Shop) -> None:
    shop.has()
    whole, cut = trace(shop), trace(shop, "run-bbbbbbbbbbbb")
    lines = cut.read_text("utf-8").splitlines(keepends=True)
    cut.write_text("".join(lines[:10]), encoding="utf-8")             # killed while two branches drew
    log = shop.log(whole, cut)
    assert log.results is not None
    assert [(s.name, s.scored_samples, s.unscored_samples) for s in log.results.scores] == [
        (VERDICT, 1, 1), (SPENT, 1, 1)
    ]
    sample = (log.samples or [])[1]
    assert (sample.scores or {})[VERDICT].value == "N"
    begun = [span.id for span in of_kind(sample, SpanBeginEvent)]
    assert len(begun) == 4
    assert Counter(begun) == Counter(end.id for end in of_kind(sample, SpanEndEvent))


def test_a_trace_of_version_1_opens(shop: Shop) -> None:
    path = shop.folder / "run-old.jsonl"
    path.write_bytes(gzip.decompress((Path(__file__).parent / "traces" / "version-1.jsonl.gz").read_bytes()))
    (sample,) = shop.log(path).samples or ()
    assert of_kind(sample, ToolEvent)
    assert {span.name for span in of_kind(sample, SpanBeginEvent)} >= {"understand", "plan", "generate"}


def test_without_the_extra_the_command_says_what_to_install(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    path = trace(shop)
    monkeypatch.setenv("ONBRAND_HOME", str(shop.folder / "home"))
    for name in list(sys.modules):
        if name.startswith("evals.inspect"):
            monkeypatch.delitem(sys.modules, name)
        elif name.partition(".")[0] == "inspect_ai":
            monkeypatch.setitem(sys.modules, name, None)
    done = CliRunner().invoke(app, ["inspect", str(path), "--out", str(shop.folder / "logs"), "--json"])
    assert done.exit_code == 1
    error = json.loads(done.stdout)["error"]
    assert (error["code"], error["hint"]) == ("misconfigured", 'pip install "onbrand[evals]"')
    assert not (shop.folder / "logs").exists()
