"""Endpoints that speak as the real ones do, with faults on demand: real HTTP on loopback, no model behind."""

from evals.endpoints.endpoint import ModelEndpoint, Seen
from evals.endpoints.faults import Fault, Reply

__all__ = ["Fault", "ModelEndpoint", "Reply", "Seen"]
