"""One tool server as a process of its own, until it is told to stop."""

from __future__ import annotations

import asyncio
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.server import HANDLED_SIGNALS

from domain.errors import Misconfigured
from mcp_servers.asked import TellsModelCalls
from mcp_servers.connect import BUILD
from mcp_servers.endpoint import is_loopback
from mcp_servers.serve import LOOPBACK_NAMES, PATH, application
from service.heading import CODE_VERSION
from service.settings import Settings
from service.telemetry.export import open_tracer
from service.wiring import wire

DRAIN_SECONDS = 30
"""What calls under way get to end in after SIGTERM; the longest, waiting for a drawing, takes 20."""

MOST_CONNECTIONS = 256
"""Connections held at the same time; one more is answered 503."""


@dataclass(frozen=True)
class Listening:
    """Where a tool server is to listen, and under which names. Certificate and key (PEM files) make it speak TLS."""

    host: str
    port: int
    host_names: tuple[str, ...] = ()
    certificate: Path | None = None
    key: Path | None = None

    def url(self, port: int) -> str:
        """Where it listens, without a path."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self.certificate else 'http'}://{host}:{port}"

    def names(self) -> Sequence[str]:
        """The names requests may be addressed to.

        Raises Misconfigured when listening everywhere without any, and for a key without its certificate.
        """
        if self.key and not self.certificate:
            raise Misconfigured(
                "a key without its certificate cannot be used", where="--tls-key", hint="give --tls-certificate too"
            )
        if self.host_names:
            return self.host_names
        if is_loopback(self.host):
            return LOOPBACK_NAMES
        if self.host in {"0.0.0.0", "::"}:
            raise Misconfigured(
                "a server that listens everywhere must know its own names",
                where="--host",
                hint="name them: --allow-host judges.example, as its clients' URL has it",
            )
        return (f"[{self.host}]" if ":" in self.host else self.host,)


class Stopping(uvicorn.Server):
    """Ends calls under way before it stops; `on_stop` is told as soon as it is to."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None], on_stop: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start
        self._on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """As uvicorn's; then whoever waits for the server is told."""
        await super().startup(sockets)
        self._on_start()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """As uvicorn's, without killing this process by the same signal afterwards: a drained server ends well."""
        before = {number: signal.signal(number, self.handle_exit) for number in HANDLED_SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """SIGTERM or SIGINT: once to drain, twice to stop now."""
        self._on_stop()
        super().handle_exit(sig, frame)


def serve(
    name: str, settings: Settings, token: str, listening: Listening, on_start: Callable[[str], None]
) -> None:
    """Serve a tool server over the home of the settings until SIGTERM; `on_start` is told its URL.

    Raises Misconfigured for a token or host that will not do, StorageFailed when the home or the port cannot be opened.
    """
    names = listening.names()
    wired = wire(settings)
    try:
        server = BUILD[name](wired.workshop)
        server.middleware.append(TellsModelCalls())
        app = application(server, token, names)
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MOST_CONNECTIONS,
            timeout_graceful_shutdown=DRAIN_SECONDS,
            ssl_certfile=listening.certificate,
            ssl_keyfile=listening.key,
        )
        with listener(listening) as listens, open_tracer(settings.telemetry.endpoint, CODE_VERSION) as tracer:
            if tracer is not None:
                from service.telemetry.tool_spans import ToolSpans  # noqa: PLC0415  imports OpenTelemetry

                server.middleware.append(ToolSpans(name, tracer))
            url = listening.url(listens.getsockname()[1]) + PATH
            stopping = Stopping(config, lambda: on_start(url), wired.workshop.stopping.set)
            asyncio.run(stopping.serve(sockets=[listens]))
    finally:
        wired.close()


def listener(listening: Listening) -> socket.socket:
    """The socket; its queue takes calls from now on. Raises Misconfigured when address or port cannot be had."""
    family = socket.AF_INET6 if ":" in listening.host else socket.AF_INET
    # asyncio turns Nagle's algorithm off only where the protocol is named; with it on, a call waits 40 ms for an ACK.
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((listening.host, listening.port))
        made.listen(128)
        return made
    except OSError as error:
        made.close()
        raise Misconfigured(
            f"cannot listen on {listening.host}:{listening.port}: {error.strerror}",
            where="--host or --port",
            hint="give another port; 0 takes a free one",
        ) from error
