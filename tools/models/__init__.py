"""The model gateway: one way to every language and vision model, on Bedrock or an OpenAI-compatible endpoint.

No storage: what is reserved, limited and logged comes in as ports. Prompts, and what answers are for, live elsewhere.
"""

from tools.models.none import NoModels

__all__ = ["NoModels"]
