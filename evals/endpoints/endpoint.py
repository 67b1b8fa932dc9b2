"""One server that speaks Bedrock's Converse and InvokeModel, chat completions and STS.

What it says is a function of what it is asked.
"""

from __future__ import annotations

import contextlib
import json
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, unquote

from evals.endpoints import chat, converse, invoke
from evals.endpoints.faults import Fault, Reply


@dataclass(frozen=True)
class Seen:
    """A request as it came."""

    speaks: str                             # "converse", "invoke", "chat" or "sts"
    model: str
    body: dict[str, Any]
    headers: dict[str, str] = field(repr=False)

    @property
    def text(self) -> str:
        """Every word of it, system and user."""
        said = [self.body.get(name) for name in ("system", "messages", "prompt")]
        return json.dumps(said, ensure_ascii=False)

    @property
    def access_key(self) -> str:
        """Whose signature it bears."""
        return self.headers.get("authorization", "").partition("Credential=")[2].partition("/")[0]


SPEAKERS = {"converse": converse, "invoke": invoke, "chat": chat}

Script = Callable[[Seen], Reply]


class _Server(ThreadingHTTPServer):
    """One that says nothing of callers who hang up, as those do who have waited long enough."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class ModelEndpoint:
    """Open with `with ModelEndpoint(script) as endpoint`. `url` is Bedrock's and STS's, `openai` the other's."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.seen: list[Seen] = []
        self.most_at_once = 0
        self.retention = "default"              # what the account says it keeps
        self._inside = 0
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *arguments: Any) -> None:
                pass

            def do_GET(self) -> None:
                kept = json.dumps({"mode": outer.retention}).encode()
                _send(self, 200, {"content-type": "application/json"}, kept)

            def do_POST(self) -> None:
                data = self.rfile.read(int(self.headers.get("content-length", 0)))
                with outer._counted(), contextlib.suppress(ConnectionError):
                    outer._answer(self, data)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self.openai = f"{self.url}/v1"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def calls(self) -> int:
        """Requests to models so far."""
        return sum(seen.speaks != "sts" for seen in self.seen)

    @contextlib.contextmanager
    def _counted(self) -> Any:
        with self._lock:
            self._inside += 1
            self.most_at_once = max(self.most_at_once, self._inside)
        try:
            yield
        finally:
            with self._lock:
                self._inside -= 1

    def _answer(self, http: BaseHTTPRequestHandler, data: bytes) -> None:
        headers = {name.lower(): value for name, value in http.headers.items()}
        if b"Action=AssumeRole" in data:
            form = {name: values[0] for name, values in parse_qs(data.decode()).items()}
            self.seen.append(Seen("sts", form["RoleArn"], dict(form), headers))
            key = "ASIA" + form["RoleArn"].rpartition("/")[2].upper()
            _send(http, 200, {"content-type": "text/xml"}, converse.STS.format(key=key).encode())
            return
        body = json.loads(data)
        if http.path.startswith("/model/"):
            model, _, operation = http.path.removeprefix("/model/").rpartition("/")
            speaks = operation.partition("-")[0]
            seen = Seen(speaks, unquote(model), body, headers)
            streamed, kind = operation != speaks, "application/vnd.amazon.eventstream"
        else:
            seen = Seen("chat", body["model"], body, headers)
            streamed, kind = bool(body.get("stream")), "text/event-stream"
        speaker: Any = SPEAKERS[seen.speaks]
        with self._lock:
            self.seen.append(seen)
        reply = self.script(seen)
        self._stopping.wait(reply.after_s)
        if reply.fault is Fault.RESET:
            http.close_connection = True
            http.connection.close()
        elif reply.fault is Fault.SILENT:
            self._stopping.wait(30)
            http.close_connection = True
        elif reply.fault is Fault.DRIPS:
            self._drip(http, kind if streamed else "application/json")
        elif reply.fault is Fault.BREAKS_IN and streamed:
            _stream(http, kind, speaker.breaking(speaker.stream(body, reply)))
        elif reply.fault in {Fault.GARBAGE, Fault.BREAKS_OFF, Fault.BREAKS_IN}:
            whole = b"".join(speaker.stream(body, reply)) if streamed else speaker.whole(body, reply)
            body_sent = b"[17, \x00\xff" if reply.fault is Fault.GARBAGE else whole[: len(whole) // 2]
            _send(http, 200, {"content-type": kind if streamed else "application/json"}, body_sent)
        elif (error := speaker.error(reply)) is not None:
            _send(http, error[0], {"content-type": "application/json", **error[1]}, error[2])
        elif streamed:
            _stream(http, kind, speaker.stream(body, reply))
        else:
            headers = {"content-type": "application/json", **speaker.headers_of(reply)}
            _send(http, 200, headers, speaker.whole(body, reply))

    def _drip(self, http: BaseHTTPRequestHandler, kind: str) -> None:
        """One space after the other, each long before a socket's time-out."""
        http.send_response(200)
        http.send_header("content-type", kind)
        http.send_header("content-length", "100000")
        http.end_headers()
        until = time.monotonic() + 30
        while time.monotonic() < until and not self._stopping.wait(0.05):
            http.wfile.write(b" ")
            http.wfile.flush()
        http.close_connection = True


def _send(http: BaseHTTPRequestHandler, status: int, headers: dict[str, str], body: bytes) -> None:
    http.send_response(status)
    for name, value in headers.items():
        http.send_header(name, value)
    http.send_header("content-length", str(len(body)))
    http.end_headers()
    http.wfile.write(body)


def _stream(http: BaseHTTPRequestHandler, kind: str, pieces: list[bytes]) -> None:
    http.send_response(200)
    http.send_header("content-type", kind)
    http.send_header("connection", "close")
    http.end_headers()
    for piece in pieces:
        http.wfile.write(piece)
        http.wfile.flush()
    http.close_connection = True
