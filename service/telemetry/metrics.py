"""Counts and times of one server for Prometheus. Labels come from closed sets: never a run, brand or path."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from domain.model_calls import Attempted
from domain.ports import Recorder
from service.telemetry.stages import Stays

REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10)
"""Bucket bounds the OpenTelemetry conventions advise for `http.server.request.duration`."""

WORK_SECONDS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300)
"""From a call in memory to the longest wait for a tool server."""

TOKENS_PER_SECOND = (5, 10, 20, 40, 60, 80, 120, 180, 250, 500)

JUDGES = "critique"
"""The stage that gives candidates their verdict; later stages hand the same candidates on."""


class Metrics:
    """The instruments of one application, in a registry of its own, so that two in one process do not add up."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.request_seconds = Histogram(
            "http_server_request_duration_seconds",
            "Requests answered; an event stream counts until its first byte.",
            ("http_request_method", "http_route", "http_response_status_code"),
            registry=self.registry,
            buckets=REQUEST_SECONDS,
        )
        self.active_requests = Gauge(
            "http_server_active_requests",
            "Requests being answered, open event streams included.",
            ("http_request_method",),
            registry=self.registry,
        )
        self.streams = Gauge("onbrand_sse_streams", "Event streams held open.", registry=self.registry)
        self.runs_started = Counter("onbrand_runs_started", "Runs begun.", registry=self.registry)
        self.runs_finished = Counter(
            "onbrand_runs_finished", "Runs that came to an end, by how.", ("status",), registry=self.registry
        )
        self.runs_working = Gauge("onbrand_runs_working", "Runs this process works on now.", registry=self.registry)
        self.turns = Counter(
            "onbrand_turns",
            "Times work on a run stopped, by how the run stood then: waiting for a person, finished, or failed.",
            ("status",),
            registry=self.registry,
        )
        self.stage_seconds = Histogram(
            "onbrand_stage_duration_seconds",
            "Stays of a run in a stage; overlapping branches are one stay.",
            ("stage",),
            registry=self.registry,
            buckets=WORK_SECONDS,
        )
        self.stage_errors = Counter(
            "onbrand_stage_errors", "Stages that an error ended.", ("stage",), registry=self.registry
        )
        self.tool_seconds = Histogram(
            "onbrand_tool_call_duration_seconds",
            "Calls of tool servers, retries included; outcome is ok or the code of the error.",
            ("server", "tool", "outcome"),
            registry=self.registry,
            buckets=WORK_SECONDS,
        )
        self.candidates = Counter(
            "onbrand_candidates", "Candidates judged, by verdict.", ("verdict",), registry=self.registry
        )
        self.model_attempts = Counter(
            "onbrand_model_attempts", "Attempts at models, by how they ended.", ("role", "outcome"),
            registry=self.registry,
        )
        self.model_seconds = Histogram(
            "onbrand_model_attempt_duration_seconds", "Attempts at models, to the answer's end.", ("role",),
            registry=self.registry, buckets=WORK_SECONDS,
        )
        self.first_token = Histogram(
            "onbrand_model_first_token_seconds", "Until a streamed answer began.", ("role",),
            registry=self.registry, buckets=WORK_SECONDS,
        )
        self.token_speed = Histogram(
            "onbrand_model_tokens_per_second", "Speed of answers after their first token.", ("role",),
            registry=self.registry, buckets=TOKENS_PER_SECOND,
        )
        self.tokens = Counter(
            "onbrand_model_tokens", "Tokens to and from models.", ("role", "direction"), registry=self.registry
        )
        self.cost = Counter("onbrand_cost_dollars", "US dollars spent on tools and models.", registry=self.registry)

    def attempted(self, attempt: Attempted) -> None:
        """Count one attempt at a model: the gateway's `Observer`."""
        role = attempt.role.value
        self.model_attempts.labels(role, attempt.outcome.value).inc()
        self.model_seconds.labels(role).observe(attempt.seconds)
        if attempt.first_token_s is not None:
            self.first_token.labels(role).observe(attempt.first_token_s)
        if attempt.tokens_per_second is not None:
            self.token_speed.labels(role).observe(attempt.tokens_per_second)
        self.tokens.labels(role, "in").inc(attempt.used.tokens_in)
        self.tokens.labels(role, "out").inc(attempt.used.tokens_out)

    @contextmanager
    def recording(self, recorder: Recorder) -> Iterator[Recorder]:
        """One turn of a run: counted as worked on, and measured by what it records, until the end of the block."""
        with self.runs_working.track_inprogress():
            yield MetricsRecorder(recorder, self)


class MetricsRecorder:
    """A `Recorder` that counts what it hands on, of one turn of one run; safe to share between threads."""

    def __init__(self, inner: Recorder, metrics: Metrics) -> None:
        self._inner = inner
        self._metrics = metrics
        self._stays = Stays()
        self._lock = threading.Lock()

    def record(self, kind: str, **fields: Any) -> None:
        """Record the event; one that could not be recorded is not counted."""
        self._inner.record(kind, **fields)
        match kind:
            case "header":
                self._metrics.runs_started.inc()
            case "run_status":
                self._metrics.turns.labels(fields["status"]).inc()
            case "run_ended":
                self._metrics.runs_finished.labels(fields["status"]).inc()
            case "node_started":
                with self._lock:
                    self._stays.began(fields["node"])
            case "node_finished":
                self._stage_ended(fields["node"], fields.get("summary", {}), fields.get("error", ""))
            case "tool_call":
                error = fields.get("error")
                outcome = error["code"] if error else "ok"
                call = self._metrics.tool_seconds.labels(fields["server"], fields["tool"], outcome)
                call.observe(fields["seconds"])
                self._metrics.cost.inc(fields.get("cost", 0.0))
            case "model_call":
                self._metrics.cost.inc(fields.get("cost", 0.0))

    def _stage_ended(self, stage: str, summary: dict[str, Any], error: str) -> None:
        with self._lock:
            stay = self._stays.ended(stage, error)
        if stay:
            self._metrics.stage_seconds.labels(stage).observe(stay.seconds)
            if stay.failed:
                self._metrics.stage_errors.labels(stage).inc()
        if stage == JUDGES:
            for verdict, many in summary.get("verdicts", {}).items():
                self._metrics.candidates.labels(verdict).inc(many)


def exposition(registry: CollectorRegistry) -> tuple[bytes, str]:
    """What Prometheus scrapes, and its content type. Reads /proc: call it in a thread."""
    return generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4
