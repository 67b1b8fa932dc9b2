"""What nouns about the picture, its audience and its market write into the draft: they frame it and are not in it."""

from __future__ import annotations

from domain.values import Size
from tools.language.draft import Said
from tools.language.fields import PROPER, looks, product, says_nothing, wording
from tools.language.items import GEO, Item
from tools.language.lexicon import LOOKS, Kind
from tools.language.phrases import Phrase
from tools.language.reading import Reading

_SAYING = {
    "style": Kind.STYLE,
    "look": Kind.STYLE,
    "aesthetic": Kind.STYLE,
    "feel": Kind.MOOD,
    "feeling": Kind.MOOD,
    "vibe": Kind.MOOD,
    "mood": Kind.MOOD,
    "atmosphere": Kind.MOOD,
    "ambience": Kind.MOOD,
}
"""Nouns whose modifier is a look even if no list has it: "cartoon style", "proposal vibe"."""


_COMMERCIAL = frozenset(
    {
        "b2b", "big", "bigger", "biggest", "business", "competitive", "consumer", "core", "crowded", "different",
        "difficult", "domestic", "emerging", "export", "first", "foreign", "fresh", "global", "growing", "growth",
        "home", "important", "international", "job", "key", "large", "larger", "largest", "local", "main", "major",
        "mass", "mature", "national", "new", "niche", "other", "overseas", "potential", "premium", "primary",
        "regional", "saturated", "second", "secondary", "single", "small", "smaller", "target", "test", "third",
        "tough", "wider", "young",
    }
)
"""What is said of a market that is a country or a trade, and hardly of one with stalls."""


def marketplace(r: Reading, phrase: Phrase, following: Item | None) -> bool:
    """Whether a market is the one with stalls: "in a market", "at the flea market".

    A market is a place only where something stands in or at it, nobody sells or launches there, and nothing says whose
    market it is. "In the market" is said of trade as a rule, and stays out.
    """
    clause, head = r.clause, phrase.head
    if head is None or head.word != "market" or clause.market or clause.inherited or clause.role == "market":
        return False
    of_people = following is not None and following.word in ("of", "for", "where", "segment", "share")
    trade = any(item.is_a(*GEO) or item.word in _COMMERCIAL for item in phrase.modifiers)
    one = phrase.determiner in ("", "a", "an") and head.text.lower() == "market"    # "in a" is one word to the lexicon
    stands = clause.preposition == "at" or (clause.preposition == "in" and one)
    stalls = clause.preposition == "in" and phrase.determiner == "the" and bool(phrase.modifiers)
    return (stands or stalls) and not (phrase.possessive or of_people or trade)


def frame(r: Reading, phrase: Phrase) -> str:
    """A noun about the picture itself ("image", "feel", "background", "campaign"): its modifiers are the looks."""
    head, draft = phrase.head, r.draft
    assert head is not None
    for item in phrase.modifiers:
        if item.is_a(Kind.CHANNEL):
            draft.add(draft.channels, item.senses[Kind.CHANNEL], item.text)
        elif item.is_a(Kind.ORIENTATION):
            draft.size = draft.size or (Size.parse(item.senses[Kind.ORIENTATION]), item.text)
    if head.is_a(Kind.OUTPUT):
        return _output(r, phrase)
    if head.is_a(Kind.BACKDROP):
        return _backdrop(r, phrase)
    if head.is_a(Kind.VIBE):
        return _vibe(r, phrase)
    return _matter(r, phrase)


def _output(r: Reading, phrase: Phrase) -> str:
    """ "three autumn images": how many, and how they look; "lamp photos": of what."""
    looks(r, phrase.modifiers)
    assert phrase.head is not None
    if phrase.count:
        r.draft.count = (phrase.count, f"{phrase.count} {phrase.head.text.lower()}")
    goods = next((m for m in phrase.modifiers if m.is_a(Kind.GOODS)), None)
    if goods is not None and not r.draft.products:
        product(r, Phrase([goods], goods))
    return "frame"


