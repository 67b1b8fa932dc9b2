"""Recorded runs, replayed, forked and compared: real runs of a real home, recorded once for all tests here."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.errors import BadInput
from domain.run import ReviewAction, ReviewDecision, RunRequest, RunStatus, RunView
from domain.trace import ToolCall, read_trace
from evals import cases
from evals.changes import parsed
from evals.diff import diff
from evals.endpoints import ModelEndpoint, Reply
from evals.fork import fork
from evals.pages import diff_page, thumbnails
from evals.recompute import recompute
from evals.recording import load, path_of, recording_of
from evals.replay import replay
from memory.artifacts import DirectoryStore
from memory.home import Home
from memory.rulebook import SHIPPED
from service.model_settings import ModelSettings
from service.orchestrator import Onbrand
from service.settings import Settings
from tests.commands import ONBRAND, environment
from tools.prompts import prompt_file

REQUEST = "our blood-orange can on a sunlit terrace, for Sweden, Instagram"
EVALS = [sys.executable, "-m", "evals.cli"]


@dataclass(frozen=True)
class Recorded:
    """A home and the traces of three runs: published after feedback, asked twice, and one that nothing passed."""

    home: Path
    published: Path
    asked: Path
    nothing: Path
    seconds: float


@pytest.fixture(scope="module")
def recorded(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    home = tmp_path_factory.mktemp("evals") / "onbrand"
    shutil.copytree(demo_home, home)
    return asyncio.run(record(home))


async def record(home: Path) -> Recorded:
    async with Onbrand.open(Settings(home=home)) as onbrand:

        async def begun(request: RunRequest) -> tuple[str, RunView, Path]:
            row = onbrand.begin(request)
            return row.run_id, await onbrand.advance("demo", row.run_id), Path(row.trace_path)

        began = time.perf_counter()
        run_id, _, published = await begun(RunRequest(request=REQUEST, option="quick", assume=True))
        bigger = ReviewDecision(action=ReviewAction.FEEDBACK, text="make the can a little bigger")
        view = await onbrand.answer_review("demo", run_id, bigger)
        assert view.edits
        view = await onbrand.approve("demo", run_id, (), "Ada", ("SE",))
        assert view.status is RunStatus.PUBLISHED, view.failure
        seconds = time.perf_counter() - began
        run_id, view, asked = await begun(RunRequest(request="our can on a terrace. We never use snow."))
        assert view.brief is not None
        assert [part.value for part in view.brief.avoid] == ["snow"]
        answers = {q.id: q.replies[0].value if q.replies else q.default for q in view.questions}
        assert len(answers) == 2
        await onbrand.advance("demo", run_id, answer=answers)
        view = await onbrand.advance("demo", run_id, answer={"option": "quick"})
        assert view.status is RunStatus.REVIEW
        woman = RunRequest(request="a woman holding our blood-orange can on a terrace", option="quick", assume=True)
        _, view, nothing = await begun(woman)
        assert view.status is RunStatus.NOTHING_PASSED
        return Recorded(home, published, asked, nothing, seconds)


def state_of(home: Path) -> dict[str, Any]:
    """What must not change: every row of the database, and every file but evaluations' own."""
    with sqlite3.connect(home / "onbrand.sqlite") as database:
        tables = [name for (name,) in database.execute("select name from sqlite_master where type = 'table'")]
        rows = {name: sorted(map(str, database.execute(f'select * from "{name}"'))) for name in tables}
    ours = ("onbrand.sqlite", "checkpoints.sqlite", "index", "artifacts", "evals")
    files = {str(p): p.stat().st_size for p in home.rglob("*") if p.is_file() and not set(p.parts) & set(ours)}
    return {"rows": rows, "files": {n: size for n, size in files.items() if "sqlite" not in n}}


@pytest.mark.parametrize("name", ["published", "asked", "nothing"])
async def test_a_run_replays_to_the_same_path_and_decisions_in_a_twentieth_of_its_time(
    recorded: Recorded, name: str
) -> None:
    recording = load(getattr(recorded, name))
    await replay(recording)                                        # the lexicon loads once a process
    played = await replay(recording)
    assert played.same, str(played.difference)
    assert played.notes == ()
    assert path_of(played.replayed.steps) == path_of(recording.steps)
    assert len(played.replayed.calls) == len(recording.calls)
    assert all(call.taped for call in played.replayed.calls)
    assert diff(recording, played.replayed).same
    if name == "published":
        assert played.seconds < recorded.seconds / 20
        assert path_of(recording.steps)[-3:] == ["deploy", "monitor", "review"]


