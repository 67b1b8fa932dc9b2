"""The words the built-in language knows, read from `data/*.yaml`, and the phrase index that finds them in a request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property, lru_cache
from importlib import resources
from typing import Any, TypeVar

import yaml

from domain.errors import Misconfigured
from tools.language import tokens as tk
from tools.language.lexicon_data import Channels, Colours, Data, Looks, Markets, Places, Things, Trademarks, Words

_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Base loaders keep every scalar a string: "no", "on" and "off" are words here. The C one is seven times faster."""


class Kind(StrEnum):
    """What a word or phrase can be. A phrase may have several kinds; the grammar picks by position."""

    DETERMINER = "determiner"
    POSSESSIVE = "possessive"
    PRONOUN = "pronoun"
    CONJUNCTION = "conjunction"
    CONTRAST = "contrast"
    SUBORDINATOR = "subordinator"
    AUXILIARY = "auxiliary"
    ADVERB = "adverb"
    NOT_NOUN = "not_noun"  # negates the noun phrase that follows
    NOT_CLAUSE = "not_clause"  # negates the rest of the clause
    NOT_NOT = "not_not"  # looks like a negation and is none
    NOT_AFTER = "not_after"  # negates what stands before it
    PREPOSITION = "preposition"
    BESIDE_IT = "beside_it"  # a preposition and the product as its object
    REQUEST_VERB = "request_verb"
    MARKET_VERB = "market_verb"
    VERB = "verb"
    OUTPUT = "output"
    VIBE = "vibe"
    BACKDROP = "backdrop"
    LIGHT_NOUN = "light_noun"
    ABSTRACT = "abstract"
    AUDIENCE = "audience"
    NUMBER = "number"
    TEXT_CUE = "text_cue"
    INSTRUCTION = "instruction"
    GOODS = "goods"
    PROP = "prop"
    PERSON = "person"
    PART = "part"
    MATERIAL = "material"
    ADJECTIVE = "adjective"
    COLOUR = "colour"
    SHADE = "shade"
    PLACE = "place"
    REGION = "region"
    SURFACE = "surface"
    SUPPORT = "support"
    LIGHT = "light"
    TIME = "time_of_day"
    SEASON = "season"
    WEATHER = "weather"
    MOOD = "mood"
    STYLE = "style"
    CAMERA = "camera"
    THEME = "theme"
    CHANNEL = "channel"
    NO_CHANNEL = "no_channel"
    ORIENTATION = "orientation"
    COUNTRY = "country"
    CITY = "city"
    DEMONYM = "demonym"
    TRADEMARK = "trademark"


LOOKS = (Kind.LIGHT, Kind.TIME, Kind.SEASON, Kind.WEATHER, Kind.MOOD, Kind.STYLE, Kind.CAMERA, Kind.THEME)


D = TypeVar("D", bound=Data)
Senses = Mapping[Kind, str]
Keys = tuple[str, ...]
_PARTING = re.compile(r"[\s\-‐‑]+")


