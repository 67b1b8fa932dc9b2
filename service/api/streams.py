"""What happens to a run, as server-sent events: resumable, with a sign of life, and an end."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack
from typing import Annotated

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from domain.access import Caller
from domain.errors import OnbrandError
from domain.run import FINISHED, Failure, can_go_on
from domain.studio import RunEvent, RunSummary
from domain.values import RunId, Seconds
from service.api.parts import Api, Parts
from service.api.problems import shown_failure
from service.api.runs import RunPath
from service.api.signed_in import Calling

router = APIRouter(prefix="/v1/runs", tags=["runs"])

COME_BACK_MS = 2000
LAST_LOOK_S: Seconds = 20.0
"""How long a finished run's log is waited for before it is said that nothing will come: longer than its quiet time."""

PARTING_S: Seconds = 0.5
"""How long a log may be quiet once the server shuts down before its stream ends: what it holds is told first."""

HEADERS = {"X-Accel-Buffering": "no"}
"""A proxy that gathers a stream before it passes it on would hold back what is news."""

EVENT = {
    "type": "object",
    "description": "one event of the stream",
    "properties": {
        "id": {"type": "string", "pattern": "^[0-9]+$", "description": "to resume after"},
        "event": {"type": "string", "examples": ["stage.started"]},
        "data": {
            "type": "string",
            "contentMediaType": "application/json",
            "contentSchema": RunEvent.model_json_schema(),
            "examples": ['{"n":3,"event":"run.status","at":0.4,"data":{"status":"review"}}'],
        },
        "retry": {"type": "integer"},
    },
}

_log = logging.getLogger("onbrand.api")


@router.get(
    "/{run_id}/events", operation_id="followRun", response_class=StreamingResponse,
    responses={
        200: {
            "description": "events: `id` is the number to resume after, `data` a JSON document",
            "content": {"text/event-stream": {"schema": EVENT}},
        },
        204: {"description": "the run is over and everything was told: do not come back"},
    },
)  # fmt: skip
async def events(
    run_id: RunPath,
    calling: Calling,
    api: Api,
    last_event_id: Annotated[
        int | None, Header(ge=-1, le=2**53, description="resume after this event; browsers send it by themselves")
    ] = None,
) -> Response:
    """Follow a run. Events after Last-Event-ID come at once, then as they happen, until the run is over.

    A comment comes every 15 seconds when nothing else does. The server ends a stream after ten minutes, and when it
    shuts down: come back with Last-Event-ID, as browsers do by themselves, and nothing is missed.
    """
    after = -1 if last_event_id is None else last_event_id
    summary = await api.studio.run(calling, run_id)
    async with AsyncExitStack() as held:
        held.enter_context(api.streams.place(calling.principal.id))
        stream = Stream(api, calling, run_id, after)
        held.push_async_callback(stream.close)
        if is_finished(summary) and await stream.has_nothing():
            return Response(status_code=204)
        return Following(stream.frames(), held.pop_all())


def is_finished(run: RunSummary) -> bool:
    """Whether nothing more will happen to a run by itself."""
    return run.status in FINISHED and not can_go_on(run.status, run.failure)


class Following(StreamingResponse):
    """A stream that lets go of what it holds however it ends, also before its first byte."""

    def __init__(self, frames: AsyncIterator[bytes], held: AsyncExitStack) -> None:
        super().__init__(frames, media_type="text/event-stream", headers=HEADERS)
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the stream, the client or the server ends."""
        async with self._held:
            await super().__call__(scope, receive, send)


class Stream:
    """One client's view of one run's events. Always `close`."""

    def __init__(self, api: Parts, caller: Caller, run_id: RunId, after: int) -> None:
        self._api = api
        self._run_id = run_id
        self._events = api.studio.events(caller, run_id, after)
        self._upcoming = asyncio.create_task(self._next())
        self._draining = asyncio.create_task(api.draining.wait())

    async def has_nothing(self) -> bool:
        """Whether the log of a finished run ends without another event."""
        await self._news(LAST_LOOK_S)
        return self._upcoming.done() and self._upcoming.result() is None

    async def frames(self) -> AsyncIterator[bytes]:
        """The stream as bytes: events, signs of life, and an end when the run, the time or the server is over."""
        ends = time.monotonic() + self._api.longest_stream
        yield b"retry: %d\n\n" % COME_BACK_MS
        while (left := ends - time.monotonic()) > 0:
            if not await self._news(min(self._api.heartbeat, left)):
                yield b": still here\n\n"
            elif not self._upcoming.done():
                return                                       # the server is shutting down
            else:
                try:
                    event = self._upcoming.result()
                except OnbrandError as error:
                    _log.warning("the events of %s broke off: %s", self._run_id, error)
                    return
                if event is None:
                    return
                yield framed(event)
                self._upcoming = asyncio.create_task(self._next())

    async def close(self) -> None:
        """Let go of the run's log."""
        for task in (self._upcoming, self._draining):
            task.cancel()
        await asyncio.gather(self._upcoming, self._draining, return_exceptions=True)
        if isinstance(self._events, AsyncGenerator):
            await self._events.aclose()

    async def _news(self, seconds: Seconds) -> bool:
        """Wait for an event, the log's end or the server's; False after so many seconds without any."""
        if not self._draining.done():
            tasks = {self._upcoming, self._draining}
            await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if self._draining.done():
            await asyncio.wait({self._upcoming}, timeout=min(seconds, PARTING_S))
            return True
        return self._upcoming.done()

    async def _next(self) -> RunEvent | None:
        return await anext(self._events, None)


def framed(event: RunEvent) -> bytes:
    """An event as a browser's EventSource reads it."""
    data = event.data
    if event.event == "run.ended" and data.get("failure"):
        data = {**data, "failure": shown_failure(Failure.model_validate(data["failure"])).model_dump()}
    told = json.dumps({"n": event.n, "event": event.event, "at": event.at, "data": data}, separators=(",", ":"))
    return f"id: {event.n}\nevent: {event.event}\ndata: {told}\n\n".encode()
