"""Metrics and spans of one server as one object: what wraps its application and what listens to its runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.types import ASGIApp

from domain.ports import Recorder
from domain.values import RunId
from service.telemetry.export import open_tracer
from service.telemetry.logs import bound
from service.telemetry.metrics import Metrics
from service.telemetry.requests import Requests

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer


@dataclass(frozen=True)
class Telemetry:
    """Open with `open_telemetry`. `tracer` is None where no spans are sent."""

    metrics: Metrics
    tracer: Tracer | None = None

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application with its requests counted, timed, logged and traced. To be the outermost layer."""
        return Requests(app, self.metrics, self.tracer)

    @contextmanager
    def recording(self, recorder: Recorder, run_id: RunId) -> Iterator[Recorder]:
        """What listens to one turn of a run (`service.orchestrator.Recording`), until the end of the block."""
        with ExitStack() as stack:
            recorder = stack.enter_context(self.metrics.recording(recorder))
            ids: dict[str, str] = {}
            if self.tracer is not None:
                from service.telemetry.spans import turn  # noqa: PLC0415  imports OpenTelemetry

                spans = stack.enter_context(turn(recorder, self.tracer, run_id))
                recorder, ids = spans, spans.ids
            stack.enter_context(bound(run_id=run_id, **ids))
            yield recorder


@contextmanager
def open_telemetry(endpoint: str | None = None, version: str = "") -> Iterator[Telemetry]:
    """Telemetry until the end of the block. Spans are sent where `endpoint` or the standard's variables say."""
    with open_tracer(endpoint, version) as tracer:
        yield Telemetry(Metrics(), tracer)