@dataclass(frozen=True)
class Lexicon:
    """The phrase index and the small closed sets the grammar asks for.

    `phrases` maps a phrase (its words as keys) to what it can be; `longest` gives, for a first word, the length of the
    longest phrase that starts with it. `words` are the single words that are spelt right: the lexicon's own and
    `data/known_words.txt`.
    """

    phrases: dict[Keys, dict[Kind, str]]
    longest: dict[str, int]
    words: frozenset[str]
    paired: frozenset[str]
    whole: frozenset[str]
    containers: frozenset[str]
    sets: frozenset[str]
    serveware: frozenset[str]
    labels: Mapping[str, str]
    story: frozenset[Keys]
    wish: frozenset[Keys]
    evaluative: frozenset[str]
    also_things: frozenset[str]
    flavoured: frozenset[str]
    capitalised_only: frozenset[Keys]
    ratios: Mapping[str, str]
    market_names: Mapping[str, str]
    own: frozenset[Keys] = field(default=frozenset())

    @cached_property
    def proper(self) -> frozenset[str]:
        """Words of names: the only ones a capitalised word may be corrected to."""
        kinds = {Kind.COUNTRY, Kind.CITY, Kind.DEMONYM, Kind.CHANNEL, Kind.THEME, Kind.REGION}
        return frozenset(w for keys, senses in self.phrases.items() if kinds & senses.keys() for w in keys)

    @cached_property
    def plain(self) -> frozenset[str]:
        """Single words that are in the general word list: a trademark among them needs its capital."""
        return _known_words()

    def with_vocabulary(self, phrases: Iterable[str]) -> Lexicon:
        """This lexicon and the words of a brand's library: whole titles become goods, and all their words are known."""
        extra: dict[Keys, dict[Kind, str]] = {}
        for phrase in phrases:
            keys = phrase_keys(phrase)
            if not keys:
                continue
            senses = dict(self.phrases.get(keys, {}))
            if len(keys) > 1 or not senses:
                senses[Kind.GOODS] = " ".join(keys)
                extra[keys] = senses
        index, longest = dict(self.phrases), dict(self.longest)
        for keys, senses in extra.items():
            index[keys] = senses
            longest[keys[0]] = max(longest.get(keys[0], 0), len(keys))
        known = self.words | {word for keys in extra for word in keys}
        return Lexicon(
            index,
            longest,
            known,
            self.paired,
            self.whole,
            self.containers,
            self.sets,
            self.serveware,
            self.labels,
            self.story,
            self.wish,
            self.evaluative,
            self.also_things,
            self.flavoured,
            self.capitalised_only,
            self.ratios,
            self.market_names,
            frozenset(extra),
        )


def phrase_keys(phrase: str) -> Keys:
    """The keys of a phrase's words; hyphens part words, as the tokenizer does."""
    return tuple([tk.key(piece) for piece in _PARTING.split(phrase.strip()) if piece])


