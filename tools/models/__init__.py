"""The model gateway: one way to every language and vision model, on Bedrock or an OpenAI-compatible endpoint.

No storage: what is reserved, limited and logged comes in as ports. Prompts, and what answers are for, live elsewhere.
"""

from tools.models.bedrock import Bedrock
from tools.models.catalogue import Card, Known, Price, card
from tools.models.gateway import Gateway
from tools.models.none import NoModels
from tools.models.openai_chat import OpenAiChat
from tools.models.places import Place, Retention, places_for
from tools.models.seats import Seat, seats_for

__all__ = [
    "Bedrock",
    "Card",
    "Gateway",
    "Known",
    "NoModels",
    "OpenAiChat",
    "Place",
    "Price",
    "Retention",
    "Seat",
    "card",
    "places_for",
    "seats_for",
]
