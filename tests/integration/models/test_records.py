"""What is left of a question: an event in the run's trace, a line in the brand's chat log, and never a picture."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from domain.errors import AnswerUnusable
from domain.models import ImagePart, TextPart
from domain.trace import ModelCall, read_trace
from evals.endpoints import Fault, ModelEndpoint, Reply
from evals.endpoints.gateways import GOOD, Open, Verdict, bedrock_place, question
from memory import ChatFiles, Home, TraceWriter
from service.telemetry.metrics import Metrics, exposition
from tools.models import Retention

PICTURE = ImagePart.of(b"the bytes of an unreleased product", "image/png")
WORDS = TextPart(text="Judge it. Ask anna@example.com or +46 70 123 45 67.")


def test_each_question_of_a_run_is_an_event_of_its_trace_also_when_it_failed(
    gateway: Open, run_id: str, tmp_path: Path
) -> None:
    replies = iter([Reply(GOOD), *[Reply(GOOD, Fault.WRONG_TYPE)] * 3])
    trace = tmp_path / "trace.jsonl"
    ask = question(WORDS, PICTURE, run_id=run_id, budget=1.0)
    with (
        ModelEndpoint(lambda asked: next(replies)) as endpoint,
        TraceWriter(trace, run_id, "demo") as recorder,
    ):
        recorder.record("header", code="test", request={})
        models = gateway([bedrock_place(endpoint)])
        with models.recording(run_id, recorder):
            models.ask(ask, Verdict)
            with pytest.raises(AnswerUnusable):
                models.ask(ask, Verdict)
    first, second = [event for event in read_trace(trace) if isinstance(event, ModelCall)]
    assert first.request == ask.transcript()
    assert first.response is not None
    assert Verdict.model_validate(first.response["value"]) == Verdict(passed=True, why=GOOD["why"], score=4)
    assert (first.role, first.model) == ("gate_judge", "bedrock_converse:amazon.nova-2-lite-v1:0")
    assert first.cost > 0 and first.error is None
    assert second.error is not None and second.error["code"] == "answer_unusable"
    assert second.cost == pytest.approx(3 * first.cost)
    assert PICTURE.digest in trace.read_text()
    assert "unreleased" not in trace.read_text()


def test_chats_are_kept_per_brand_redacted_and_not_for_confidential_work(gateway: Open, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        place = bedrock_place(endpoint, retention=Retention.NONE, confidential=True)
        models = gateway([place], chats=ChatFiles(home, days=30))
        models.ask(question(WORDS, PICTURE), Verdict)
        models.ask(question(TextPart(text="of another brand"), brand="acme"), Verdict)
        models.ask(question(TextPart(text="the secret launch"), confidential=True), Verdict)
    [file] = home.chats("demo").iterdir()
    [line] = file.read_text().splitlines()
    kept = json.loads(line)
    assert kept["request"]["parts"] == [{"text": "Judge it. Ask *** or ***."}, {"image": PICTURE.digest}]
    assert kept["response"]["value"]["score"] == 4
    assert file.stat().st_mode & 0o077 == 0
    assert len(list(home.chats("acme").iterdir())) == 1


def test_old_chats_are_deleted(tmp_path: Path) -> None:
    home, day = Home(tmp_path / "home"), [date(2026, 1, 1)]
    chats = ChatFiles(home, days=30, today=lambda: day[0])
    for when in (date(2026, 1, 1), date(2026, 1, 20), date(2026, 2, 1)):
        day[0] = when
        chats.keep("demo", {"text": "hello"})
    assert sorted(file.stem for file in home.chats("demo").iterdir()) == ["2026-01-20", "2026-02-01"]


def test_a_log_that_cannot_be_written_stops_no_work(gateway: Open, tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    (home.chats("demo") / f"{date.max.isoformat()}.jsonl").mkdir()
    with ModelEndpoint(lambda asked: Reply(GOOD)) as endpoint:
        models = gateway([bedrock_place(endpoint)], chats=ChatFiles(home, 30, today=lambda: date.max))
        assert models.ask(question(), Verdict).value.passed


def test_attempts_are_metrics_with_closed_labels(gateway: Open) -> None:
    metrics = Metrics()
    replies = iter([Reply(GOOD, Fault.THROTTLED), Reply(GOOD)])
    with ModelEndpoint(lambda asked: next(replies)) as endpoint:
        models = gateway([bedrock_place(endpoint)], observer=metrics.attempted)
        models.ask(question(), Verdict)
    page = exposition(metrics.registry)[0].decode()
    assert 'onbrand_model_attempts_total{outcome="throttled",role="gate_judge"} 1.0' in page
    assert 'onbrand_model_attempts_total{outcome="answered",role="gate_judge"} 1.0' in page
    assert 'onbrand_model_tokens_total{direction="in",role="gate_judge"} 1000.0' in page
    assert 'onbrand_model_first_token_seconds_count{role="gate_judge"} 1.0' in page
    assert "demo" not in page