@lru_cache(maxsize=1)
def load_lexicon() -> Lexicon:
    """The shipped lexicon, read once. Raises Misconfigured if a data file is missing or malformed."""
    things = _read("things", Things)
    tk.PLURALS.update(things.plural)
    tk.key.cache_clear()
    looks, places, words = _read("looks", Looks), _read("places", Places), _read("words", Words)
    colours, channels = _read("colours", Colours), _read("channels", Channels)
    markets, marks = _read("markets", Markets), _read("trademarks", Trademarks)
    index = _Index()
    for kind, phrases in (
        (Kind.DETERMINER, words.determiners),
        (Kind.POSSESSIVE, words.possessives),
        (Kind.PRONOUN, words.pronouns),
        (Kind.CONJUNCTION, words.conjunctions),
        (Kind.CONTRAST, words.contrast),
        (Kind.VERB, words.verbs.other),
        (Kind.SUBORDINATOR, words.subordinators),
        (Kind.AUXILIARY, words.auxiliaries),
        (Kind.ADVERB, words.adverbs),
        (Kind.NOT_NOUN, words.negations.noun),
        (Kind.NOT_CLAUSE, words.negations.clause),
        (Kind.NOT_NOT, words.negations.positive),
        (Kind.NOT_AFTER, words.negations.after),
        (Kind.REQUEST_VERB, words.verbs.request),
        (Kind.MARKET_VERB, words.verbs.market),
        (Kind.OUTPUT, words.outputs),
        (Kind.VIBE, words.vibes),
        (Kind.BACKDROP, words.backdrops),
        (Kind.LIGHT_NOUN, words.lights),
        (Kind.ABSTRACT, words.abstract),
        (Kind.AUDIENCE, words.audiences),
        (Kind.TEXT_CUE, words.text_cues),
        (Kind.INSTRUCTION, words.instructions),
        (Kind.GOODS, things.goods),
        (Kind.PROP, things.props),
        (Kind.PERSON, things.people),
        (Kind.PART, things.parts),
        (Kind.MATERIAL, things.materials),
        (Kind.ADJECTIVE, things.adjectives),
        (Kind.SHADE, colours.shades),
        (Kind.REGION, places.regions),
        (Kind.SUPPORT, places.supports),
        (Kind.NO_CHANNEL, channels.unknown),
        (Kind.TRADEMARK, marks.trademarks),
    ):
        for phrase in phrases:
            index.add(phrase, kind, phrase)
    for phrase in (*colours.base, *colours.compounds):
        index.add(phrase, Kind.COLOUR, phrase)
    for kind in LOOKS:
        index.add_all(kind, getattr(looks, kind.value))
    index.add_all(Kind.PLACE, places.places)
    index.add_all(Kind.SURFACE, places.surfaces)
    index.add_all(Kind.PREPOSITION, words.prepositions)
    index.add_all(Kind.BESIDE_IT, words.beside_it)
    index.add_all(Kind.CHANNEL, channels.channels)
    for phrase, size in channels.orientation.items():
        index.add(phrase, Kind.ORIENTATION, size)
    for phrase, number in words.numbers.items():
        index.add(phrase, Kind.NUMBER, str(number))
    names: dict[str, str] = {}
    for code, market in markets.markets.items():
        names[code] = market.names[0]
        for kind, phrases in ((Kind.COUNTRY, market.names), (Kind.CITY, market.cities), (Kind.DEMONYM, market.people)):
            for phrase in phrases:
                index.add(phrase, kind, code)
    for phrase, codes in markets.groups.items():
        index.add(phrase, Kind.COUNTRY, " ".join(codes))
    return Lexicon(
        phrases=index.phrases,
        longest=index.longest,
        words=frozenset(word for keys in index.phrases for word in keys) | _known_words(),
        paired=frozenset(" ".join(phrase_keys(p)) for p in things.paired),
        whole=frozenset(" ".join(phrase_keys(p)) for p in things.whole),
        containers=frozenset(" ".join(phrase_keys(p)) for p in things.containers),
        sets=frozenset(" ".join(phrase_keys(p)) for p in things.sets),
        labels={" ".join(phrase_keys(p)): label for label, many in words.labels.items() for p in many},
        serveware=frozenset(" ".join(phrase_keys(p)) for p in things.serveware),
        story=frozenset(phrase_keys(p) for p in words.story),
        wish=frozenset(phrase_keys(p) for p in words.wish),
        evaluative=frozenset(" ".join(phrase_keys(p)) for p in things.evaluative),
        also_things=frozenset(" ".join(phrase_keys(p)) for p in colours.also_things),
        flavoured=frozenset(" ".join(phrase_keys(p)) for p in colours.flavoured),
        capitalised_only=frozenset(phrase_keys(p) for p in markets.capitalised_only),
        ratios=channels.ratios,
        market_names=names,
    )


class _Index:
    """A phrase index under construction."""

    def __init__(self) -> None:
        self.phrases: dict[Keys, dict[Kind, str]] = {}
        self.longest: dict[str, int] = {}

    def add(self, phrase: str, kind: Kind, value: str) -> None:
        keys = phrase_keys(phrase)
        self.phrases.setdefault(keys, {}).setdefault(kind, value)
        self.longest[keys[0]] = max(self.longest.get(keys[0], 0), len(keys))

    def add_all(self, kind: Kind, table: Mapping[str, list[str]]) -> None:
        for value, phrases in table.items():
            for phrase in phrases:
                self.add(phrase, kind, value)


@lru_cache(maxsize=1)
def _known_words() -> frozenset[str]:
    return frozenset(line for line in _file("known_words.txt").splitlines() if line and not line.startswith("#"))


def _file(name: str) -> str:
    try:
        return resources.files("tools.language").joinpath("data", name).read_text("utf-8")
    except OSError as error:
        raise Misconfigured(
            f"the language data file {name} cannot be read: {error}",
            where="tools/language/data",
            hint="reinstall the package: its data files are incomplete",
        ) from error


def _read(name: str, model: type[D]) -> D:
    try:
        return model.model_validate(yaml.load(_file(f"{name}.yaml"), Loader=_LOADER))
    except (yaml.YAMLError, ValueError) as error:
        raise Misconfigured(
            f"the language data file {name}.yaml is malformed: {error}",
            where="tools/language/data",
            hint="undo the last edit of that file, or reinstall the package",
        ) from error
