"""Record how a coding assistant works with the studio server: real calls, real answers, as Markdown.

`python -m evals.mcp_session > docs/mcp-session.md` starts `onbrand mcp` over a home of its own, plays assistant and
person, and prints the session. Twice: a client that shows forms, and one with nothing but tools.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mcp import Client
from mcp.client.stdio import StdioServerParameters
from mcp.types import CallToolResult, ElicitRequestParams, ElicitResult, ImageContent, ResourceLink, TextContent

REQUEST = "our blood-orange can on a sunlit terrace at golden hour, for Instagram"
HEADING = """# A recorded session

Made by `python -m evals.mcp_session > docs/mcp-session.md`: the real server over stdio, an assistant played by the
script, every answer as it came. Images are shown as their size, progress once for each thing that is being done, and
`HOME` stands for the folder of the home.
"""


@dataclass
class Transcript:
    """What was said so far; `home` is told as HOME."""

    home: str
    lines: list[str] = field(default_factory=list)

    def say(self, *paragraphs: str) -> None:
        """Write paragraphs down."""
        for paragraph in paragraphs:
            self.lines += [paragraph.replace(self.home, "HOME"), ""]

    def block(self, text: str, kind: str = "text") -> None:
        """Write something down as it is."""
        self.say(f"```{kind}\n{text}\n```")

    async def call(self, client: Client, tool: str, **arguments: Any) -> CallToolResult:
        """Call a tool, and write down call, progress and answer."""
        told: list[str] = []

        async def on_progress(progress: float, total: float | None, message: str | None) -> None:
            doing = (message or "").partition(" (")[0]
            if not told or not told[-1].endswith(f": {doing}"):
                told.append(f"progress {progress:.0f}: {doing}")

        given = ", ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in arguments.items())
        self.say(f"**Assistant calls** `{tool}({given})`")
        result = await client.call_tool(tool, arguments, progress_callback=on_progress)
        self.block("\n".join([*told, *map(shown, result.content)]))
        return result


def shown(block: Any) -> str:
    """A block of content as a line."""
    match block:
        case TextContent():
            return block.text
        case ImageContent():
            return f"[{block.mime_type}, {len(block.data) * 3 // 4 // 1000} kB]"
        case ResourceLink():
            return f"[link {block.name}: {block.uri[:44]}{'…' if len(block.uri) > 44 else ''}]"
        case _:
            return f"[{block.type}]"


class Person:
    """The person in front of the client, who says what the script has them say."""

    def __init__(self, transcript: Transcript, says: Mapping[str, Any]) -> None:
        self._transcript = transcript
        self._says = says

    async def __call__(self, context: Any, params: ElicitRequestParams) -> ElicitResult:
        """Fill in a form: what the script says, else the default."""
        fields: dict[str, Any] = params.requested_schema["properties"]  # type: ignore[union-attr]
        defaults = {name: form["default"] for name, form in fields.items() if "default" in form}
        filled = defaults | {name: value for name, value in self._says.items() if name in fields}
        self._transcript.say("**The person is shown a form**")
        self._transcript.block(params.message)
        self._transcript.say(f"and sends it with `{json.dumps(filled)}`.")
        return ElicitResult(action="accept", content=filled)


async def finished(transcript: Transcript, client: Client, result: CallToolResult) -> CallToolResult:
    """Stay with a run until it is the person's turn."""
    while (result.structured_content or {})["status"] == "working":
        run_id = (result.structured_content or {})["run_id"]
        result = await transcript.call(client, "get_run", run_id=run_id, wait_seconds=45)
    return result


async def with_forms(transcript: Transcript, server: StdioServerParameters) -> None:
    """From request to publication, with a client that shows forms."""
    transcript.say("## With a client that shows forms (protocol 2025-11-25)")
    person = Person(transcript, {"market": "SE", "option": "quick", "publish": True})
    async with Client(server, mode="legacy", elicitation_callback=person) as client:
        transcript.say(f"**The person says** “{REQUEST}”")
        await transcript.call(client, "search_assets", text="blood orange can", kind="product", limit=2)
        result = await transcript.call(client, "create_image", request=REQUEST)
        result = await finished(transcript, client, result)
        run_id = (result.structured_content or {})["run_id"]
        transcript.say("**The person says** “the can a bit bigger, please”")
        result = await transcript.call(client, "refine_image", run_id=run_id, feedback="the can a bit bigger, please")
        await finished(transcript, client, result)
        transcript.say("**The person says** “publish the first one”")
        await transcript.call(client, "approve_image", run_id=run_id)
        await transcript.call(client, "get_run", run_id=run_id)


async def with_tools_alone(transcript: Transcript, server: StdioServerParameters) -> None:
    """The same with a client that has nothing but tools: questions come as results, approval stays outside."""
    transcript.say("## With a client that has nothing but tools (protocol 2026-07-28)")
    async with Client(server, mode="auto") as client:
        result = await transcript.call(client, "create_image", request=REQUEST, option="quick")
        run_id = (result.structured_content or {})["run_id"]
        transcript.say("**The assistant asks; the person says** “Sweden”")
        result = await transcript.call(client, "answer_question", run_id=run_id, answers={"market": "Sweden"})
        await finished(transcript, client, result)
        await transcript.call(client, "approve_image", run_id=run_id)
        transcript.say("A mistake, and what the assistant is told:")
        await transcript.call(client, "create_image", request=REQUEST, market="SE")


async def record() -> str:
    """The session as Markdown."""
    with tempfile.TemporaryDirectory() as home:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("ONBRAND_")}
        server = StdioServerParameters(
            command=sys.executable,
            args=["-m", "service.cli.app", "mcp"],
            env=environment | {"ONBRAND_HOME": home, "USER": "anna"},
        )
        transcript = Transcript(str(Path(home)), [HEADING])
        await with_forms(transcript, server)
        await with_tools_alone(transcript, server)
        return "\n".join(transcript.lines).rstrip() + "\n"


if __name__ == "__main__":
    sys.stdout.write(asyncio.run(record()))
