"""What a noun phrase is: product, place, prop, market, channel, look or thing to avoid.

It depends on its head, on the preposition, verb or negation before it, and, when only a comma or "and" parts it from the
phrase before, on that phrase's role.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from domain.values import Size
from tools.language.draft import Said
from tools.language.fields import RELATING, frame, geo, light, looks, market, noun_of, place, product, prop, wording
from tools.language.items import GEO, NOUNS, Item
from tools.language.lexicon import LOOKS, Kind
from tools.language.phrases import Phrase
from tools.language.reading import Reading
from tools.language.tokens import TokenKind

_PLACING = frozenset({"on", "in", "at", "by", "over", "through", "against", "under", "next to", "behind", "in front of",
                      "above", "between", "around", "left of", "right of", "overlooking"})
_SPATIAL = RELATING - {"on"}


def read_phrase(r: Reading, phrase: Phrase, items: Sequence[Item], after: int) -> None:
    """Settle the role of `phrase`, which ends before `items[after]`, and write it into the draft."""
    clause = r.clause
    following = items[after] if after < len(items) else None
    role = ""
    if not phrase.items:
        return
    clause.market = clause.market or any(item.is_a(Kind.MARKET_VERB) for item in phrase.items)
    _trademarks(r, phrase)
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
    clause.inherited = bool(clause.preposition)                          # its object has been read
    r.last = phrase
    if role in ("product", "prop") and phrase.head is not None:
        r.subject = noun_of(phrase.head, r.lexicon)


def _labelled(r: Reading, phrase: Phrase) -> str:
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
    elif label == "product" and head is not None and r.clause.preposition == "":
        return product(r, phrase)
    elif label == "props" and head is not None and r.clause.preposition == "":
        return prop(r, phrase)
    elif label in ("mood", "style", "light") and r.clause.preposition == "" and not looks(r, phrase.items):
        kind = {"mood": Kind.MOOD, "style": Kind.STYLE, "light": Kind.LIGHT}[label]
        draft.look(kind, words, words)
        return "look"
    return ""


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
    if head is not None and clause.negated == "clause" and phrase.definite and phrase.is_a(Kind.GOODS) and (
        following is not None and following.is_a(Kind.PREPOSITION)
    ):
        return _role(r, phrase, following)
    if head is not None and phrase.is_a(Kind.OUTPUT, Kind.BACKDROP) and not (phrase.modifiers or phrase.colours):
        return ""
    if head is not None and phrase.is_a(Kind.ABSTRACT) and not phrase.modifiers and not phrase.is_a(Kind.TEXT_CUE, Kind.PROP):
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
    if head.is_a(Kind.OUTPUT, Kind.VIBE, Kind.BACKDROP, Kind.AUDIENCE, Kind.ABSTRACT) and not head.is_a(
        Kind.GOODS, Kind.PROP, Kind.PLACE, Kind.SURFACE
    ):
        return frame(r, phrase)
    if clause.preposition == "with" and head.is_a(Kind.PART) and r.draft.products:
        r.draft.products[-1].attributes.append(wording(phrase.items))
        return "part"
    if clause.preposition == "outside" and not head.is_a(Kind.PLACE):
        return ""
    if clause.preposition in _PLACING and not clause.inherited:
        return _placed(r, phrase)
    if clause.preposition == "with" and not (clause.inherited and not clause.joined):
        return _with(r, phrase)
    if clause.preposition == "of":
        return _of(r, phrase)
    if clause.preposition == "for" and not clause.inherited:
        return _for(r, phrase)
    if clause.preposition in ("from", "to", "as", "via") and not clause.inherited:
        towards = clause.preposition == "to"
        _markets_of(r, phrase)
        clause.preposition = ""
        if towards and head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE):
            return place(r, phrase)
        known = phrase.is_a(Kind.GOODS) and (phrase.possessive == "our" or (towards and phrase.definite))
        return product(r, phrase) if known else ""
    return _main(r, phrase, following)


def _main(r: Reading, phrase: Phrase, following: Item | None = None) -> str:  # noqa: PLR0911
    """A phrase without a preposition of its own."""
    clause, head = r.clause, phrase.head
    assert head is not None
    setting = head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE)
    listed = clause.joined and clause.role in ("product", "prop")
    if head.is_a(Kind.PERSON):
        if clause.verb == "other" and clause.subject in ("i", "we"):
            return ""
        return prop(r, phrase)
    object_too = head.is_a(Kind.PROP) and (clause.role == "prop" or bool(r.draft.products))
    if setting and not head.is_a(Kind.GOODS) and not object_too:
        return place(r, phrase)
    if head.is_a(Kind.GOODS):
        if r.draft.products and not phrase.definite and (_doing(following) or head.word in r.lexicon.serveware):
            return prop(r, phrase)
        ours = phrase.possessive in ("our", "its", "my") or head.keys in r.lexicon.own
        asked = clause.verb == "request" or clause.colon or not r.draft.products
        either = clause.joiner == "+" and head.is_a(Kind.PROP)
        if ours or asked or (listed and clause.role == "product" and not either):
            return product(r, phrase)
        if head.is_a(Kind.PROP, Kind.SUPPORT) or (listed and clause.role == "prop"):
            return prop(r, phrase)
        return product(r, phrase)
    if head.is_a(Kind.COLOUR) and not phrase.determiner and head.text.lower() == head.word and len(phrase.items) == 1:
        return _colour(r, head)
    if head.is_a(Kind.PROP, Kind.SUPPORT):
        return prop(r, phrase)
    if setting:
        return place(r, phrase)
    if head.is_a(Kind.MATERIAL) and not head.is_a(Kind.GOODS):
        return _material(r, phrase)
    return _unknown(r, phrase)


def _colour(r: Reading, head: Item) -> str:
    """ "orange" alone, without an article and in the singular, is the colour."""
    if r.draft.products and r.clause.role == "product":
        r.draft.products[-1].colours.append(head.text.lower())
        return "product"
    r.draft.look(Kind.STYLE, head.text.lower(), head.text.lower())
    return "look"


def _material(r: Reading, phrase: Phrase) -> str:
    """ "brown paper" is a surface; "leather" on its own says what the product is made of."""
    if phrase.colours or phrase.modifiers:
        return place(r, phrase)
    if r.draft.products and r.clause.role == "product":
        r.draft.products[-1].attributes.append(wording(phrase.items))
        return "product"
    return ""


def _doing(following: Item | None) -> bool:
    """True before "hanging", "lying": what does something of its own is not what is sold."""
    return following is not None and following.is_verb and following.word.endswith("ing")


def _unknown(r: Reading, phrase: Phrase) -> str:
    """A noun in no list: a product only where a product would stand, and only if it is a word or a name."""
    clause, head = r.clause, phrase.head
    assert head is not None
    if not head.known or head.senses:
        if not head.senses:
            if len(head.word) > 3:
                r.draft.note(f'not understood: "{head.text}"')
        return ""
    if clause.verb == "request" or clause.preposition == "of" or clause.colon or phrase.possessive == "our":
        return product(r, phrase, 2 if phrase.possessive == "our" and not head.senses else 1)
    if r.first and not clause.subject and not clause.verb:
        return product(r, phrase, 1)
    if clause.joined and clause.role == "product":
        return product(r, phrase, 1)
    return ""


def _placed(r: Reading, phrase: Phrase) -> str:  # noqa: PLR0911
    """A phrase after a preposition of place."""
    clause, head = r.clause, phrase.head
    assert head is not None
    relation = clause.preposition
    spatial = relation in _SPATIAL
    if head.is_a(Kind.PERSON):
        return prop(r, phrase, relation)
    if relation == "overlooking":
        return prop(r, phrase) if head.is_a(Kind.PLACE, Kind.PROP) else ""
    thing = head.is_a(Kind.SUPPORT, Kind.PROP) and (not head.is_a(Kind.SURFACE, Kind.PLACE) or spatial)
    beside = relation in ("left of", "right of") and phrase.definite
    if spatial and head.is_a(Kind.GOODS) and not head.is_a(Kind.PLACE, Kind.SURFACE) and (
        not head.is_a(Kind.PROP) or phrase.possessive == "our" or beside or _named(r, head)
    ):
        relation_to = noun_of(head, r.lexicon)
        subject = r.subject
        role = "product" if _named(r, head) else product(r, phrase)
        r.draft.relate(subject, relation, relation_to)
        return role
    if thing and not (relation in ("in", "at", "by") and head.is_a(Kind.PLACE)):
        if relation == "in" and head.is_a(Kind.SUPPORT) is False and head.is_a(Kind.PLACE):
            return place(r, phrase)
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
    if not head.senses and head.known and relation in ("on", "in", "at", "by") and not _is_time(head):
        return place(r, phrase) if r.draft.background is None and not clause.subject else ""
    return ""


def _named(r: Reading, head: Item) -> bool:
    noun = noun_of(head, r.lexicon)
    return any(p.noun == noun for p in r.draft.products)


def _with(r: Reading, phrase: Phrase) -> str:
    head = phrase.head
    assert head is not None
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


def _of(r: Reading, phrase: Phrase) -> str:
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
        r.draft.background = None                                        # "the wall of a living room": the room
        return place(r, phrase)
    if last is not None and clause.role in ("prop", "place") and last.head is not None:
        if clause.role == "prop" and r.draft.props:
            r.draft.props[-1].value += f" of {wording(phrase.core)}"
        return clause.role
    if head.is_a(Kind.GOODS):
        return product(r, phrase)
    clause.preposition = "of"
    role = _main(r, phrase)
    clause.preposition = ""
    return role


def _markets_of(r: Reading, phrase: Phrase) -> None:
    """ "for German moms", "to Danish gardeners": people of a market are the market."""
    head = phrase.head
    if head is not None and (head.is_a(Kind.PERSON, Kind.AUDIENCE) or not head.senses):
        for item in phrase.modifiers:
            if item.is_a(*GEO):
                market(r, item)


def _for(r: Reading, phrase: Phrase) -> str:
    head = phrase.head
    assert head is not None
    _markets_of(r, phrase)
    if head.is_a(Kind.PERSON) or (head.is_a(Kind.PLACE, Kind.SURFACE) and not head.is_a(Kind.GOODS)):
        looks(r, phrase.modifiers)
        return ""
    if head.is_a(Kind.GOODS):
        return product(r, phrase)
    if phrase.possessive == "our" or phrase.definite:
        return _unknown(r, phrase)
    return ""


def _competes(phrase: Phrase) -> bool:
    """True if a name is also a thing and stands as one ("china cup" has its own head; "turkey" without a capital)."""
    return phrase.head is not None and phrase.head.is_a(Kind.GOODS, Kind.PROP)


def _is_time(head: Item) -> bool:
    return head.is_a(Kind.TIME, Kind.SEASON) or head.word in ("monday", "tuesday", "wednesday", "thursday", "friday")
