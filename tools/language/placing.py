"""What a noun phrase after a preposition is: the place, a thing beside the product, a part of it, or whom it is for."""

from __future__ import annotations

from tools.language.fields import RELATING, looks, noun_of, place, product, prop, wording
from tools.language.frames import market
from tools.language.items import GEO, Item
from tools.language.lexicon import Kind
from tools.language.phrases import Phrase
from tools.language.reading import Reading
from tools.language.standing import main_role, unknown_noun

_SPATIAL = RELATING - {"on"}


def placed(r: Reading, phrase: Phrase) -> str:  # noqa: PLR0911
    """A phrase after a preposition of place."""
    clause, head = r.clause, phrase.head
    assert head is not None
    relation = clause.preposition
    spatial = relation in _SPATIAL
    if head.is_a(Kind.PERSON):
        return prop(r, phrase, relation)
    if relation == "overlooking":
        return prop(r, phrase) if head.is_a(Kind.PLACE, Kind.PROP) else ""
    first = phrase.definite and not r.draft.products and not head.is_a(Kind.SUPPORT, Kind.PLACE, Kind.SURFACE)
    if head.is_a(Kind.GOODS) and (
        (spatial and _is_sold(r, phrase)) or phrase.possessive == "our" or (spatial and first)
    ):
        subject = r.subject
        role = "product" if _named(r, head) else product(r, phrase)
        r.draft.relate(subject, relation, noun_of(head, r.lexicon))
        return role
    if head.is_a(Kind.SUPPORT, Kind.PROP) and (spatial or not head.is_a(Kind.SURFACE, Kind.PLACE)):
        return prop(r, phrase, relation)
    if head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE):
        if relation in ("over", "above", "under", "against", "behind", "in front of"):
            r.draft.relate(r.subject, relation, noun_of(head, r.lexicon))
        return place(r, phrase)
    if head.is_a(Kind.GOODS):
        if phrase.possessive == "our":
            return product(r, phrase)
        return prop(r, phrase, relation) if phrase.determiner or r.draft.products else ""
    if head.is_a(Kind.MATERIAL) and relation in ("on", "against", "over"):
        return place(r, phrase)
    return _placed_unknown(r, phrase)


def _placed_unknown(r: Reading, phrase: Phrase) -> str:
    """A noun in no list: a place after "in" and "at", a thing after "on" and its like."""
    clause, head = r.clause, phrase.head
    assert head is not None
    if head.senses or not head.known or _is_time(head) or clause.subject:
        return ""
    if clause.preposition in ("in", "at"):
        return place(r, phrase) if r.draft.background is None else ""
    marked = bool(phrase.determiner or phrase.modifiers) or clause.preposition != "on"
    if clause.preposition in ("on", "around", "next to", "in front of", "between", "against") and marked:
        return prop(r, phrase, clause.preposition)
    return ""


def _is_sold(r: Reading, phrase: Phrase) -> bool:
    """True if goods beside the product are a product too: "left of the lamp", named before or first, or no prop."""
    head = phrase.head
    if head is None or head.is_a(Kind.PLACE, Kind.SURFACE):
        return False
    beside = r.clause.preposition in ("left of", "right of") and phrase.definite
    first = phrase.definite and not r.draft.products and not head.is_a(Kind.SUPPORT)
    return not head.is_a(Kind.PROP) or first or beside or _named(r, head)


def _named(r: Reading, head: Item) -> bool:
    noun = noun_of(head, r.lexicon)
    return any(p.noun == noun for p in r.draft.products)


def accompanying(r: Reading, phrase: Phrase) -> str:
    """A phrase after "with": mostly a prop."""
    head = phrase.head
    assert head is not None
    if r.clause.role == "avoid":
        return "avoid"  # "no cushions with patterns"
    if phrase.possessive == "our" and head.is_a(Kind.GOODS):
        return product(r, phrase)
    if head.is_a(Kind.GOODS) and not r.draft.products:
        return product(r, phrase)
    furniture = head.keys[-1] in ("table", "desk", "counter", "shelf", "bench")
    if head.is_a(Kind.PLACE, Kind.SURFACE) and not head.is_a(Kind.PROP, Kind.GOODS) and not furniture:
        return place(r, phrase)
    if head.is_a(Kind.MATERIAL) or (not head.known and len(head.word) < 4):
        return ""
    return prop(r, phrase)


def part_of(r: Reading, phrase: Phrase) -> str:
    """ "photo of X" is about X; "a bottle of X" is a bottle; "the edge of X" is X."""
    head, last, clause = phrase.head, r.last, r.clause
    assert head is not None
    clause.preposition = ""
    if last is not None and last.is_a(Kind.GOODS) and clause.role == "product" and r.draft.products:
        if r.draft.products[-1].noun in r.lexicon.sets and head.is_a(Kind.GOODS):
            clause.preposition = "of"
            role = product(r, phrase)
            clause.preposition = ""
            return role
        r.draft.products[-1].attributes.append(wording(phrase.core))
        return "product"
    if last is not None and clause.role == "place" and head.is_a(Kind.PLACE, Kind.REGION):
        r.draft.background = None  # "the wall of a living room": the room
        return place(r, phrase)
    if last is not None and clause.role in ("prop", "place") and last.head is not None:
        if clause.role == "prop" and r.draft.props:
            r.draft.props[-1].value += f" of {wording(phrase.core)}"
        return clause.role
    if head.is_a(Kind.GOODS):
        return product(r, phrase)
    clause.preposition = "of"
    role = main_role(r, phrase)
    clause.preposition = ""
    return role


def meant_for(r: Reading, phrase: Phrase) -> str:
    """A phrase after "for": the product, or the people of a market."""
    head = phrase.head
    assert head is not None
    markets_of(r, phrase)
    r.clause.market = r.clause.market or head.is_a(Kind.PERSON)  # "for mothers in Poland"
    if head.is_a(Kind.PERSON) or (head.is_a(Kind.PLACE, Kind.SURFACE) and not head.is_a(Kind.GOODS)):
        looks(r, phrase.modifiers)
        return ""
    if head.is_a(Kind.GOODS):
        return product(r, phrase)
    if phrase.possessive == "our" or phrase.definite:
        return unknown_noun(r, phrase)
    return ""


def markets_of(r: Reading, phrase: Phrase) -> None:
    """ "for German moms", "to Danish gardeners": people of a market are the market."""
    head = phrase.head
    if head is not None and (head.is_a(Kind.PERSON, Kind.AUDIENCE) or not head.senses):
        for item in phrase.modifiers:
            if item.is_a(*GEO):
                market(r, item)


def _is_time(head: Item) -> bool:
    return head.is_a(Kind.TIME, Kind.SEASON) or head.word in ("monday", "tuesday", "wednesday", "thursday", "friday")
