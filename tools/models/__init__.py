"""The model gateway: one way to every language and vision model, on Bedrock or an OpenAI-compatible endpoint.

No storage: what is reserved, limited and logged comes in as ports. Prompts, and what answers are for, live elsewhere.
What is exported here loads quickly, for settings; gateway and transports are imported from their modules.
"""

from tools.models.catalogue import Card, Known, Price, card
from tools.models.none import NoModels
from tools.models.places import Place, Retention, places_for

__all__ = [
    "Card",
    "Known",
    "NoModels",
    "Place",
    "Price",
    "Retention",
    "card",
    "places_for",
]
