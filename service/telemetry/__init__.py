"""What a server says of itself: metrics for Prometheus, spans for an OpenTelemetry collector, a log of JSON lines.

All of it comes from HTTP exchanges and from the trace events that runs record anyway; none of it says what was asked.
"""

from service.telemetry.logs import bound, json_lines, logger
from service.telemetry.metrics import Metrics, exposition
from service.telemetry.requests import BESIDE, Requests
from service.telemetry.telemetry import Telemetry, open_telemetry

__all__ = [
    "BESIDE",
    "Metrics",
    "Requests",
    "Telemetry",
    "bound",
    "exposition",
    "json_lines",
    "logger",
    "open_telemetry",
]
