"""Amazon Bedrock by InvokeModel, through LangChain's ChatBedrock, which knows each family's body.

For models that Converse does not serve: imported and custom ones, provisioned throughput, SageMaker endpoints. The
client is ours (retries off, the place's role, region and endpoint), and notes what ChatBedrock drops of an answer
(`invoke_wire`). Whatever would send a question elsewhere, keep it or log it is off: LangSmith, LangChain's cache, its
logs.
"""

from __future__ import annotations

import base64
import logging
import re
import time
from functools import lru_cache
from typing import Any

from domain.model_calls import Outcome
from domain.models import Ask, ImagePart
from domain.values import Seconds
from tools.models.bedrock import Clients, failing_as, metadata_of
from tools.models.exchange import LONGEST_ANSWER, MALFORMED, Form, Raw, Request, Stop, WireFailure
from tools.models.families import Family, family_of
from tools.models.invoke_wire import TooLong, Watched
from tools.models.places import Place

_TURN_MARKS = re.compile(r"<\|(?=[^|<>\s]{1,40}\|>)|\[(?=/?INST\])|<(?=</?SYS>>)|<(?=/?s>)")
"""The beginnings of what marks turns in Meta's and Mistral's prompts."""


class Invoke:
    """Implements `Transport` for InvokeModel and InvokeModelWithResponseStream."""

    def __init__(self, clients: Clients) -> None:
        self._clients = clients

    def send(self, place: Place, request: Request, seconds: Seconds) -> Raw:
        """Make one attempt. Raises WireFailure."""
        from langsmith import tracing_context  # noqa: PLC0415  loads where InvokeModel is configured

        family = family_of(request.base_model)
        if family is None:
            raise WireFailure(Outcome.REJECTED, f"how to speak to {request.base_model} is not known")
        with failing_as("InvokeModel"), tracing_context(enabled=False):
            wire = Watched(self._clients.of(place), seconds)
            try:
                chat = chat_model(place, request, family, wire)
                said = messages(request, family)
                return gathered(chat.stream(said), wire) if request.stream else whole(chat.invoke(said), wire, request)
            except MALFORMED:
                if wire.stop is not Stop.GUARDRAIL:         # which may leave hardly anything of the body
                    raise
                return _raw(wire, "")
            except TooLong:
                return _raw(wire, "x" * (LONGEST_ANSWER + 1), stop=Stop.DONE)
            finally:
                wire.close()

    def close(self) -> None:
        """Let go of connections."""
        self._clients.close()


@lru_cache(maxsize=1)
def _chat_bedrock() -> Any:
    """LangChain's class. Its logs are off: they hold whole questions, and tracebacks of what is told as an outcome."""
    from langchain_aws.chat_models.bedrock import ChatBedrock  # noqa: PLC0415  1.4 s, where InvokeModel is configured

    logging.getLogger("langchain_aws").setLevel(logging.CRITICAL + 1)
    return ChatBedrock


def chat_model(place: Place, request: Request, family: Family, wire: Watched) -> Any:
    """LangChain's chat model for one attempt, with the tool bound that it must call if the answer takes that form.

    The control plane's client is never called with the base model given; without one, it would be made with the
    environment's own credentials.
    """
    guardrail, _, version = place.guardrail.partition(":")
    model = _chat_bedrock()(
        client=wire,
        bedrock_client=wire,
        model=request.model,
        base_model=request.base_model,
        provider=family.name,
        beta_use_converse_api=False,
        max_tokens=request.longest,
        temperature=request.temperature,
        guardrails={"guardrailIdentifier": guardrail, "guardrailVersion": version},
        request_metadata=metadata_of(request.ask),
        output_version="v0",
        cache=False,
        verbose=False,
    )
    if request.form is not Form.TOOL:
        return model
    tool = {"name": request.name, "description": "The answer.", "input_schema": request.schema}
    return model.bind(tools=[tool], tool_choice={"type": "tool", "name": request.name})


def messages(request: Request, family: Family) -> list[Any]:
    """The ask as LangChain's messages. Where turns are marked in the text, no text of ours may hold such a mark."""
    from langchain_core.messages import HumanMessage, SystemMessage  # noqa: PLC0415

    ask = request.ask
    if family.marks:
        texts = [part.text for part in ask.parts if not isinstance(part, ImagePart)]
        said = "\n\n".join([*texts, request.more] if request.more else texts)
        return [SystemMessage(unmarked(ask.system)), HumanMessage(unmarked(said))]
    system: dict[str, Any] = {"type": "text", "text": ask.system}
    if request.cache:
        system["cache_control"] = {"type": "ephemeral"}
    return [SystemMessage([system] if request.cache else ask.system), HumanMessage(_content(ask, request.more))]


def _content(ask: Ask, more: str) -> list[Any]:
    content: list[Any] = []
    for part in ask.parts:
        if isinstance(part, ImagePart):
            data = base64.b64encode(part.data).decode("ascii")
            content.append({"type": "image_url", "image_url": {"url": f"data:{part.media_type};base64,{data}"}})
        else:
            content.append({"type": "text", "text": part.text})
    return [*content, {"type": "text", "text": more}] if more else content


def unmarked(text: str) -> str:
    """A text in which nothing reads as the end of a turn: words of a request or a picture must not end ours."""
    return _TURN_MARKS.sub(lambda found: found[0] + " ", text)


def whole(answer: Any, wire: Watched, request: Request) -> Raw:
    """An answer that came in one piece."""
    value = answer.tool_calls[0]["args"] if answer.tool_calls and request.form is Form.TOOL else None
    return _raw(wire, str(answer.text), value)


def gathered(chunks: Any, wire: Watched) -> Raw:
    """An answer that came in pieces. Arguments of a tool come as text, which may be broken: the reader copes."""
    text: list[str] = []
    arguments: list[str] = []
    first, size, began = None, 0, time.monotonic()
    for chunk in chunks:
        called = "".join(str(piece.get("args") or "") for piece in getattr(chunk, "tool_call_chunks", ()))
        said = called or str(chunk.text)
        if said:
            first = time.monotonic() - began if first is None else first
            (arguments if called else text).append(said)
            size += len(said)
        if size > LONGEST_ANSWER:
            raise TooLong
    wire.drain()
    return _raw(wire, "".join(arguments or text), first=first)


def _raw(
    wire: Watched, text: str, value: Any = None, *, first: Seconds | None = None, stop: Stop | None = None
) -> Raw:
    stop = wire.stop or stop
    if stop is None:
        raise WireFailure(Outcome.DOWN, "the answer broke off", billed=True)
    counts = wire.counts
    cached, written = counts.get("cached", 0), counts.get("written", 0)
    fresh = counts.get("tokens_in")
    return Raw(
        stop=stop,
        text=text,
        value=value,
        tokens_in=None if fresh is None else fresh + cached + written,
        tokens_out=counts.get("tokens_out"),
        cached=cached,
        written=written,
        first_token_s=first,
    )
