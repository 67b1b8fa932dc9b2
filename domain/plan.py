"""Plans and options: what will be drawn, and what it would cost."""

from __future__ import annotations

import unicodedata

from pydantic import Field

from domain.assets import AssetHit
from domain.candidate import Slot
from domain.composition import ProductGeometry, Scene
from domain.values import AssetId, Model, Money, Seconds, Share


class Prediction(Model):
    """What an option is expected to cost, take and yield. `history` is the number of recorded runs behind it.

    `pass_probability` is None below 20 recorded runs ("no history").
    """

    cost: Money
    seconds: Seconds
    pass_probability: Share | None = None
    history: int = 0


class Option(Model):
    """One way to do the work: captions, scenes and compositions plus generator, grid, judge depth and prediction."""

    name: str
    title: str
    generator: str
    slots: tuple[Slot, ...]
    judge_depth: str = "measured"
    ocr: bool = True
    prediction: Prediction


class Plan(Model):
    """Everything decided before drawing."""

    products: tuple[ProductGeometry, ...]
    cutouts: dict[AssetId, str] = Field(description="asset id to the digest of its cutout")
    scenes: tuple[Scene, ...]
    searched: dict[str, tuple[AssetHit, ...]] = {}
    left_out: tuple[str, ...] = Field(default=(), description="scenes not combined with this product, and why")
    cannot_draw: tuple[str, ...] = Field(default=(), description="asked for, and beyond the generator")
    options: tuple[Option, ...]
    caption_limit: int = Field(default=1024, description="characters of a caption that the generator takes")


class TextLimits(Model):
    """What words a generator can set: how many texts, characters in all and in one word, and which characters."""

    texts: int
    characters: int
    word: int
    glyphs: str

    def beyond(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Each text that cannot be set, as "the words “...” (why)"."""
        total = sum(len(text) for text in texts)
        found = []
        for number, text in enumerate(texts, start=1):
            letters = "".join(unicodedata.normalize("NFC", text).split())
            lacking = tuple(dict.fromkeys(c for c in letters if c not in self.glyphs))
            why = ""
            if lacking:
                why = f"no letters for {' '.join(lacking[:8])}"
            elif max((len(word) for word in text.split()), default=0) > self.word:
                why = f"a word of more than {self.word} letters"
            elif total > self.characters:
                why = f"{total} characters in all, {self.characters} at most"
            elif number > self.texts:
                why = f"{self.texts} texts at most"
            if why:
                found.append(f"the words “{text}” ({why})")
        return tuple(found)


class Capability(Model):
    """What a generator declares about itself. Without `text` it sets no words."""

    generator: str
    version: str
    caption_limit: int = 1024
    sizes_min: int = 256
    sizes_max: int = 4096
    can_draw: tuple[str, ...] = ()
    cannot_draw: tuple[str, ...] = ()
    text: TextLimits | None = None
    deterministic: bool = True
    price_per_image: Money = 0.0
    seconds_per_image: Seconds = 0.5
    cleared_for_confidential: bool = True
    ends: str | None = None
