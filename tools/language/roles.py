"""What a noun phrase is: product, place, prop, market, channel, look or thing to avoid.

It depends on its head, on the preposition, verb or negation before it, and, when only a comma or "and" parts it from
the phrase before, on that phrase's role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.values import Size
from tools.language.draft import GUESSED, Said
from tools.language.fields import RELATING, light, looks, noun_of, place, product, prop, wording
from tools.language.frames import frame, geo, marketplace
from tools.language.items import GEO, NOUNS, Item
from tools.language.lexicon import LOOKS, Kind
from tools.language.phrases import Phrase
from tools.language.placing import accompanying, markets_of, meant_for, part_of, placed
from tools.language.reading import Reading
from tools.language.standing import main_role
from tools.language.tokens import TokenKind

_PAIRING = frozenset({"between", "next to", "around", "behind", "in front of"})
_PLACING = frozenset(
    {
        "on",
        "in",
        "at",
        "by",
        "over",
        "through",
        "against",
        "under",
        "next to",
        "behind",
        "in front of",
        "above",
        "between",
        "around",
        "left of",
        "right of",
        "overlooking",
    }
)


def read_phrase(r: Reading, phrase: Phrase, items: Sequence[Item], after: int) -> None:
    """Settle the role of `phrase`, which ends before `items[after]`, and write it into the draft."""
    clause = r.clause
    following = items[after] if after < len(items) else None
    role = ""
    if not phrase.items:
        _bare_number(r, phrase, items[after : after + 2])
        return
    clause.beside_it = _beside_it(items[after : after + 2])
    trading = (item for item in phrase.items if not (item is phrase.head and item.is_a(Kind.AUDIENCE)))
    clause.market = clause.market or any(item.is_a(Kind.MARKET_VERB) for item in trading)  # not the noun "market"
    _trademarks(r, phrase)
    if clause.aside:
        if phrase.is_a(Kind.GOODS) and not clause.negated and not phrase.is_a(Kind.PLACE):
            product(r, phrase, GUESSED)
        return
    named = following is not None and following.word in ("one", "ones") and r.draft.products
    if named and clause.role == "product" and not clause.negated and not phrase.is_a(Kind.GOODS):
        _the_one(r, phrase)
        role = "product"
    elif clause.label and not clause.negated and (labelled := _labelled(r, phrase)):
        role = labelled
    elif clause.negated or (following is not None and following.is_a(Kind.NOT_AFTER)):
        role = _negated(r, phrase, following)
    elif phrase.head is None:
        role = _modifiers_only(r, phrase)
    else:
        role = _role(r, phrase, following)
    if clause.negated == "noun" and not _list_item_follows(items, after):
        clause.negated = ""
        clause.preposition = ""
    clause.role, clause.joined, clause.colon, r.first = role, False, False, False
    clause.inherited = bool(clause.preposition)  # its object has been read
    r.last = phrase
    if role in ("product", "prop") and phrase.head is not None:
        r.subject = noun_of(phrase.head, r.lexicon)
        if r.subject in r.lexicon.sets and r.draft.products and role == "product":
            r.subject = r.draft.products[-1].noun


def _bare_number(r: Reading, phrase: Phrase, following: Sequence[Item]) -> None:
    """ "two of our pillows" counts pillows, "ten of these" pictures."""
    words = [item.word for item in following]
    if phrase.count and words[:1] == ["of"]:
        if words[1:] and words[1] in ("these", "those", "them", "it", "this"):
            r.draft.count = (phrase.count, f"{phrase.count} of {words[1]}")
        else:
            r.clause.count = phrase.count


def _beside_it(following: Sequence[Item]) -> bool:
    if not following:
        return False
    if following[0].is_a(Kind.BESIDE_IT):
        return True
    pronoun = len(following) > 1 and following[1].word in ("it", "them")
    return pronoun and following[0].senses.get(Kind.PREPOSITION) in RELATING


def _paired(r: Reading, phrase: Phrase) -> bool:
    """True for the lamp of "between a book and a lamp"."""
    clause = r.clause
    joined = clause.inherited and clause.joined and clause.joiner == "and" and clause.preposition in _PAIRING
    related = bool(r.draft.relations) and r.draft.relations[-1].relation == clause.preposition
    return joined and related and phrase.possessive != "our" and phrase.is_a(Kind.PROP, Kind.GOODS, Kind.PERSON)


def _labelled(r: Reading, phrase: Phrase) -> str:  # noqa: PLR0911
    """The role a label gives: "Background: gradient purple". Empty if what follows says better itself what it is."""
    label, draft, words = r.clause.label, r.draft, wording(phrase.items)
    head = phrase.head
    if head is not None and head.is_a(*GEO, Kind.CHANNEL, Kind.NO_CHANNEL, Kind.ORIENTATION, *LOOKS):
        return ""
    if label == "background":
        if head is not None and head.is_a(Kind.PLACE, Kind.SURFACE, Kind.REGION):
            return place(r, phrase)
        if draft.background is None and r.clause.preposition in ("", "of"):
            words = words if phrase.colours == [] or head is not None else f"{words} background"
            draft.background = Said(words, words)
            return "place"
    elif label == "market" and head is not None and head.is_a(Kind.PERSON, Kind.AUDIENCE):
        markets_of(r, phrase)
        return "market"
    elif label == "product" and _sellable(head) and r.clause.preposition == "":
        return product(r, phrase)
    elif label == "props" and head is not None and r.clause.preposition == "":
        return prop(r, phrase)
    elif label in ("mood", "style", "light") and r.clause.preposition == "" and not looks(r, phrase.items):
        kind = {"mood": Kind.MOOD, "style": Kind.STYLE, "light": Kind.LIGHT}[label]
        draft.look(kind, words, words)
        return "look"
    return ""


def _sellable(head: Item | None) -> bool:
    """Goods, or a noun in no list: not "shape", "label" or "material"."""
    return head is not None and (head.is_a(Kind.GOODS) or not head.senses)


def _the_one(r: Reading, phrase: Phrase) -> None:
    """ "our tea, the jasmine one": what sets the product apart."""
    last = r.draft.products[-1]
    last.colours += [colour for colour in phrase.colours if colour not in last.colours]
    rest = [item for item in phrase.items if not item.is_a(Kind.COLOUR, Kind.SHADE)]
    if rest and wording(rest) not in last.attributes:
        last.attributes.append(wording(rest))


def _list_item_follows(items: Sequence[Item], after: int) -> bool:
    following = items[after] if after < len(items) else None
    return following is not None and (following.shape is TokenKind.COMMA or following.is_a(Kind.CONJUNCTION))


def _trademarks(r: Reading, phrase: Phrase) -> None:
    for item in phrase.items:
        if item.is_a(Kind.TRADEMARK):
            name = re.sub("['’]s$", "", item.text)
            r.draft.note(f"names another brand: {name}")


def _negated(r: Reading, phrase: Phrase, following: Item | None) -> str:
    """Record what to avoid. Our own product in "don't put the can on a beach" is not what the negation means."""
    clause = r.clause
    head = phrase.head
    if clause.preposition == "from":  # "remove the text from the label": the label stays
        clause.negated = ""
        first = phrase.definite and head is not None and not r.draft.products
        return _role(r, phrase, following) if first else ""
    if (
        head is not None
        and clause.negated == "clause"
        and phrase.definite
        and phrase.is_a(Kind.GOODS)
        and (following is not None and following.is_a(Kind.PREPOSITION))
    ):
        return _role(r, phrase, following)
    if head is not None and phrase.is_a(Kind.OUTPUT, Kind.BACKDROP) and not (phrase.modifiers or phrase.colours):
        return ""
    if (
        head is not None
        and phrase.is_a(Kind.ABSTRACT)
        and not phrase.modifiers
        and not phrase.is_a(Kind.TEXT_CUE, Kind.PROP)
    ):
        return ""
    words = wording(phrase.items)
    if words:
        r.draft.add(r.draft.avoid, words, words)
    return "avoid"


def _modifiers_only(r: Reading, phrase: Phrase) -> str:
    """A run without a head: looks set fields, a colour belongs to the product named last."""
    clause = r.clause
    looks(r, phrase.modifiers)
    if phrase.colours and clause.preposition in ("on", "against") and not clause.inherited:
        words = " and ".join(phrase.colours)
        r.draft.weak_background = r.draft.weak_background or Said(f"{words} background", words)
        return "place"
    if phrase.colours and r.draft.products and (clause.role == "product" or clause.preposition == "in"):
        r.draft.products[-1].colours += [c for c in phrase.colours if c not in r.draft.products[-1].colours]
        return "product"
    if phrase.colours and not any(item.is_a(Kind.PRONOUN) for item in phrase.items):
        r.draft.look(Kind.STYLE, " and ".join(phrase.colours), wording(phrase.items))
    return "look"


def _role(r: Reading, phrase: Phrase, following: Item | None) -> str:  # noqa: PLR0911, PLR0912
    clause, head = r.clause, phrase.head
    assert head is not None
    if phrase.is_a(*GEO) and not _competes(phrase):
        return geo(r, phrase)
    if head.is_a(Kind.CHANNEL):
        r.draft.add(r.draft.channels, head.senses[Kind.CHANNEL], head.text)
        looks(r, phrase.modifiers)
        return "channel"
    if head.is_a(Kind.NO_CHANNEL):
        r.draft.note(f'there is no channel for "{head.text}"')
        return "channel"
    if head.is_a(Kind.ORIENTATION):
        r.draft.size = r.draft.size or (Size.parse(head.senses[Kind.ORIENTATION]), head.text)
        return "look"
    if head.is_a(Kind.CAMERA) or (head.is_a(*LOOKS) and not head.is_a(*NOUNS)):
        looks(r, phrase.items)
        return "look"
    if (head.is_a(Kind.LIGHT_NOUN) and not head.is_a(Kind.PROP)) or (head.word == "sun" and phrase.modifiers):
        return light(r, phrase)
    if marketplace(r, phrase, following):
        return place(r, phrase)
    if head.is_a(Kind.OUTPUT, Kind.VIBE, Kind.BACKDROP, Kind.AUDIENCE, Kind.ABSTRACT) and not head.is_a(
        Kind.GOODS, Kind.PROP, Kind.PLACE, Kind.SURFACE
    ):
        return frame(r, phrase)
    if clause.preposition == "with" and head.is_a(Kind.PART) and r.draft.products and clause.role != "avoid":
        r.draft.products[-1].attributes.append(wording(phrase.items))
        return "part"
    if clause.preposition == "outside" and not head.is_a(Kind.PLACE):
        return ""
    if clause.role == "prop" and _paired(r, phrase):
        r.subject = r.draft.relations[-1].subject  # "between a book and a lamp": both
        return prop(r, phrase, clause.preposition)
    if clause.preposition in _PLACING and not clause.inherited:
        return placed(r, phrase)
    if clause.preposition == "with" and not (clause.inherited and not clause.joined):
        return accompanying(r, phrase)
    if clause.preposition == "of":
        return part_of(r, phrase)
    if clause.preposition == "for" and not clause.inherited:
        return meant_for(r, phrase)
    if clause.preposition in ("from", "to", "as", "via") and not clause.inherited:
        towards = clause.preposition == "to"
        markets_of(r, phrase)
        clause.preposition = ""
        if towards and head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE):
            return place(r, phrase)
        known = phrase.is_a(Kind.GOODS) and (phrase.possessive == "our" or (towards and phrase.definite))
        first = phrase.is_a(Kind.GOODS) and phrase.definite and not r.draft.products
        return product(r, phrase) if known or first else ""
    return main_role(r, phrase, following)


def _competes(phrase: Phrase) -> bool:
    """True if a name is also a thing and stands as one ("china cup" has its own head; "turkey" without a capital)."""
    return phrase.head is not None and phrase.head.is_a(Kind.GOODS, Kind.PROP)
