"""Where a tool server of another process is reached. Light to import: settings are read before anything is opened."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Endpoint:
    """An address, the token it wants, and `timeout_s`, the longest wait for one answer in seconds."""

    url: str
    token: str = field(repr=False)
    timeout_s: float = 300.0


def is_token(text: str) -> bool:
    """Whether this can be a bearer token: at least SHORTEST_TOKEN characters, all visible ASCII."""
    return len(text) >= SHORTEST_TOKEN and all("!" <= letter <= "~" for letter in text)


def is_loopback(host: str) -> bool:
    """Whether a host name or address never leaves this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