def test_the_command_replays_without_home_key_or_network(recorded: Recorded, tmp_path: Path) -> None:
    elsewhere = tmp_path / "nowhere" / "at-all"
    done = subprocess.run(
        [*EVALS, "replay", str(recorded.published), "--json"], env=environment(elsewhere), capture_output=True,
        text=True, check=False, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["same"]
    assert not (elsewhere / "onbrand.sqlite").exists()


def rewritten(path: Path, to: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A copy of a trace with its events changed."""
    events = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for event in events:
        change(event)
    to.write_text("".join(json.dumps(event, ensure_ascii=False) + "\n" for event in events), encoding="utf-8")
    return to


async def test_a_verdict_that_came_out_otherwise_is_named_with_both_sides(recorded: Recorded, tmp_path: Path) -> None:
    def passes(event: dict[str, Any]) -> None:
        if event["kind"] == "node_finished" and event["node"] == "critique" and event["index"] == "1":
            candidate = next(iter(event["decided"]["candidates"].values()))
            candidate["findings"]["floating"] = "fail"

    changed = load(rewritten(recorded.nothing, tmp_path / "x.jsonl", passes))
    played = await replay(changed)
    assert played.difference is not None
    assert played.difference.where == "critique branch 1"
    assert played.difference.field.endswith("findings.floating")
    assert (played.difference.recorded, played.difference.now) == ("fail", "pass")


async def test_a_call_that_asks_otherwise_is_named_with_both_sides(recorded: Recorded, tmp_path: Path) -> None:
    def beach(event: dict[str, Any]) -> None:
        if event["kind"] == "header":
            event["request"]["request"] = REQUEST.replace("terrace", "beach")

    played = await replay(load(rewritten(recorded.published, tmp_path / "x.jsonl", beach)))
    assert played.difference is not None
    assert played.difference.where == "understand: assets.find_scenes"
    assert "terrace" in str(played.difference.recorded)
    assert "beach" in str(played.difference.now)
    assert played.replayed.status is not None and played.replayed.status.status == "failed"


async def test_an_answer_the_recording_lacks_and_one_nobody_asked_for_are_both_told(
    recorded: Recorded, tmp_path: Path
) -> None:
    events = list(read_trace(recorded.nothing))
    judged = [e for e in events if isinstance(e, ToolCall) and e.tool == "judge_candidate"]
    fewer = recording_of([e for e in events if e is not judged[-1]])
    missing = await replay(fewer)
    assert missing.difference is not None and "judges.judge_candidate" in missing.difference.where
    again = judged[-1].model_copy()
    more = recording_of([e for event in events for e in ([event, again] if event is judged[-1] else [event])])
    unused = await replay(more)
    assert unused.difference is not None and (unused.difference.recorded, unused.difference.now) == ("a call", "none")


async def test_recomputing_makes_the_same_pictures_and_leaves_the_home_as_it_was(recorded: Recorded) -> None:
    before = state_of(recorded.home)
    again = await recompute(load(recorded.nothing), Settings(home=recorded.home))
    assert again.difference is None
    assert again.artifacts >= 9
    assert state_of(recorded.home) == before


async def test_a_picture_that_is_drawn_otherwise_is_named(recorded: Recorded, tmp_path: Path) -> None:
    def other(event: dict[str, Any]) -> None:
        if event["kind"] == "tool_call" and event["tool"] == "get_job":
            event["result"]["candidates"][0]["artifact"]["digest"] = "0" * 64

    again = await recompute(
        load(rewritten(recorded.nothing, tmp_path / "x.jsonl", other)), Settings(home=recorded.home)
    )
    assert again.difference is not None
    assert again.difference.field == "candidates[0].artifact.digest"
    assert again.difference.recorded == "0" * 64


async def test_a_fork_makes_only_the_calls_that_depend_on_the_change(recorded: Recorded, tmp_path: Path) -> None:
    before = state_of(recorded.home)
    recording, settings = load(recorded.published), Settings(home=recorded.home)
    pack = tmp_path / "SE.yaml"
    shipped = (SHIPPED / "markets" / "SE.yaml").read_text(encoding="utf-8")
    pack.write_text(shipped.replace("summary: ", "summary: Told anew. ", 1), encoding="utf-8")
    ruled = await fork(recording, parsed(rules=[pack]), settings, tmp_path)
    assert dict(ruled.live) == {"assets.check_rules": 1}
    assert ruled.diff.parts is None
    assert ruled.forked.header.forked_from == recording.header.run_id
    assert [call.tool for call in ruled.forked.calls if not call.taped] == ["check_rules"]

    told = await fork(recording, parsed(["rounds=1"]), settings, tmp_path)
    assert told.live.total() == 0

    failed = load(recorded.nothing)
    loose = await fork(failed, parsed(judges=["caption_agreement.severity=warn"]), settings, tmp_path)
    assert set(loose.live) == {"judges.judge_candidate", "judges.rank_candidates", "publish.render_export"}
    assert (loose.diff.a.status, loose.diff.b.status) == ("nothing_passed", "review")
    assert loose.diff.parts is not None and loose.diff.parts.name.startswith("critique")

    critic = await fork(failed, parsed(step="critique"), settings, tmp_path)
    assert dict(critic.live) == {"judges.judge_candidate": 3}
    assert critic.diff.parts is None, "the judges are deterministic: live, they say what they said"
    assert state_of(recorded.home) == before


async def test_a_fork_never_publishes(recorded: Recorded, tmp_path: Path) -> None:
    recording = load(recorded.published)
    delivered = sorted((recorded.home / "published").rglob("*"))
    assert delivered
    forked = await fork(recording, parsed(["rounds=1"]), Settings(home=recorded.home), tmp_path)
    assert path_of(forked.forked.steps)[-1] == "review"
    assert forked.forked.status is not None and forked.forked.status.status == "review"
    assert "deploy" not in path_of(forked.forked.steps)
    again = await replay(recording)
    assert "deploy" in path_of(again.replayed.steps)
    assert sorted((recorded.home / "published").rglob("*")) == delivered


async def test_a_fork_from_a_step_there_is_not_is_refused(recorded: Recorded, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no step"):
        await fork(load(recorded.published), parsed(step="critique:9"), Settings(home=recorded.home), tmp_path)


async def test_the_page_of_a_diff_shows_both_runs_pictures_and_needs_nothing_else(recorded: Recorded) -> None:
    held = diff(load(recorded.published), load(recorded.nothing))
    assert not held.same
    page = diff_page(held, thumbnails(DirectoryStore(Home(recorded.home)), "demo"))
    assert page.count("data:image/webp;base64,") >= 6
    assert "http://" not in page and "https://" not in page and "<script" not in page
    assert "woman holding" in page
    hostile = held.model_copy(update={"a": held.a.model_copy(update={"name": "<script>alert(1)</script>"})})
    assert "<script" not in diff_page(hostile)


async def test_a_trace_is_cut_to_what_shows_a_failure_and_the_rest_still_replays(
    recorded: Recorded, tmp_path: Path
) -> None:
    events = cases.all_events(recorded.nothing)
    kept = cases.prefix(events, cases.Shows.parse("caption_agreement=fail"))
    assert len(kept) < len(events)
    assert not any(cases.Shows.parse("caption_agreement=fail").by(event) for event in kept[:-1])
    cases.write(kept, tmp_path / "short.jsonl")
    assert str(recorded.home) not in (tmp_path / "short.jsonl").read_text(encoding="utf-8")
    played = await replay(load(tmp_path / "short.jsonl"))
    assert played.same, str(played.difference)

    def other(event: dict[str, Any]) -> None:
        if event["kind"] == "node_finished" and event["node"] == "plan":
            event["decided"]["scenes"] = ["plate:moon"]

    changed = cases.all_events(rewritten(recorded.nothing, tmp_path / "x.jsonl", other))
    count = await cases.differing_prefix(changed, cases.replays_otherwise)
    assert changed[count - 1].kind == "node_finished"
    assert getattr(changed[count - 1], "node", "") == "plan"


def test_recorded_runs_open_in_inspect_with_every_call_answer_and_picture(recorded: Recorded, tmp_path: Path) -> None:
    from inspect_ai.log import read_eval_log

    paths = {"published": recorded.published, "review": recorded.asked, "nothing_passed": recorded.nothing}
    done = subprocess.run(
        [*EVALS, "inspect", *map(str, paths.values()), "--out", str(tmp_path), "--json"],
        env=environment(recorded.home), capture_output=True, text=True, check=False, timeout=120,
    )
    assert done.returncode == 0, done.stderr
    samples = {sample.id: sample for sample in read_eval_log(json.loads(done.stdout)["log"]).samples or ()}
    for status, path in paths.items():
        sample = samples[path.stem]
        told = Counter(event.kind for event in read_trace(path))
        opened = Counter(event.event for event in sample.events)
        assert (opened["tool"], opened["input"]) == (told["tool_call"], told["interrupt_answer"])
        assert opened["span_begin"] == opened["span_end"] >= len(load(path).steps)
        assert sum(image.startswith("data:image/webp") for image in sample.attachments.values()) >= 3
        assert sample.scores is not None
        verdict = sample.scores["verdict"]
        assert (verdict.value, verdict.answer) == ("I" if status == "nothing_passed" else "C", status)


def test_a_killed_and_resumed_run_replays_as_one(recorded: Recorded, tmp_path: Path) -> None:
    home = tmp_path / "onbrand"
    shutil.copytree(recorded.home, home)
    folder = home / "brands" / "demo" / "traces"
    shutil.rmtree(home / "brands" / "demo" / "drawings")
    before = set(folder.glob("*.jsonl"))
    process = subprocess.Popen(
        [*ONBRAND, "create", REQUEST, "--yes", "--json"], env=environment(home), cwd=tmp_path,
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        new = set(folder.glob("*.jsonl")) - before
        if new and next(iter(new)).read_text().count('"tool":"judge_candidate"') >= 3:
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    (trace,) = set(folder.glob("*.jsonl")) - before
    cut = load(trace)
    assert cut.status is None
    resumed = subprocess.run(
        [*ONBRAND, "runs", "resume", trace.stem, "--json"], env=environment(home), capture_output=True, text=True,
        stdin=subprocess.DEVNULL, check=False, timeout=240,
    )
    assert resumed.returncode == 0, resumed.stderr
    whole = load(trace)
    assert whole.resumed
    assert len(path_of(whole.steps)) == len(set(path_of(whole.steps)))
    for recording in (cut, whole):
        played = asyncio.run(replay(recording))
        assert played.same, str(played.difference)


async def test_answers_of_models_come_from_the_recording_and_a_changed_prompt_is_asked_for_real(
    recorded: Recorded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "AKIATESTTESTTESTTEST")
    swedish = prompt_file("tools.language.by_model", "read_request").example
    with ModelEndpoint(lambda seen: Reply(swedish["answer"])) as endpoint:
        place = {"name": "main", "region": "eu-central-1", "url": endpoint.url}
        models = ModelSettings.model_validate({"reader": "bedrock_converse:amazon.nova-2-lite-v1:0", "places": [place]})
        settings = Settings(home=recorded.home, models=models)
        async with Onbrand.open(settings) as onbrand:
            row = onbrand.begin(RunRequest(request=swedish["data"]["request"]))
            await onbrand.advance("demo", row.run_id)
        recording = load(Path(row.trace_path))
        assert [call.role for call in recording.models] == ["reader"]
        assert recording.header.prompts["read_request"].startswith("1 ")
        asked = len(endpoint.seen)

        played = await replay(recording)
        assert played.same, str(played.difference)
        told = await fork(recording, parsed(["rounds=1"]), settings, tmp_path)
        assert told.live.total() == 0
        assert len(endpoint.seen) == asked

        prompt = tmp_path / "mine.md"
        prompt.write_text("name: read_request\nversion: 9\n---\nRead it another way.\n", encoding="utf-8")
        anew = await fork(recording, parsed(prompts=[prompt]), settings, tmp_path)
        assert dict(anew.live) == {"model as reader": 1}
        assert len(endpoint.seen) == asked + 1
        assert "Read it another way." in endpoint.seen[-1].text

        built_in = await fork(recording, parsed(["reader.model=builtin"]), settings, tmp_path)
        assert "model as reader" not in built_in.live
        assert built_in.diff.parts is not None and built_in.diff.parts.name.startswith("understand")
        with pytest.raises(BadInput, match="no model of this run"):
            await fork(load(recorded.nothing), parsed(prompts=[prompt]), settings, tmp_path)


def test_the_shelf_lists_searches_and_tags(recorded: Recorded) -> None:
    def listed(*options: str) -> list[dict[str, Any]]:
        done = subprocess.run(
            [*EVALS, "list", "--json", *options], env=environment(recorded.home), capture_output=True, text=True,
            check=False, timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    assert {e["run_id"] for e in listed()} >= {p.stem for p in (recorded.published, recorded.asked, recorded.nothing)}
    assert [e["run_id"] for e in listed("--status", "nothing_passed")] == [recorded.nothing.stem]
    assert [e["run_id"] for e in listed("--has", "make the can a little bigger")] == [recorded.published.stem]
    tagged = subprocess.run(
        [*EVALS, "tag", recorded.asked.stem, "two-questions"], env=environment(recorded.home), check=False, timeout=120
    )
    assert tagged.returncode == 0
    assert [e["run_id"] for e in listed("--tag", "two-questions")] == [recorded.asked.stem]