def _vibe(r: Reading, phrase: Phrase) -> str:
    """ "Mediterranean feel", "pink tones", "cartoon style"."""
    head, draft = phrase.head, r.draft
    assert head is not None
    rest = [m for m in phrase.modifiers if not m.is_a(*LOOKS)]
    if phrase.colours:
        draft.look(Kind.STYLE, wording(phrase.items), wording(phrase.items))
    if not looks(r, phrase.modifiers) and rest and not any(m.is_a(*GEO) for m in rest):
        setting = next((m for m in rest if m.is_a(Kind.PLACE)), None)
        if setting is not None:
            draft.look(Kind.STYLE, f"{setting.text.lower()} feel", wording(phrase.items))
        elif head.word in _SAYING and not any(m.word in r.lexicon.evaluative or says_nothing(m) for m in rest):
            draft.look(_SAYING[head.word], wording(rest), wording(phrase.items))
    return "look"


def _matter(r: Reading, phrase: Phrase) -> str:
    """Abstract nouns and audiences: "Christmas campaign", "Swedish customers", "make us a soap something"."""
    head, draft, clause = phrase.head, r.draft, r.clause
    assert head is not None
    if head.is_a(Kind.AUDIENCE):
        past = any(m.word in ("last", "previous", "old", "former") for m in phrase.items)
        clause.market = clause.market or not past  # "customers in Norway"
        geo_items = [item for item in phrase.modifiers if item.is_a(*GEO)]
        if geo_items and clause.joined and clause.role == "people" and r.last is not None and r.last.head is not None:
            market(r, r.last.head)  # "Danish & Swedish site"
        for item in geo_items:
            market(r, item)
    looks(r, [m for m in phrase.modifiers if m.is_a(Kind.THEME, Kind.SEASON)])
    goods = next((m for m in phrase.modifiers if m.is_a(Kind.GOODS)), None)
    if goods is not None and clause.verb == "request" and not draft.products:
        return product(r, Phrase([goods], goods))
    return ""


def _backdrop(r: Reading, phrase: Phrase) -> str:
    draft, head = r.draft, phrase.head
    assert head is not None
    place = next((m for m in phrase.modifiers if m.is_a(Kind.PLACE, Kind.SURFACE)), None)
    words = wording(phrase.items)
    looks(r, [m for m in phrase.modifiers if m.is_a(Kind.STYLE, Kind.SEASON, Kind.WEATHER, Kind.TIME)])
    if place is not None and head.word != "wall":
        draft.background = draft.background or Said(place.text.lower() if place.is_a(Kind.PLACE) else words, words)
    elif head.word == "wall" and r.clause.preposition and not r.clause.inherited:
        draft.background = draft.background or Said(words, words)
    elif phrase.colours or any(m.word not in r.lexicon.evaluative for m in phrase.modifiers):
        draft.weak_background = draft.weak_background or Said(words, words)
    return "place"


def geo(r: Reading, phrase: Phrase) -> str:
    """A country, city, language or people: a market, or the place of the picture."""
    clause, head = r.clause, phrase.head
    assert head is not None
    looks(r, phrase.modifiers)
    if head.is_a(Kind.DEMONYM) and not head.is_a(*PROPER):
        return _people(r, head)
    relation = clause.preposition
    if clause.market or relation in ("for", "to", "through") or (clause.joined and clause.role == "market"):
        return market(r, head)
    if relation in ("in", "at", "on", "over", "overlooking", "from") and not clause.inherited:
        if relation in ("in", "at") and r.draft.named_place is None:
            r.draft.named_place = Said(f"{head.text}|{head.senses.get(Kind.COUNTRY, '')}", head.text)
        return "place"
    if head.is_a(Kind.CITY):
        r.draft.pending_cities.append(Said(f"{head.text}|{head.senses[Kind.CITY]}", head.text))
        return "market"
    return "" if clause.subject or clause.verb else market(r, head)


def _people(r: Reading, head: Item) -> str:
    """ "for the Dutch" is a market; "in Dutch" a language, which yields to any market named."""
    clause = r.clause
    if clause.preposition == "for" or (clause.joined and clause.role == "market"):
        return market(r, head)
    if clause.preposition in ("in", "to", "with") or (clause.joined and clause.role == "language"):
        r.draft.languages.append(Said(head.senses[Kind.DEMONYM], head.text))
        return "language"
    return "people"


def market(r: Reading, item: Item) -> str:
    """Add the market or markets `item` names."""
    kind = next(k for k in (Kind.COUNTRY, Kind.CITY, Kind.DEMONYM) if k in item.senses)
    for code in item.senses[kind].split():
        r.draft.add(r.draft.markets, code, item.text)
    return "market"
