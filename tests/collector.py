"""An OpenTelemetry collector for tests: takes spans over OTLP/HTTP and keeps them."""

from __future__ import annotations

from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


class Collector:
    """What a collector was sent: requests as they came, and the spans in them by name."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[dict[str, str]] = []
        self.app = Starlette(routes=[Route("/v1/traces", self.take, methods=["POST"])])

    async def take(self, request: Request) -> Response:
        self.requests.append(ExportTraceServiceRequest.FromString(await request.body()))
        self.headers.append(dict(request.headers))
        return Response(ExportTraceServiceResponse().SerializeToString(), media_type="application/x-protobuf")

    @property
    def spans(self) -> dict[str, Any]:
        scopes = [scope for sent in self.requests for held in sent.resource_spans for scope in held.scope_spans]
        return {span.name: span for scope in scopes for span in scope.spans}

    def attributes(self, name: str) -> dict[str, Any]:
        found = self.spans[name].attributes
        return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in found}
