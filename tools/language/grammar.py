"""The roles of noun phrases: product, place, prop, market, channel, look or thing to avoid, by position and preposition.

The grammar reads left to right, once. What a phrase is depends on its head, on the preposition, verb or negation before
it, and, when only a comma or "and" parts it from the phrase before, on that phrase's role.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.values import Size
from tools.language.draft import Draft, Product, Said
from tools.language.items import GEO, NOUNS, Item
from tools.language.lexicon import LOOKS, Kind, Lexicon
from tools.language.phrases import Phrase, phrasal, phrase_at
from tools.language.tokens import TokenKind

_ON = frozenset({"on", "in", "at", "by", "over", "through", "against", "under", "next to", "behind", "in front of",
                 "above", "between", "around", "left of", "right of", "overlooking"})
_RELATING = frozenset({"on", "over", "under", "above", "next to", "behind", "in front of", "between", "around",
                       "left of", "right of", "against"})
_SPATIAL = _RELATING - {"on"}
_LOOK = frozenset(LOOKS)
_PROPER = frozenset({Kind.COUNTRY, Kind.CITY})


@dataclass(slots=True)
class _Clause:
    """What is known about the clause being read."""

    preposition: str = ""
    inherited: bool = False        # the preposition comes from the phrase before, over a comma or "and"
    negated: str = ""              # "", "noun" or "clause"
    market: bool = False           # "legal in", "sold in"
    verb: str = ""                 # the verb right before: "request", "other" or ""
    subject: str = ""              # a pronoun that began it
    role: str = ""                 # of the phrase before
    joined: bool = False           # only commas and conjunctions since the phrase before
    colon: bool = False            # right after "Product:"


class Grammar:
    """Reads items into a Draft. One instance reads one request."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self.draft = Draft()
        self._clause = _Clause()
        self._subject: str = ""
        self._last: Phrase | None = None
        self._first = True

    def read(self, items: Sequence[Item]) -> Draft:
        """Read everything; returns the draft."""
        i = 0
        while i < len(items):
            item = items[i]
            if phrasal(item) and not (item.is_a(Kind.TEXT_CUE) and self._quote_after(items, i)):
                phrase, after = phrase_at(items, i, self._lexicon)
                self._phrase(phrase, items, after)
                i = after
            else:
                self._function(item, items, i)
                i += 1
        return self.draft

    # -- function words -------------------------------------------------------------------------------------------

    def _function(self, item: Item, items: Sequence[Item], i: int) -> None:  # noqa: PLR0912
        clause = self._clause
        if item.shape in (TokenKind.STOP, TokenKind.DASH):
            self._clause = _Clause()
            self._last = None if item.shape is TokenKind.STOP else self._last
        elif item.shape is TokenKind.COMMA:
            if clause.negated and not self._list_goes_on(items, i):
                clause.negated = ""
            clause.joined, clause.inherited, clause.verb, clause.market = True, True, "", False
        elif item.shape is TokenKind.COLON:
            self._clause = _Clause(colon=True)
        elif item.shape is TokenKind.SIZE:
            self._size(item.text)
        elif item.shape is TokenKind.RATIO:
            if item.text in self._lexicon.ratios:
                self.draft.size = (Size.parse(self._lexicon.ratios[item.text]), item.text)
        elif item.shape is TokenKind.QUOTE:
            self._quote(item, items, i)
        elif item.is_a(Kind.NOT_NOT):
            clause.negated = ""
        elif item.is_a(Kind.INSTRUCTION):
            self.draft.note(f'an instruction to the system was not followed: "{item.text}"')
        elif item.is_a(Kind.NOT_CLAUSE, Kind.NOT_NOUN) and not item.is_a(Kind.ADVERB):
            self._negation(item)
        elif item.is_a(Kind.PREPOSITION):
            clause.preposition, clause.inherited, clause.joined = item.senses[Kind.PREPOSITION], False, False
            self._pronoun_object(items, i)
        elif item.is_a(Kind.CONTRAST):
            clause.negated, clause.inherited = "", True
        elif item.is_a(Kind.CONJUNCTION):
            self._conjunction(item, items, i)
        elif item.is_verb or item.is_a(Kind.AUXILIARY):
            self._verb(item)
        elif item.is_a(Kind.PRONOUN):
            clause.subject = item.word
            clause.joined = False
        elif item.is_a(Kind.SUBORDINATOR):
            clause.negated = "" if clause.negated == "noun" or item.word in ("so", "because", "since") else clause.negated
            clause.preposition, clause.joined = "", False

    def _negation(self, item: Item) -> None:
        clause = self._clause
        if clause.negated and item.is_a(Kind.NOT_CLAUSE):
            clause.negated = ""                                          # "don't skip": two make none
            return
        clause.negated = "noun" if item.is_a(Kind.NOT_NOUN) else "clause"
        clause.preposition, clause.joined = "", False

    def _verb(self, item: Item) -> None:
        clause = self._clause
        if item.is_a(Kind.MARKET_VERB):
            clause.market = True
        if item.is_a(Kind.AUXILIARY) and not item.is_verb:
            return
        clause.verb = "request" if item.is_a(Kind.REQUEST_VERB) else "other"
        clause.preposition, clause.inherited, clause.joined = "", False, False

    def _conjunction(self, item: Item, items: Sequence[Item], i: int) -> None:
        clause = self._clause
        clause.joined, clause.inherited = True, True
        after = items[i + 1] if i + 1 < len(items) else None
        if clause.negated == "noun" and item.word not in ("or", "nor", "/") and not self._list_goes_on(items, i):
            clause.negated = ""
        if clause.negated and after is not None and (after.is_verb or after.is_a(Kind.PRONOUN)):
            clause.negated = clause.negated if item.word in ("or", "nor") else ""

    @staticmethod
    def _list_goes_on(items: Sequence[Item], i: int) -> bool:
        """True if the negated list goes on after this comma or "and": it ends in "or", "nor", or in "and" after a comma."""
        plain_and = items[i].is_a(Kind.CONJUNCTION)
        commas = 0
        for item in items[i + 1:]:
            if item.shape is TokenKind.COMMA:
                commas += 1
                continue
            if item.is_a(Kind.CONJUNCTION):
                return item.word in ("or", "nor") or (item.word == "and" and commas == 0 and not plain_and)
            if not phrasal(item) or item.is_verb:
                return False
            if any(k in _LOOK for k in item.senses) and not any(k in NOUNS for k in item.senses):
                return False
        return plain_and and items[i].word in ("and", "&") and commas == 0 and i > 0 and "list" in items[i].tags

    @staticmethod
    def _quote_after(items: Sequence[Item], i: int) -> bool:
        for item in items[i + 1:i + 4]:
            if item.shape is TokenKind.QUOTE:
                return True
            if not (item.shape is TokenKind.COLON or item.is_a(Kind.DETERMINER, Kind.AUXILIARY, Kind.VERB, Kind.TEXT_CUE)):
                return False
        return False

    def _quote(self, item: Item, items: Sequence[Item], i: int) -> None:
        """Text to set, unless the quotation names the noun beside it: our "Sunrise" shampoo."""
        before = items[i - 1] if i else None
        after = items[i + 1] if i + 1 < len(items) else None
        names = before is not None and (before.is_a(Kind.POSSESSIVE) or before.is_a(Kind.DETERMINER)) and (
            after is not None and after.is_a(Kind.GOODS))
        if self._clause.negated:
            self.draft.add(self.draft.avoid, item.quoted, item.text)
        elif names and after is not None:
            after.tags.add("named:" + item.quoted)
        elif item.quoted:
            self.draft.add(self.draft.text, item.quoted, item.text)

    def _size(self, text: str) -> None:
        digits = text.lower().removesuffix("px").strip().replace("*", "x").replace("×", "x").replace(" ", "")
        try:
            self.draft.size = (Size.parse(digits), text)
        except ValueError:
            self.draft.note(f"the size {text} cannot be drawn: each side must be 16 to 8192 pixels")

    def _pronoun_object(self, items: Sequence[Item], i: int) -> None:
        """ "a retriever behind it": a relation whose object is the product."""
        after = items[i + 1] if i + 1 < len(items) else None
        relation = items[i].senses[Kind.PREPOSITION]
        if after is not None and after.word in ("it", "them") and relation in _RELATING and self.draft.products:
            if not self._clause.negated:
                self.draft.relate(self._subject, relation, self.draft.products[-1].noun)
            self._clause.preposition = ""

    # -- noun phrases ---------------------------------------------------------------------------------------------

    def _phrase(self, phrase: Phrase, items: Sequence[Item], after: int) -> None:
        clause = self._clause
        following = items[after] if after < len(items) else None
        role = ""
        if phrase.head is None and not phrase.items:
            clause.verb = clause.verb or ""
            return
        self._trademarks(phrase)
        if clause.negated or (following is not None and following.is_a(Kind.NOT_AFTER)):
            role = self._negated(phrase, following)
        elif phrase.head is None:
            role = self._modifiers_only(phrase)
        else:
            role = self._role(phrase, following)
        if clause.negated == "noun" and not self._list_item_follows(items, after):
            clause.negated = ""
            clause.preposition = ""
        clause.role, clause.joined, clause.colon, self._first = role, False, False, False
        self._last = phrase
        if role in ("product", "prop") and phrase.head is not None:
            self._subject = _noun(phrase.head, self._lexicon)

    @staticmethod
    def _list_item_follows(items: Sequence[Item], after: int) -> bool:
        following = items[after] if after < len(items) else None
        return following is not None and (following.shape is TokenKind.COMMA or following.is_a(Kind.CONJUNCTION))

    def _trademarks(self, phrase: Phrase) -> None:
        for item in phrase.items:
            if item.is_a(Kind.TRADEMARK):
                self.draft.note(f"names another brand: {item.text}")

    def _negated(self, phrase: Phrase, following: Item | None) -> str:
        """Record what to avoid. Our own product in "don't put the can on a beach" is not what the negation means."""
        clause = self._clause
        head = phrase.head
        if head is not None and clause.negated == "clause" and phrase.definite and phrase.is_a(Kind.GOODS) and (
            following is not None and following.is_a(Kind.PREPOSITION)
        ):
            return self._role(phrase, following)
        if head is not None and phrase.is_a(Kind.OUTPUT) and not phrase.modifiers:
            return ""
        if head is not None and phrase.is_a(Kind.ABSTRACT) and not phrase.modifiers and not phrase.is_a(Kind.TEXT_CUE, Kind.PROP):
            return ""
        words = _surface(phrase.items)
        if words:
            self.draft.add(self.draft.avoid, words, words)
        return "avoid"

    def _modifiers_only(self, phrase: Phrase) -> str:
        """A run without a head: looks set fields, a colour belongs to the product named last."""
        self._looks(phrase.items)
        if phrase.colours and self.draft.products:
            self.draft.products[-1].colours += [c for c in phrase.colours if c not in self.draft.products[-1].colours]
            return "product"
        return "look"

    def _looks(self, items: Sequence[Item]) -> bool:
        found = False
        for item in items:
            for kind in LOOKS:
                if kind in item.senses:
                    self.draft.look(kind, item.senses[kind], item.text.lower())
                    found = True
                    break
        return found

    def _role(self, phrase: Phrase, following: Item | None) -> str:  # noqa: PLR0911, PLR0912
        clause, head = self._clause, phrase.head
        assert head is not None
        if phrase.is_a(*GEO) and not _competes(phrase):
            return self._geo(phrase)
        if head.is_a(Kind.CHANNEL):
            self.draft.add(self.draft.channels, head.senses[Kind.CHANNEL], head.text)
            self._looks(phrase.modifiers)
            return "channel"
        if head.is_a(Kind.NO_CHANNEL):
            self.draft.note(f'there is no channel for "{head.text}"')
            return "channel"
        if head.is_a(Kind.ORIENTATION):
            self.draft.size = self.draft.size or (Size.parse(head.senses[Kind.ORIENTATION]), head.text)
            return "look"
        if head.is_a(Kind.CAMERA) or (head.is_a(*LOOKS) and not head.is_a(*NOUNS)):
            self._looks(phrase.items)
            return "look"
        if head.is_a(Kind.LIGHT_NOUN) and not head.is_a(Kind.PROP) or (head.word == "sun" and phrase.modifiers):
            return self._light(phrase)
        if head.is_a(Kind.OUTPUT, Kind.VIBE, Kind.BACKDROP, Kind.AUDIENCE, Kind.ABSTRACT) and not head.is_a(
            Kind.GOODS, Kind.PROP, Kind.PLACE, Kind.SURFACE
        ):
            return self._frame(phrase)
        if clause.preposition == "with" and head.is_a(Kind.PART) and self.draft.products:
            self.draft.products[-1].attributes.append(_surface(phrase.items))
            return "part"
        if clause.preposition in _ON and not clause.inherited:
            return self._placed(phrase)
        if clause.preposition == "with" and not (clause.inherited and not clause.joined):
            return self._with(phrase)
        if clause.preposition == "of":
            return self._of(phrase)
        if clause.preposition == "for" and not clause.inherited:
            return self._for(phrase)
        if clause.preposition in ("from", "to", "as", "via") and not clause.inherited:
            clause.preposition = ""
            return self._product(phrase) if phrase.possessive == "our" and phrase.is_a(Kind.GOODS) else ""
        return self._main(phrase)

    def _main(self, phrase: Phrase) -> str:  # noqa: PLR0911
        """A phrase without a preposition of its own."""
        clause, head = self._clause, phrase.head
        assert head is not None
        place = head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE)
        listed = clause.joined and clause.role in ("product", "prop")
        if head.is_a(Kind.PERSON):
            if clause.verb == "other" and clause.subject in ("i", "we"):
                return ""
            return self._prop(phrase)
        if place and not head.is_a(Kind.GOODS) and not (head.is_a(Kind.PROP) and clause.role == "prop"):
            return self._place(phrase)
        if head.is_a(Kind.GOODS):
            ours = phrase.possessive in ("our", "its", "my") or head.keys in self._lexicon.own
            asked = clause.verb == "request" or clause.colon or not self.draft.products
            if ours or asked or (listed and clause.role == "product"):
                return self._product(phrase)
            if head.is_a(Kind.PROP, Kind.SUPPORT) or (listed and clause.role == "prop"):
                return self._prop(phrase)
            return self._product(phrase)
        if head.is_a(Kind.PROP, Kind.SUPPORT):
            return self._prop(phrase)
        if place:
            return self._place(phrase)
        if head.is_a(Kind.MATERIAL) and not head.is_a(Kind.GOODS):
            return ""
        return self._unknown(phrase)

    def _unknown(self, phrase: Phrase) -> str:
        """A noun in no list: a product only where a product would stand, and only if it is a word or a name."""
        clause, head = self._clause, phrase.head
        assert head is not None
        if not head.known or head.senses:
            if not head.senses:
                self.draft.note(f'not understood: "{head.text}"')
            return ""
        if clause.verb == "request" or clause.preposition == "of" or clause.colon or phrase.possessive == "our":
            return self._product(phrase, 2 if phrase.possessive == "our" and not head.senses else 1)
        if self._first and not clause.subject and not clause.verb:
            return self._product(phrase, 1)
        if clause.joined and clause.role == "product":
            return self._product(phrase, 1)
        return ""

    def _placed(self, phrase: Phrase) -> str:  # noqa: PLR0911
        """A phrase after a preposition of place."""
        clause, head = self._clause, phrase.head
        assert head is not None
        relation = clause.preposition
        spatial = relation in _SPATIAL
        if head.is_a(Kind.PERSON):
            return self._prop(phrase, relation)
        if relation == "overlooking":
            return self._prop(phrase) if head.is_a(Kind.PLACE, Kind.PROP) else ""
        thing = head.is_a(Kind.SUPPORT, Kind.PROP) and (not head.is_a(Kind.SURFACE, Kind.PLACE) or spatial)
        if spatial and head.is_a(Kind.GOODS) and (
            not head.is_a(Kind.PROP) or phrase.possessive == "our" or self._named(head)
        ):
            relation_to = _noun(head, self._lexicon)
            subject = self._subject
            role = "product" if self._named(head) else self._product(phrase)
            self.draft.relate(subject, relation, relation_to)
            return role
        if thing and not (relation in ("in", "at", "by") and head.is_a(Kind.PLACE)):
            if relation == "in" and head.is_a(Kind.SUPPORT) is False and head.is_a(Kind.PLACE):
                return self._place(phrase)
            return self._prop(phrase, relation)
        if head.is_a(Kind.PLACE, Kind.REGION, Kind.SURFACE):
            if relation in ("over", "above", "under", "against", "behind", "in front of"):
                self.draft.relate(self._subject, relation, _noun(head, self._lexicon))
            return self._place(phrase)
        if head.is_a(Kind.GOODS):
            if phrase.possessive == "our" or not self.draft.products:
                return self._product(phrase)
            return self._prop(phrase, relation)
        if head.is_a(Kind.MATERIAL) and relation in ("on", "against", "over"):
            return self._place(phrase)
        if not head.senses and head.known and relation in ("on", "in", "at", "by") and not _is_time(head):
            return self._place(phrase) if self.draft.background is None and not clause.subject else ""
        return ""

    def _named(self, head: Item) -> bool:
        noun = _noun(head, self._lexicon)
        return any(p.noun == noun for p in self.draft.products)

    def _with(self, phrase: Phrase) -> str:
        head = phrase.head
        assert head is not None
        if phrase.possessive == "our" and head.is_a(Kind.GOODS):
            return self._product(phrase)
        if head.is_a(Kind.GOODS) and not self.draft.products:
            return self._product(phrase)
        if head.is_a(Kind.PLACE, Kind.SURFACE) and not head.is_a(Kind.PROP, Kind.GOODS):
            return self._place(phrase)
        if head.is_a(Kind.MATERIAL) or not head.known:
            return ""
        return self._prop(phrase)

    def _of(self, phrase: Phrase) -> str:
        """ "photo of X" is about X; "a bottle of X" is a bottle; "the edge of X" is X."""
        head, last, clause = phrase.head, self._last, self._clause
        assert head is not None
        clause.preposition = ""
        if last is not None and last.is_a(Kind.GOODS) and clause.role == "product" and self.draft.products:
            self.draft.products[-1].attributes.append(_surface(phrase.items))
            return "product"
        if last is not None and clause.role in ("prop", "place") and last.head is not None:
            return clause.role
        if head.is_a(Kind.GOODS):
            return self._product(phrase)
        clause.preposition = "of"
        role = self._main(phrase)
        clause.preposition = ""
        return role

    def _for(self, phrase: Phrase) -> str:
        head = phrase.head
        assert head is not None
        if head.is_a(Kind.PERSON) or head.is_a(Kind.PLACE, Kind.SURFACE) and not head.is_a(Kind.GOODS):
            self._looks(phrase.modifiers)
            return ""
        if head.is_a(Kind.GOODS):
            return self._product(phrase)
        if phrase.possessive == "our" or phrase.definite:
            return self._unknown(phrase)
        return ""

    # -- what a phrase becomes ------------------------------------------------------------------------------------

    def _product(self, phrase: Phrase, strength: int = 3) -> str:
        head, draft = phrase.head, self.draft
        assert head is not None
        noun = _noun(head, self._lexicon)
        own = head.word.split()
        attributes = [" ".join(own[:-1])] if len(own) > 1 and " ".join(own) not in self._lexicon.whole else []
        for item in phrase.modifiers:
            if Kind.LIGHT in item.senses and not item.is_a(Kind.SHADE, Kind.ADJECTIVE):
                draft.look(Kind.LIGHT, item.senses[Kind.LIGHT], item.text.lower())
            else:
                attributes.append(item.text.lower())
            if Kind.THEME in item.senses:
                draft.look(Kind.THEME, item.senses[Kind.THEME], item.text.lower())
        attributes += [tag.removeprefix("named:") for item in phrase.items for tag in item.tags if tag.startswith("named:")]
        count = phrase.count or 1
        if noun in self._lexicon.paired and count == 2 and "pair" in phrase.determiner:
            count = 1
        text = _surface(phrase.items)
        same = next((p for p in draft.products if p.noun == noun and _mergeable(p, phrase, attributes)), None)
        if same is not None:
            same.colours += [c for c in phrase.colours if c not in same.colours]
            same.attributes += [a for a in attributes if a and a not in same.attributes]
            same.count = max(same.count, count)
            same.strength = max(same.strength, strength)
            same.text = max(same.text, text, key=len)
        else:
            draft.products.append(Product(noun, text, count, list(phrase.colours), [a for a in attributes if a], strength))
        return "product"

    def _prop(self, phrase: Phrase, relation: str = "") -> str:
        head, draft = phrase.head, self.draft
        assert head is not None
        self._looks([m for m in phrase.modifiers if m.is_a(Kind.THEME, Kind.SEASON)])
        words = _surface([i for i in phrase.items if not (i.is_a(Kind.THEME, Kind.SEASON) and i is not head)])
        draft.add(draft.props, words, words)
        if relation in _RELATING:
            draft.relate(self._subject, relation, _noun(head, self._lexicon))
        return "prop"

    def _place(self, phrase: Phrase) -> str:
        head, draft = phrase.head, self.draft
        assert head is not None
        geo = [i for i in phrase.modifiers if i.is_a(*_PROPER)]
        self._looks([i for i in phrase.modifiers if i not in geo])
        kept = [i for i in phrase.items if i is head or not i.is_a(*LOOKS) or i.is_a(Kind.MATERIAL, Kind.SURFACE, Kind.PLACE)]
        words = _surface(kept)
        said = _surface(phrase.items)
        surface = head.is_a(Kind.SURFACE) or (head.is_a(Kind.MATERIAL) and not head.is_a(Kind.PLACE))
        if surface and (head.is_a(Kind.PLACE) is False or self._clause.preposition == "on"):
            draft.surface = draft.surface or Said(words, said)
        elif draft.background is None:
            draft.background = Said(words, said)
        else:
            self._second_place(words, said)
        return "place"

    def _second_place(self, words: str, said: str) -> None:
        """A further place: kept as the background's detail if it is another one."""
        assert self.draft.background is not None
        if words not in self.draft.background.value:
            self.draft.add(self.draft.props, words, said)

    def _light(self, phrase: Phrase) -> str:
        """ "soft morning light": the time of day, and the light by its adjective."""
        adjectives = [m for m in phrase.modifiers if not m.is_a(Kind.TIME, Kind.SEASON, Kind.WEATHER, Kind.THEME)]
        self._looks([m for m in phrase.modifiers if m not in adjectives])
        head = phrase.head
        assert head is not None
        if adjectives:
            words = " ".join(m.text.lower() for m in adjectives)
            senses = self._lexicon.phrases.get((*adjectives[-1].keys, "light"), {})
            value = senses.get(Kind.LIGHT) or adjectives[-1].senses.get(Kind.LIGHT) or f"{words} light"
            self.draft.look(Kind.LIGHT, value, f"{words} {head.text.lower()}")
        elif head.word == "sun":
            self.draft.look(Kind.LIGHT, "sunlit", _surface(phrase.items))
        return "look"

    def _frame(self, phrase: Phrase) -> str:
        """A noun about the picture itself ("image", "feel", "background", "campaign"): its modifiers are the looks."""
        head, draft, clause = phrase.head, self.draft, self._clause
        assert head is not None
        if head.is_a(Kind.AUDIENCE, Kind.ABSTRACT):
            for item in phrase.modifiers:
                if item.is_a(*GEO) and head.is_a(Kind.AUDIENCE):
                    self._market(item)
        for item in phrase.modifiers:
            if item.is_a(Kind.CHANNEL):
                draft.add(draft.channels, item.senses[Kind.CHANNEL], item.text)
            elif item.is_a(Kind.ORIENTATION):
                draft.size = draft.size or (Size.parse(item.senses[Kind.ORIENTATION]), item.text)
        if head.is_a(Kind.OUTPUT):
            self._looks(phrase.modifiers)
            if phrase.count is not None and phrase.count > 0:
                draft.count = (phrase.count, f"{phrase.count} {head.text.lower()}")
            goods = next((m for m in phrase.modifiers if m.is_a(Kind.GOODS)), None)
            if goods is not None and not draft.products:
                self._product(Phrase([goods], goods))
            return "frame"
        if head.is_a(Kind.BACKDROP):
            return self._backdrop(phrase)
        if head.is_a(Kind.VIBE):
            rest = [m for m in phrase.modifiers if not m.is_a(*LOOKS)]
            if not self._looks(phrase.modifiers) and rest and not any(m.is_a(*GEO) for m in rest):
                place = next((m for m in rest if m.is_a(Kind.PLACE)), None)
                if place is not None:
                    draft.background = draft.background or Said(place.text.lower(), place.text.lower())
            return "look"
        self._looks([m for m in phrase.modifiers if m.is_a(Kind.THEME, Kind.SEASON)])
        if clause.preposition == "for" and phrase.possessive == "our" and not phrase.modifiers:
            return ""
        return ""

    def _backdrop(self, phrase: Phrase) -> str:
        draft, head = self.draft, phrase.head
        assert head is not None
        place = next((m for m in phrase.modifiers if m.is_a(Kind.PLACE, Kind.SURFACE)), None)
        words = _surface(phrase.items)
        self._looks([m for m in phrase.modifiers if m.is_a(Kind.STYLE, Kind.SEASON, Kind.WEATHER, Kind.TIME)])
        if place is not None and head.word != "wall":
            draft.background = draft.background or Said(
                place.text.lower() if place.is_a(Kind.PLACE) else words, words)
        elif phrase.modifiers or phrase.colours:
            draft.weak_background = draft.weak_background or Said(words, words)
        return "place"

    def _geo(self, phrase: Phrase) -> str:
        """A country, city, language or people: a market, or the place of the picture."""
        clause, head = self._clause, phrase.head
        assert head is not None
        relation = clause.preposition
        self._looks(phrase.modifiers)
        if head.is_a(Kind.DEMONYM) and not head.is_a(*_PROPER):
            if relation in ("in", "for", "to", "with") or clause.role == "market":
                self._market(head)
                return "market"
            return ""
        if clause.market or relation in ("for", "to", "through") or (clause.joined and clause.role == "market"):
            self._market(head)
            return "market"
        if relation in ("in", "at", "on", "over", "overlooking", "from") and not clause.inherited:
            if relation in ("in", "at") and self.draft.named_place is None:
                self.draft.named_place = Said(head.text, head.text)
            return "place"
        if head.is_a(Kind.CITY):
            self.draft.pending_cities.append(Said(f"{head.text}|{head.senses[Kind.CITY]}", head.text))
            return "market"
        if clause.subject or clause.verb:
            return ""
        self._market(head)
        return "market"

    def _market(self, item: Item) -> None:
        kind = next(k for k in (Kind.COUNTRY, Kind.CITY, Kind.DEMONYM) if k in item.senses)
        for code in item.senses[kind].split():
            self.draft.add(self.draft.markets, code, item.text)


