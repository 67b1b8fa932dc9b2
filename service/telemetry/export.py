"""Where spans go: an OpenTelemetry collector over OTLP/HTTP, where one is named; otherwise nothing is even imported."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

STANDARD = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
"""The standard's own variables; headers (OTEL_EXPORTER_OTLP_HEADERS), certificates, sampler, resource attributes and
OTEL_SDK_DISABLED are read by the SDK in the same way."""

PATH = "/v1/traces"
SEND_WITHIN_S = 3.0
"""Longest wait for the collector, also at the end of the process: a dead collector must not hold a drain up."""


@contextmanager
def open_tracer(endpoint: str | None, version: str) -> Iterator[Tracer | None]:
    """A tracer until the end of the block, when what is left is sent; None when no endpoint is set.

    `endpoint` is the collector's base URL (http://127.0.0.1:4318); the standard's variables count when it is None.
    """
    if endpoint is None and not any(os.environ.get(name) for name in STANDARD):
        yield None
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
    from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    url = None if endpoint is None else endpoint.rstrip("/") + PATH
    name = os.environ.get("OTEL_SERVICE_NAME") or "onbrand"
    resource = Resource.create({"service.name": name, "service.version": version})
    provider = TracerProvider(resource=resource, shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=url, timeout=SEND_WITHIN_S)))
    try:
        yield provider.get_tracer("onbrand", version)
    finally:
        sending = threading.Thread(target=provider.shutdown, name="last spans", daemon=True)
        sending.start()
        sending.join(SEND_WITHIN_S)
