"""Where a tool server listens, and under which names."""

from __future__ import annotations

import asyncio
import socket

import pytest

from domain.errors import Misconfigured
from service.tool_server import Listening, listener


async def test_answers_are_sent_at_once() -> None:
    met = asyncio.get_running_loop().create_future()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        here = writer.get_extra_info("socket")
        met.set_result(here.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        writer.close()

    listens = listener(Listening("127.0.0.1", 0))
    server = await asyncio.start_server(meet, sock=listens)
    _, writer = await asyncio.open_connection(*listens.getsockname())
    assert await met, "each answer would wait for the acknowledgement of its head"
    writer.close()
    await writer.wait_closed()
    server.close()


def test_a_port_that_is_taken_is_told() -> None:
    with listener(Listening("127.0.0.1", 0)) as taken:
        with pytest.raises(Misconfigured, match="cannot listen") as caught:
            listener(Listening("127.0.0.1", taken.getsockname()[1]))
        assert "--port" in caught.value.hint + caught.value.where


@pytest.mark.parametrize(
    ("host", "given", "names"),
    [
        ("127.0.0.1", (), ("127.0.0.1", "localhost", "[::1]")),
        ("::1", (), ("127.0.0.1", "localhost", "[::1]")),
        ("10.0.0.5", (), ("10.0.0.5",)),
        ("fd00::5", (), ("[fd00::5]",)),
        ("0.0.0.0", ("judges.example",), ("judges.example",)),
        ("127.0.0.1", ("judges.example",), ("judges.example",)),
    ],
)
def test_a_server_answers_to_its_own_names(host: str, given: tuple[str, ...], names: tuple[str, ...]) -> None:
    assert tuple(Listening(host, 0, given).names()) == names


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_a_server_that_listens_everywhere_must_be_told_its_names(host: str) -> None:
    with pytest.raises(Misconfigured, match="own names"):
        Listening(host, 0).names()
