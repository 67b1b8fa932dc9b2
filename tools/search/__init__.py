"""Search: text and pictures to vectors, and which assets and scenes fit what was asked.

Pure functions over assets and scenes; where they are kept and indexed is the library's matter.
"""

from tools.search.embedding import StaticEmbedder, text_embedder
from tools.search.ranking import (
    FLOOR,
    AssetRanker,
    SceneMatch,
    find_products,
    fits,
    rank_scenes,
    search_scenes,
)
from tools.search.sentence_model import SentenceModel
from tools.search.visual import VisualDescriptor

__all__ = [
    "FLOOR",
    "AssetRanker",
    "SceneMatch",
    "SentenceModel",
    "StaticEmbedder",
    "VisualDescriptor",
    "find_products",
    "fits",
    "rank_scenes",
    "search_scenes",
    "text_embedder",
]
