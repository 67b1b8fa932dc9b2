"""The transports there are, one a provider."""

from __future__ import annotations

from domain.models import Provider
from tools.models.bedrock import Clients
from tools.models.bedrock_converse import Converse
from tools.models.bedrock_invoke import Invoke
from tools.models.exchange import Transport
from tools.models.openai_chat import OpenAiChat


def transports() -> dict[Provider, Transport]:
    """A transport for each way to reach a model; none of them has opened anything yet."""
    clients = Clients()
    return {
        Provider.BEDROCK_CONVERSE: Converse(clients),
        Provider.BEDROCK_INVOKE: Invoke(clients),
        Provider.OPENAI: OpenAiChat(),
    }
