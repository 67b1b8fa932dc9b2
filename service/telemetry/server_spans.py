"""The span of one HTTP request, in the trace of its caller if that names one (W3C traceparent)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from opentelemetry.trace import Span, SpanKind, Status, StatusCode, Tracer, format_span_id, format_trace_id, use_span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.datastructures import Headers

_CALLERS = TraceContextTextMapPropagator()


@dataclass(frozen=True)
class ServerSpan:
    """The span of a request under way."""

    span: Span
    method: str

    @property
    def ids(self) -> dict[str, str]:
        """Trace and span id as log lines carry them."""
        context = self.span.get_span_context()
        return {"trace_id": format_trace_id(context.trace_id), "span_id": format_span_id(context.span_id)}

    def answered(self, route: str, status: int, error: str) -> None:
        """Say how it ended; `error` is the type of what the application raised, if it did."""
        self.span.update_name(f"{self.method} {route}")
        self.span.set_attribute("http.route", route)
        self.span.set_attribute("http.response.status_code", status)
        if error or status >= 500:
            self.span.set_attribute("error.type", error or str(status))
            self.span.set_status(Status(StatusCode.ERROR))


@contextmanager
def server_span(tracer: Tracer, method: str, headers: Headers) -> Iterator[ServerSpan]:
    """A span until the end of the block, current within it. `answered` is to be called last."""
    carrier = {name: headers[name] for name in ("traceparent", "tracestate") if name in headers}
    span = tracer.start_span(
        method, _CALLERS.extract(carrier), SpanKind.SERVER, {"http.request.method": method}
    )
    with use_span(span, end_on_exit=True, record_exception=False, set_status_on_exception=False):
        yield ServerSpan(span, method)
