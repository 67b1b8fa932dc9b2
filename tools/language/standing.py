"""What a noun phrase without a preposition of its own is: mostly a product, a prop or a place, by its head."""

from __future__ import annotations

from tools.language.fields import place, product, prop, wording
from tools.language.items import Item
from tools.language.lexicon import Kind
from tools.language.phrases import Phrase
from tools.language.reading import Reading


def main_role(r: Reading, phrase: Phrase, following: Item | None = None) -> str:  # noqa: PLR0911
    """A phrase without a preposition of its own."""
    clause, head = r.clause, phrase.head
    assert head is not None
    if clause.beside_it and r.draft.products and phrase.possessive != "our" and (head.known or head.senses):
        return place(r, phrase) if head.is_a(Kind.PLACE) and not head.is_a(Kind.PROP) else prop(r, phrase)
    setting = head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE)
    listed = clause.joined and clause.role in ("product", "prop")
    if head.is_a(Kind.PERSON):
        told = clause.verb == "other" and clause.subject in ("i", "we")
        return "" if told or clause.market else prop(r, phrase)  # "our customers are mostly women"
    object_too = head.is_a(Kind.PROP) and (clause.role == "prop" or bool(r.draft.products))
    object_too = object_too and not (head.is_a(Kind.PLACE) and r.draft.background is None)
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
    return unknown_noun(r, phrase)


def _material(r: Reading, phrase: Phrase) -> str:
    """ "brown paper" is a surface; "leather" on its own says what the product is made of."""
    if phrase.colours or phrase.modifiers:
        return place(r, phrase)
    if r.draft.products and r.clause.role == "product":
        r.draft.products[-1].attributes.append(wording(phrase.items))
        return "product"
    return ""


def _colour(r: Reading, head: Item) -> str:
    """ "orange" alone, without an article and in the singular, is the colour."""
    if r.draft.products and r.clause.role == "product":
        r.draft.products[-1].colours.append(head.text.lower())
        return "product"
    r.draft.look(Kind.STYLE, head.text.lower(), head.text.lower())
    return "look"


def _doing(following: Item | None) -> bool:
    """True before "hanging", "lying": what does something of its own is not what is sold."""
    return following is not None and following.is_verb and following.word.endswith("ing")


def unknown_noun(r: Reading, phrase: Phrase) -> str:
    """A noun in no list: a product only where a product would stand, and only if it is a word or a name."""
    clause, head = r.clause, phrase.head
    assert head is not None
    if not head.known or head.senses:
        if not head.senses and len(head.word) > 3:
            r.draft.note(f'not understood: "{head.text}"')
        return ""
    if clause.verb == "request" or clause.preposition == "of" or clause.colon or phrase.possessive == "our":
        return product(r, phrase, 2 if phrase.possessive == "our" and not head.senses else 1)
    if r.first and not clause.subject and not clause.verb:
        return product(r, phrase, 1)
    if clause.joined and clause.role == "product":
        return product(r, phrase, 1)
    return ""
