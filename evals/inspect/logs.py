"""Recorded runs as an Inspect log: `inspect view` opens it, one sample a run."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Any
from uuid import uuid4

from inspect_ai.dataset import Sample
from inspect_ai.event import Event, SampleInitEvent, ScoreEvent
from inspect_ai.log import (
    EvalConfig,
    EvalDataset,
    EvalError,
    EvalLog,
    EvalMetric,
    EvalResults,
    EvalSample,
    EvalScore,
    EvalSpec,
    EvalStats,
    write_eval_log,
)
from inspect_ai.model import (
    ChatMessage,
    ChatMessageAssistant,
    ChatMessageUser,
    Content,
    ContentImage,
    ContentText,
    ModelOutput,
    ModelUsage,
)
from inspect_ai.scorer import CORRECT, INCORRECT, NOANSWER, Score

from domain.run import RunStatus
from domain.trace import InterruptAnswered, InterruptRaised, NodeFinished, TraceEvent, read_trace
from evals.inspect.events import Transcript, answered, usage_of
from evals.pages import Thumbnail
from evals.recording import Recording, recording_of

TASK = "onbrand-runs"
VERDICT, SPENT = "verdict", "spent"

GRADES = {
    RunStatus.REVIEW: CORRECT, RunStatus.PUBLISHED: CORRECT, RunStatus.NOTHING_PASSED: INCORRECT,
    RunStatus.REFUSED: INCORRECT, RunStatus.FAILED: INCORRECT,
}
"""How a run's status counts; one that waits for an answer, was cancelled or is cut off has no verdict."""

Pictures = Callable[[Recording], Thumbnail]
"""The small copies of a run's pictures that its log may show."""


def write_log(paths: Sequence[Path], pictures: Pictures, folder: Path) -> Path:
    """Write the runs of these traces to one log in a folder; returns its path.

    Raises TraceUnreadable for a file that is no trace.
    """
    samples = [sample_of(path, pictures) for path in paths]
    log = log_of(samples)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{datetime.now(UTC):%Y-%m-%dT%H-%M-%S}_{TASK}_{log.eval.task_id}.eval"
    write_eval_log(log, path)
    return path


def log_of(samples: Sequence[EvalSample]) -> EvalLog:
    """A log of finished samples, with how many runs came to a shortlist and what they cost."""
    starts = sorted(sample.started_at for sample in samples if sample.started_at)
    ends = sorted(sample.completed_at for sample in samples if sample.completed_at)
    usage: dict[str, ModelUsage] = defaultdict(ModelUsage)
    for sample in samples:
        for model, used in sample.model_usage.items():
            usage[model] += used
    return EvalLog(
        status="success",
        eval=EvalSpec(
            created=datetime.now(UTC), task=TASK, task_id=uuid4().hex[:12], run_id=uuid4().hex, eval_id=uuid4().hex,
            dataset=EvalDataset(name="traces", samples=len(samples), sample_ids=[str(one.id) for one in samples]),
            model="none/none", config=EvalConfig(),
            packages={name: version(name) for name in ("onbrand", "inspect_ai")},
        ),
        results=EvalResults(
            total_samples=len(samples), completed_samples=len(samples),
            scores=[of_scores(samples, VERDICT, "came to a shortlist"), of_scores(samples, SPENT, "dollars a run")],
        ),
        stats=EvalStats(
            started_at=starts[0] if starts else "", completed_at=ends[-1] if ends else "", model_usage=dict(usage)
        ),
        samples=list(samples),
    )


def of_scores(samples: Sequence[EvalSample], name: str, told: str) -> EvalScore:
    """The mean of one score over the runs that have it."""
    values = [score.value for sample in samples if (score := (sample.scores or {}).get(name)) is not None]
    counted = [float(value == CORRECT) if name == VERDICT else value for value in values if value != NOANSWER]
    numbers = [float(value) for value in counted if isinstance(value, int | float)]
    mean = {told: EvalMetric(name=told, value=sum(numbers) / len(numbers))} if numbers else {}
    return EvalScore(
        name=name, scorer=name, metrics=mean, scored_samples=len(numbers), unscored_samples=len(samples) - len(numbers)
    )


