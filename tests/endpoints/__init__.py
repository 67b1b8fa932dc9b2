"""Endpoints for tests that speak as the real ones do, with faults on demand: real HTTP on loopback, no model behind."""

from tests.endpoints.endpoint import ModelEndpoint, Seen
from tests.endpoints.faults import Fault, Reply

__all__ = ["Fault", "ModelEndpoint", "Reply", "Seen"]
