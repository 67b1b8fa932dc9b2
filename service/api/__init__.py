"""The HTTP API: what programs call. Routes turn requests into calls of the studio and its answers into resources.

What a caller may do is decided in `service/studio.py`, who calls in `service/auth`; no rule of either is repeated here.
"""

from service.api.app import build

__all__ = ["build"]
