"""A person's remarks routed by a model to changes there are; how far each goes is computed by the built-in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal

from domain.candidate import Candidate
from domain.values import Model
from tools.language.writer import described


class Wanted(StrEnum):
    """Every change that can be asked for."""

    PRODUCT_LARGER = "product_larger"
    PRODUCT_SMALLER = "product_smaller"
    MOVE_LEFT = "move_left"
    MOVE_RIGHT = "move_right"
    MOVE_UP = "move_up"
    MOVE_DOWN = "move_down"
    MOVE_TO_MIDDLE = "move_to_middle"
    STRAIGHTEN = "straighten"
    STAND_ON_GROUND = "stand_on_ground"
    BRIGHTER = "brighter"
    DARKER = "darker"
    WARMER = "warmer"
    COOLER = "cooler"
    MORE_CONTRAST = "more_contrast"
    LESS_CONTRAST = "less_contrast"
    MORE_COLOUR = "more_colour"
    LESS_COLOUR = "less_colour"
    MORE_SHADOW = "more_shadow"
    LESS_SHADOW = "less_shadow"
    MORE_REFLECTION = "more_reflection"
    LESS_REFLECTION = "less_reflection"
    MORE_BLUR = "more_blur"
    LESS_BLUR = "less_blur"
    MORE_GRAIN = "more_grain"
    LESS_GRAIN = "less_grain"
    OTHER_SCENE = "other_scene"
    SCENE_IN_PLACE = "scene_in_place"
    MIRROR_SCENE = "mirror_scene"
    WORDS_LARGER = "words_larger"
    WORDS_SMALLER = "words_smaller"
    WORDS_TOP = "words_top"
    WORDS_BOTTOM = "words_bottom"
    WORDS_LEFT = "words_left"
    WORDS_RIGHT = "words_right"
    WITHOUT_WORDS = "without_words"


PLAIN = {
    Wanted.PRODUCT_LARGER: "bigger", Wanted.PRODUCT_SMALLER: "smaller",
    Wanted.MOVE_LEFT: "move it left", Wanted.MOVE_RIGHT: "move it right",
    Wanted.MOVE_UP: "move it up", Wanted.MOVE_DOWN: "move it down", Wanted.MOVE_TO_MIDDLE: "in the middle",
    Wanted.STRAIGHTEN: "straighten it", Wanted.STAND_ON_GROUND: "it floats",
    Wanted.BRIGHTER: "brighter", Wanted.DARKER: "darker", Wanted.WARMER: "warmer", Wanted.COOLER: "colder",
    Wanted.MORE_CONTRAST: "more contrast", Wanted.LESS_CONTRAST: "less contrast",
    Wanted.MORE_COLOUR: "more colourful", Wanted.LESS_COLOUR: "more muted",
    Wanted.MORE_SHADOW: "more shadow", Wanted.LESS_SHADOW: "less shadow",
    Wanted.MORE_REFLECTION: "more reflection", Wanted.LESS_REFLECTION: "less reflection",
    Wanted.MORE_BLUR: "blurrier", Wanted.LESS_BLUR: "sharper background",
    Wanted.MORE_GRAIN: "more grain", Wanted.LESS_GRAIN: "less grain",
    Wanted.OTHER_SCENE: "another background", Wanted.MIRROR_SCENE: "mirror the background",
    Wanted.WORDS_LARGER: "larger text", Wanted.WORDS_SMALLER: "smaller text",
    Wanted.WORDS_TOP: "text at the top", Wanted.WORDS_BOTTOM: "text at the bottom",
    Wanted.WORDS_LEFT: "text on the left", Wanted.WORDS_RIGHT: "text on the right",
    Wanted.WITHOUT_WORDS: "remove the text",
}
"""What each change is called in words that the built-in reads: it computes where a change leads from the picture."""

DEGREES = {"small": "a bit ", "normal": "", "large": "much "}
BY_DEGREE = frozenset(
    wanted for wanted in Wanted
    if wanted.value.split("_")[0] in {"product", "brighter", "darker", "warmer", "cooler", "more", "less"}
)


class Wish(Model):
    """One thing that is to change."""

    said: str
    change: Wanted
    degree: Literal["small", "normal", "large"] = "normal"
    place: str = ""


class RoutedFeedback(Model):
    """What a model answers as feedback router."""

    about: tuple[int, ...] = ()
    wishes: tuple[Wish, ...] = ()
    not_understood: tuple[str, ...] = ()


def in_plain_words(routed: RoutedFeedback, text: str) -> str:
    """The wishes as clauses the built-in reads; one whose words are not the person's is left out."""
    said = _plain(text)
    clauses = []
    for wish in routed.wishes:
        if not _plain(wish.said) or _plain(wish.said) not in said:
            continue
        if wish.change is Wanted.SCENE_IN_PLACE:
            place = re.sub(r"[^\w\s-]", " ", described(wish.place))[:60].strip()
            clauses.append(f"in a {place}" if place else PLAIN[Wanted.OTHER_SCENE])
        else:
            degree = DEGREES[wish.degree] if wish.change in BY_DEGREE else ""
            clauses.append(degree + PLAIN[wish.change])
    return "; ".join(dict.fromkeys(clauses))


def meant(routed: RoutedFeedback, candidates: Sequence[Candidate]) -> tuple[str, ...]:
    """Ids of the candidates spoken of; numbers that nothing was shown under are left out."""
    return tuple(candidates[n - 1].id for n in dict.fromkeys(routed.about) if 1 <= n <= len(candidates))


def lost(routed: RoutedFeedback, text: str) -> tuple[str, ...]:
    """The person's own words that no change answers."""
    said = _plain(text)
    return tuple(words for words in routed.not_understood if _plain(words) and _plain(words) in said)


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())
