"""Items to noun phrases: where each begins and ends, its head, its colours, count and modifiers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.language.items import GEO, NOUNS, Item
from tools.language.lexicon import LOOKS, Kind, Lexicon
from tools.language.tokens import TokenKind

_PHRASAL = (TokenKind.WORD, TokenKind.NUMBER, TokenKind.MEASURE, TokenKind.TIMES, TokenKind.FLAG)
_BREAKING = frozenset(
    {
        Kind.PREPOSITION,
        Kind.BESIDE_IT,
        Kind.CONJUNCTION,
        Kind.CONTRAST,
        Kind.NOT_NOUN,
        Kind.NOT_CLAUSE,
        Kind.NOT_NOT,
        Kind.NOT_AFTER,
        Kind.INSTRUCTION,
        Kind.SUBORDINATOR,
        Kind.AUXILIARY,
    }
)
_LOOK = frozenset(LOOKS)
_STAND_ALONE = frozenset({Kind.CHANNEL, Kind.NO_CHANNEL, Kind.CAMERA, Kind.ORIENTATION})
_THINGS = frozenset({Kind.GOODS, Kind.PROP, Kind.PERSON, Kind.SUPPORT})
_SETTINGS = frozenset({Kind.PLACE, Kind.REGION, Kind.SURFACE})


@dataclass(slots=True)
class Phrase:
    """One noun phrase, or a bare run of modifiers (`head` None). `colours` are as written, in lower case."""

    items: list[Item]
    head: Item | None
    modifiers: list[Item] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    determiner: str = ""
    possessive: str = ""
    count: int | None = None
    start: int = 0
    end: int = 0

    def is_a(self, *kinds: Kind) -> bool:
        """True if the head can be any of `kinds`."""
        return self.head is not None and self.head.is_a(*kinds)

    @property
    def core(self) -> list[Item]:
        """The items up to the head: "a terrace" of "a terrace blurred"."""
        if self.head is None:
            return self.items
        return self.items[: next(i for i, item in enumerate(self.items) if item is self.head) + 1]

    @property
    def definite(self) -> bool:
        """True for "the can", "our can", "this can"."""
        return bool(self.possessive) or self.determiner in ("the", "this", "that", "these", "those")


def phrasal(item: Item) -> bool:
    """True if `item` can be part of a noun phrase."""
    if item.shape not in _PHRASAL or item.is_verb:
        return False
    if item.is_a(Kind.DETERMINER, Kind.POSSESSIVE, Kind.NUMBER):
        return True
    if any(kind in item.senses for kind in _BREAKING):
        return False
    if item.is_a(Kind.PRONOUN, Kind.ADVERB):
        return any(kind in item.senses for kind in NOUNS | _LOOK) and not item.is_a(Kind.PRONOUN)
    return True


def phrase_at(items: Sequence[Item], i: int, lexicon: Lexicon) -> tuple[Phrase, int]:  # noqa: PLR0912
    """The noun phrase that begins at `items[i]` (which is phrasal) and the index after it."""
    taken: list[Item] = []
    determiner = possessive = ""
    count: int | None = None
    j = i
    while j < len(items):
        item = items[j]
        if not phrasal(item):
            if taken and _joins_colours(items, j):
                j += 1
                continue
            break
        if item.is_a(Kind.DETERMINER, Kind.POSSESSIVE) and not any(k in item.senses for k in NOUNS):
            if taken or (determiner and possessive):
                break
            if item.is_a(Kind.POSSESSIVE):
                possessive = item.word
            else:
                determiner = item.word
            if item.is_a(Kind.NUMBER):
                count = int(item.senses[Kind.NUMBER])
        elif item.is_a(Kind.NUMBER):
            trailing = item.shape is TokenKind.TIMES
            if taken and not trailing and _is_noun(taken[-1]):
                break
            if not (item.word == "one" and not _noun_follows(items, j + 1)):
                count = int(item.senses[Kind.NUMBER]) if count is None or trailing else count
                determiner = determiner if "pair" not in item.keys else "pair"
        elif taken and _boundary(taken[-1], item, items, j):
            break
        else:
            taken.append(item)
        j += 1
    j = max(j, i + 1)
    phrase = Phrase(
        taken,
        _head(taken, bool(determiner or possessive or count)),
        determiner=determiner,
        possessive=possessive,
        count=count,
        start=taken[0].start if taken else items[i].start,
        end=taken[-1].end if taken else items[j - 1].end,
    )
    _colours(phrase, lexicon)
    return phrase, j


def _is_noun(item: Item) -> bool:
    return any(kind in item.senses for kind in NOUNS) or not item.senses


def _noun_follows(items: Sequence[Item], j: int) -> bool:
    return j < len(items) and phrasal(items[j]) and not items[j].is_a(Kind.DETERMINER, Kind.POSSESSIVE)


def _joins_colours(items: Sequence[Item], j: int) -> bool:
    """True at the "and" of "red and white can"."""
    if not items[j].is_a(Kind.CONJUNCTION) or j + 2 >= len(items) or j == 0:
        return False
    before, after, noun = items[j - 1], items[j + 1], items[j + 2]
    return (
        before.is_a(Kind.COLOUR)
        and after.is_a(Kind.COLOUR)
        and phrasal(noun)
        and not before.is_a(Kind.PROP)
        and (noun.is_a(*NOUNS) or noun.is_a(Kind.ADJECTIVE, Kind.MATERIAL) or not noun.senses)
    )


def _boundary(a: Item, b: Item, items: Sequence[Item], j: int) -> bool:  # noqa: PLR0911
    """True if a new phrase starts at `b` though no function word parts them ("can | beach | sunset | IG | SE")."""
    if a.shape is TokenKind.FLAG or b.shape is TokenKind.FLAG:
        return True
    if b.glued:
        return False
    if any(k in a.senses for k in _STAND_ALONE) and not a.is_a(*_THINGS, Kind.PLACE):
        return not b.is_a(Kind.OUTPUT, Kind.ABSTRACT, Kind.VIBE)
    if any(k in b.senses for k in _STAND_ALONE) and not b.is_a(*_THINGS, Kind.PLACE):
        return True
    if b.is_a(Kind.COUNTRY, Kind.CITY):
        return not (
            a.is_a(Kind.ADJECTIVE, Kind.TIME, Kind.LIGHT, Kind.WEATHER, Kind.SEASON, Kind.MOOD) and not _noun(a)
        )
    if a.is_a(Kind.CITY) and b.is_a(*LOOKS) and not _noun(b):
        return True  # "Paris | at night"
    if a.is_a(Kind.COUNTRY) and not a.is_a(Kind.DEMONYM):
        return not b.is_a(Kind.AUDIENCE, Kind.ABSTRACT, Kind.OUTPUT, Kind.PERSON)
    a_thing = a.is_a(*_THINGS) and not a.is_a(Kind.MATERIAL, Kind.ADJECTIVE, Kind.COLOUR) and not a.is_a(*LOOKS)
    if a_thing or (_is_noun(a) and not a.senses) or a.is_a(Kind.OUTPUT, Kind.ABSTRACT, Kind.PART):
        setting = b.is_a(*_SETTINGS) and not b.is_a(*_THINGS)
        if a_thing and setting and a.is_a(Kind.GOODS):
            return True
        if b.is_a(*LOOKS) and not b.is_a(*_THINGS, *_SETTINGS):
            return not (b.is_a(Kind.STYLE, Kind.THEME) and _vibe_follows(items, j + 1))
        return (
            a_thing and b.is_a(Kind.ADJECTIVE) and not b.is_a(*NOUNS, Kind.MATERIAL) and not _noun_follows(items, j + 1)
        )
    if a.is_a(*_SETTINGS) and not a.is_a(Kind.MATERIAL):
        return b.is_a(*LOOKS) and not b.is_a(*_THINGS, *_SETTINGS)
    return False


def _noun(item: Item) -> bool:
    return any(kind in item.senses for kind in NOUNS)


def _vibe_follows(items: Sequence[Item], j: int) -> bool:
    return j < len(items) and items[j].is_a(Kind.VIBE)


def _head(taken: Sequence[Item], marked: bool) -> Item | None:
    """The last noun. An unknown word counts; one that looks like an adjective only if `marked` by an article."""
    if not taken:
        return None
    last = taken[-1]
    if _noun(last) or last.is_a(*GEO) or any(k in last.senses for k in _STAND_ALONE) or last.is_a(*LOOKS):
        return last
    if not last.senses and (marked or "adjective-like" not in last.tags):
        return last
    if last.is_a(Kind.MATERIAL) and not last.word.endswith("en"):
        return last
    for item in reversed(taken[:-1]):
        if _noun(item):
            return item
    return last if last.is_a(Kind.TRADEMARK) else None


def _colours(phrase: Phrase, lexicon: Lexicon) -> None:
    """Part the items before the head into colours (with their shades) and other modifiers."""
    items = [item for item in phrase.items if item is not phrase.head]
    if phrase.head is not None and phrase.head.is_a(Kind.COLOUR) and not _noun(phrase.head):
        phrase.head = None
        items = list(phrase.items)
    i = 0
    while i < len(items):
        run = items[i : i + 1]
        if (
            items[i].is_a(Kind.SHADE)
            and i + 1 < len(items)
            and items[i + 1].is_a(Kind.COLOUR)
            and (not items[i].is_a(Kind.COLOUR) or items[i + 1].word not in lexicon.also_things)
            and items[i + 1].start - items[i].end <= 1
        ):
            run = items[i : i + 2]
        colour = run[-1]
        if colour.is_a(Kind.COLOUR) and not _is_flavour(colour, items, i + len(run), phrase, lexicon):
            phrase.colours.append(
                " ".join(item.text.lower() for item in run)
                if not run[-1].glued
                else "-".join(item.text.lower() for item in run)
            )
        else:
            phrase.modifiers.extend(run)
        i += len(run)


def _is_flavour(colour: Item, items: Sequence[Item], j: int, phrase: Phrase, lexicon: Lexicon) -> bool:
    if colour.word not in lexicon.also_things:
        return False
    after = items[j] if j < len(items) else phrase.head
    if after is None:
        return colour.is_a(Kind.PROP)
    return after.word in lexicon.flavoured