def _mergeable(product: Product, phrase: Phrase, attributes: Sequence[str]) -> bool:
    """True if `phrase` speaks of `product` again: "the can", or the same words; another colour or count is another one."""
    if phrase.colours and product.colours and set(phrase.colours) != set(product.colours):
        return False
    return phrase.definite or not phrase.determiner or set(attributes) <= set(product.attributes)


def _competes(phrase: Phrase) -> bool:
    """True if a name is also a thing and stands as one ("china cup" has its own head; "turkey" without a capital)."""
    return phrase.head is not None and phrase.head.is_a(Kind.GOODS, Kind.PROP)


def _is_time(head: Item) -> bool:
    return head.is_a(Kind.TIME, Kind.SEASON) or head.word in ("monday", "tuesday", "wednesday", "thursday", "friday")


def _noun(head: Item, lexicon: Lexicon) -> str:
    """The head noun in singular: the last word of its phrase, unless the phrase is one word in all but writing."""
    return head.word if head.word in lexicon.whole else head.keys[-1]


def _surface(items: Sequence[Item]) -> str:
    """The items' own words in order; lower case but for names."""
    words = []
    for item in items:
        text = item.text if item.is_a(*GEO, Kind.REGION, Kind.TRADEMARK) else item.text.lower()
        if item.glued and words:
            words[-1] += "-" + text
        else:
            words.append(text)
    return " ".join(words)