def sample_of(path: Path, pictures: Pictures) -> EvalSample:
    """One recorded run. Its time of day is that of the file's last change: a trace tells seconds since its first event.

    Raises TraceUnreadable.
    """
    told = list(read_trace(path))
    recording = recording_of(told)
    recording.path = path
    head, thumbnail = recording.header, pictures(recording)
    ended = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    began = ended - timedelta(seconds=recording.seconds)
    request = str(head.request.get("request", ""))
    scores = scores_of(recording)
    init = SampleInitEvent(sample=Sample(id=recording.name, input=request), timestamp=began, working_start=0.0)
    transcript = Transcript(recording.name, began, thumbnail).of(told)
    events: list[Event] = [init, *transcript]
    events += [
        ScoreEvent(score=score, scorer=name, timestamp=ended, working_start=recording.seconds)
        for name, score in scores.items()
    ]
    messages = conversation(told, request, thumbnail)
    failure = recording.ended.failure if recording.ended else None
    failed = failure is not None and recording.ended is not None and recording.ended.status == RunStatus.FAILED
    usage = usage_by(recording, "model")
    return EvalSample(
        id=recording.name, epoch=1, input=request, target="a shortlist", messages=messages,
        output=ModelOutput(model=TASK, completion=standing(recording)), scores=scores, metadata=about(recording),
        events=events, model_usage=usage, role_usage=usage_by(recording, "role"), started_at=began,
        completed_at=ended, total_time=recording.seconds, working_time=recording.seconds, uuid=uuid4().hex,
        error=EvalError(message=standing(recording), traceback="", traceback_ansi="") if failed else None,
    )


def about(recording: Recording) -> dict[str, Any]:
    """What made the run, as its header says."""
    return recording.header.model_dump(mode="json", exclude={"kind", "n", "at", "titles"})


def usage_by(recording: Recording, name: str) -> dict[str, ModelUsage]:
    """Tokens and money by model or by role, of calls that were made and not taken from a tape."""
    usage: dict[str, ModelUsage] = defaultdict(ModelUsage)
    for call in recording.models:
        if not call.taped:
            usage[str(getattr(call, name))] += usage_of(call)
    return dict(usage)


def scores_of(recording: Recording) -> dict[str, Score]:
    """Whether the run came to a shortlist, and what it cost."""
    status = recording.status.status if recording.status else "cut off"
    grade = GRADES.get(RunStatus(status), NOANSWER) if recording.status else NOANSWER
    scores = {VERDICT: Score(value=grade, answer=status, explanation=standing(recording))}
    if recording.status is not None:
        scores[SPENT] = Score(value=recording.status.spent)
    return scores


def standing(recording: Recording) -> str:
    """Where the run stands, with the reason where it failed."""
    status = recording.status.status if recording.status else "cut off"
    failure = (recording.ended.failure if recording.ended else None) or {}
    return f"{status}: {failure.get('message')}" if failure else status


def conversation(events: Sequence[TraceEvent], request: str, thumbnail: Thumbnail) -> list[ChatMessage]:
    """What was said between the person and the run, with the pictures of each shortlist."""
    said: list[ChatMessage] = [ChatMessageUser(content=request)]
    artifacts: dict[str, str] = {}
    for event in events:
        match event:
            case NodeFinished():
                held = event.decided.get("candidates", {})
                artifacts |= {name: str(one.get("artifact", "")) for name, one in held.items()}
            case InterruptRaised():
                said.append(ChatMessageAssistant(content=asked(event.payload, artifacts, thumbnail)))
            case InterruptAnswered():
                said.append(ChatMessageUser(content=answered(event.answer)))
            case _:
                pass
    return said


def asked(payload: dict[str, Any], artifacts: dict[str, str], thumbnail: Thumbnail) -> list[Content]:
    """A question to a person: the words, and at review each finalist with its picture."""
    kind = payload.get("kind")
    if kind == "review":
        contents: list[Content] = []
        for place, name in enumerate(payload.get("shortlist", ()), start=1):
            contents.append(ContentText(text=f"{place}. {name}"))
            if image := thumbnail(artifacts.get(name, "")):
                contents.append(ContentImage(image=image))
        return contents or [ContentText(text="the shortlist is empty")]
    rows = payload.get(str(kind), ())
    lines = [str(row.get("text") or row.get("title") or row.get("name")) for row in rows if isinstance(row, dict)]
    return [ContentText(text="\n".join(lines) or str(kind))]
