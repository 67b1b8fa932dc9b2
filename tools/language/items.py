"""Tokens to items: each the longest known phrase at its place, or a single unknown word, with what it can be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from tools.language.lexicon import Keys, Kind, Lexicon
from tools.language.spelling import Speller
from tools.language.tokens import Token, TokenKind

NOUNS = frozenset(
    {
        Kind.GOODS,
        Kind.PROP,
        Kind.PERSON,
        Kind.PLACE,
        Kind.REGION,
        Kind.SURFACE,
        Kind.SUPPORT,
        Kind.OUTPUT,
        Kind.VIBE,
        Kind.BACKDROP,
        Kind.LIGHT_NOUN,
        Kind.ABSTRACT,
        Kind.AUDIENCE,
        Kind.PART,
    }
)
GEO = frozenset({Kind.COUNTRY, Kind.CITY, Kind.DEMONYM})
_FUNCTION = frozenset(
    {
        Kind.DETERMINER,
        Kind.POSSESSIVE,
        Kind.PRONOUN,
        Kind.CONJUNCTION,
        Kind.CONTRAST,
        Kind.SUBORDINATOR,
        Kind.AUXILIARY,
        Kind.ADVERB,
        Kind.NOT_NOUN,
        Kind.NOT_CLAUSE,
        Kind.NOT_NOT,
        Kind.NOT_AFTER,
        Kind.PREPOSITION,
        Kind.BESIDE_IT,
        Kind.TEXT_CUE,
        Kind.INSTRUCTION,
    }
)
_VERBS = frozenset({Kind.REQUEST_VERB, Kind.MARKET_VERB, Kind.VERB})
_CODES = {
    "SE",
    "DK",
    "FI",
    "DE",
    "FR",
    "NL",
    "ES",
    "PT",
    "PL",
    "CZ",
    "GB",
    "UK",
    "US",
    "USA",
    "UAE",
    "EU",
    "CH",
    "BE",
    "AU",
    "NZ",
    "JP",
    "KR",
    "CN",
    "MX",
    "BR",
    "NO",
    "IE",
    "AT",
    "CA",
    "GR",
    "HU",
    "RO",
    "SG",
    "BG",
    "CY",
    "EE",
    "HR",
    "IT",
    "LT",
    "LU",
    "LV",
    "MT",
    "SI",
    "SK",
}
_CODE_OF = {"UK": "GB", "USA": "US", "UAE": "AE", "EU": "EU27"}


@dataclass(slots=True)
class Item:
    """A phrase of the request: its tokens' text and place, its keys, and its senses (kind to canonical value)."""

    text: str
    keys: Keys
    senses: dict[Kind, str]
    start: int
    end: int
    shape: TokenKind = TokenKind.WORD
    glued: bool = False
    fixed: bool = False
    known: bool = True
    quoted: str = ""
    tags: set[str] = field(default_factory=set)

    def is_a(self, *kinds: Kind) -> bool:
        """True if it can be any of `kinds`."""
        return any(kind in self.senses for kind in kinds)

    @property
    def word(self) -> str:
        """The keys joined: the phrase in singular, without case or accents."""
        return " ".join(self.keys)

    @property
    def is_verb(self) -> bool:
        """True if it stands as a verb here."""
        return "verb" in self.tags

    @property
    def is_function(self) -> bool:
        """True if it belongs to the closed classes and has no reading as a noun or a look."""
        return bool(self.senses) and all(kind in _FUNCTION for kind in self.senses)


def items(request: str, tokens: Sequence[Token], lexicon: Lexicon, speller: Speller) -> list[Item]:
    """Group the `tokens` of `request` into items, correcting spelling where that is certain; settle verbs and nouns."""
    shouting = sum(t.text.isupper() for t in tokens if len(t.text) > 2) > 0.6 * max(
        1, sum(t.kind is TokenKind.WORD and len(t.text) > 2 for t in tokens)
    )
    keys = [_spelling(tokens, i, lexicon, speller, shouting) for i in range(len(tokens))]
    found: list[Item] = []
    i = 0
    while i < len(tokens):
        token = tokens[i]
        if token.kind in (TokenKind.OTHER,) and token.text in "&+/":
            found.append(Item(token.text, (token.text,), {Kind.CONJUNCTION: token.text}, token.start, token.end))
            i += 1
            continue
        if token.kind is not TokenKind.WORD:
            item = _from_shape(token, tokens, i, lexicon)
            size = 1
            if token.kind in (TokenKind.NUMBER, TokenKind.MEASURE, TokenKind.SIZE, TokenKind.RATIO):
                size, senses = _longest(tokens, keys, i, lexicon, shouting)
                if senses:
                    item = Item("", tuple(keys[i : i + size]), senses, token.start, tokens[i + size - 1].end)
            found.append(item)
            i += max(1, size)
            continue
        size, senses = _longest(tokens, keys, i, lexicon, shouting)
        last = tokens[i + size - 1]
        item = Item("", tuple(keys[i : i + size]), dict(senses), token.start, last.end, glued=token.glued)
        if not _inside(tokens, i):
            item.tags.add("first")
        item.fixed = any(keys[j] != tokens[j].key for j in range(i, i + size))
        if not senses:
            item.known = speller.is_word(keys[i]) or token.text[0].isupper()
            _from_letters(item, token, found, lexicon, shouting)
        found.append(item)
        i += size
    for item in found:
        item.text = " ".join(item.keys) if item.fixed else " ".join(request[item.start : item.end].split())
    _settle_verbs(found)
    return found


def _spelling(tokens: Sequence[Token], i: int, lexicon: Lexicon, speller: Speller, shouting: bool) -> str:
    token = tokens[i]
    if token.text == "&":
        return "and"
    if token.kind is not TokenKind.WORD or token.key in lexicon.words:
        return token.key
    starts = i == 0 or tokens[i - 1].kind in (TokenKind.STOP, TokenKind.COLON)
    name = token.text[0].isupper() and not starts and not shouting
    return speller.correct(token.key, lexicon.proper if name else None) or token.key


def _longest(
    tokens: Sequence[Token], keys: list[str], i: int, lexicon: Lexicon, shouting: bool
) -> tuple[int, dict[Kind, str]]:
    """The longest phrase at `i` and its senses; (1, {}) if there is none."""
    reach = min(lexicon.longest.get(keys[i], 0), len(tokens) - i)
    for size in range(reach, 0, -1):
        phrase = tuple(keys[i : i + size])
        senses = lexicon.phrases.get(phrase)
        if senses is None:
            continue
        lower = not tokens[i].text[0].isupper() or (shouting and not tokens[i].text.isupper())
        if phrase in lexicon.capitalised_only:
            named = not (lower or shouting) and (len(keys[i]) > 2 or tokens[i].text.isupper())
            senses = {
                kind: value
                for kind, value in senses.items()
                if (kind in GEO) == named or (named and kind not in _FUNCTION)
            }
        if tokens[i].text[0].islower() and Kind.TRADEMARK in senses and (size == 1 and keys[i] in lexicon.plain):
            senses = {kind: value for kind, value in senses.items() if kind is not Kind.TRADEMARK}
        if Kind.TRADEMARK in senses and tokens[i].text[0].isupper() and not shouting and _inside(tokens, i):
            senses = {Kind.TRADEMARK: senses[Kind.TRADEMARK]}
        if senses:
            return size, dict(senses)
    return 1, {}


def _inside(tokens: Sequence[Token], i: int) -> bool:
    """True if a capital at `i` is not just that of a sentence's first word."""
    return i > 0 and tokens[i - 1].kind not in (TokenKind.STOP, TokenKind.COLON, TokenKind.QUOTE)


def _from_shape(token: Token, tokens: Sequence[Token], i: int, lexicon: Lexicon) -> Item:
    item = Item(token.text, (token.key,), {}, token.start, token.end, shape=token.kind)
    if token.kind is TokenKind.QUOTE:
        item.quoted = token.text[1:-1].strip()
    elif token.kind is TokenKind.FLAG:
        code = "".join(chr(ord(c) - 0x1F1E6 + ord("A")) for c in token.text)
        if code in lexicon.market_names:
            item.senses[Kind.COUNTRY] = code
    elif token.kind is TokenKind.NUMBER and token.text.isdigit():
        item.senses[Kind.NUMBER] = token.text
    elif token.kind is TokenKind.MEASURE:
        item.senses[Kind.ADJECTIVE] = token.text
    elif token.kind is TokenKind.TIMES:
        item.senses[Kind.NUMBER] = "".join(c for c in token.text if c.isdigit())
    return item


def _from_letters(item: Item, token: Token, before: list[Item], lexicon: Lexicon, shouting: bool) -> None:
    """What the shape of an unknown word says: a market code, the channel X, an adverb, a verb form, an adjective."""
    text, word = token.text, item.word
    if not shouting and text in _CODES:
        item.senses[Kind.COUNTRY] = _CODE_OF.get(text, text)
    elif text == "X":
        item.senses[Kind.CHANNEL] = "x"
    elif word.endswith("ly") and len(word) > 4:
        item.senses[Kind.ADVERB] = word
    elif word.endswith(("ing", "ed")) and len(word) > 4:
        stem = word[:-3] if word.endswith("ing") else word[:-2]
        roots = (stem, stem + "e", stem[:-1] if len(stem) > 2 and stem[-1] == stem[-2] else stem)
        for root in roots:
            senses = lexicon.phrases.get((root,), {})
            verb = next((k for k in (Kind.REQUEST_VERB, Kind.MARKET_VERB, Kind.VERB) if k in senses), None)
            if verb:
                item.senses[verb] = root
                break
        else:
            item.senses[Kind.ADJECTIVE] = word
    elif (
        text.lower() == word
        and word.endswith(("y", "ful", "ous", "ish", "ive", "able", "less", "ic", "al"))
        and len(word) > 4
    ):
        item.tags.add("adjective-like")


def _settle_verbs(found: list[Item]) -> None:
    """Tag the items that stand as verbs, and drop "can" the helper from "can" the product."""
    for i, item in enumerate(found):
        before = found[i - 1] if i else None
        after = found[i + 1] if i + 1 < len(found) else None
        if code := _code(item, before, after):
            item.senses = {Kind.COUNTRY: code}
            continue
        if item.keys == ("can",):
            if _modal(before, after):
                item.senses = {Kind.AUXILIARY: "can"}
            continue
        _settle_small(item, before, after, found[max(0, i - 6) : i])
        if not item.is_a(*_VERBS):
            continue
        nominal = [k for k in item.senses if k not in _VERBS and k not in _FUNCTION]
        if item.keys[0] in ("look", "feel") and after is not None and _describes(after):
            nominal = []
        if not nominal:
            item.tags.add("verb")
        elif before is None or before.shape in _BREAKS or before.is_a(Kind.ADVERB, Kind.CONJUNCTION):
            starts = after is not None and after.is_a(Kind.DETERMINER, Kind.POSSESSIVE, Kind.PRONOUN)
            starts = starts or (after is not None and after.is_a(Kind.NUMBER) and not item.is_a(Kind.GOODS))
            if starts:
                item.tags.add("verb")
        elif before.is_a(Kind.PRONOUN, Kind.AUXILIARY) or before.keys == ("to",):
            if not before.is_a(Kind.DETERMINER):
                item.tags.add("verb")
        elif before.is_a(Kind.NOT_CLAUSE) and after is not None and not after.is_a(Kind.NOT_AFTER):
            item.tags.add("verb")


def _code(item: Item, before: Item | None, after: Item | None) -> str:
    """The market of "AT" in "DE and AT" and "NO" in "for NO": codes that are also small words, in a list of codes.

    "NO people" shouts; it is followed by what is not wanted.
    """
    if item.text not in _CODES or item.is_a(*GEO):
        return ""
    listed = before is not None and (
        before.shape is TokenKind.COMMA or before.is_a(Kind.CONJUNCTION, Kind.COUNTRY) or before.keys == ("for",)
    )
    ends = after is None or after.shape in _BREAKS or after.is_a(Kind.CONJUNCTION, Kind.COUNTRY)
    return _CODE_OF.get(item.text, item.text) if listed and ends else ""


def _settle_small(item: Item, before: Item | None, after: Item | None, window: Sequence[Item]) -> None:
    """ "20% off" is no preposition; "LinkedIn no" and "leave people out" deny what stands before."""
    if item.keys == ("story",) and _stands_alone(before, after):
        item.senses = {Kind.CHANNEL: "instagram-story"}
    elif item.keys == ("off",) and before is not None and before.shape is TokenKind.PERCENT:
        item.senses = {Kind.ADVERB: "off"}
    elif _denies_before(item, before, after, window):
        item.senses = {Kind.NOT_AFTER: item.word}


def _stands_alone(before: Item | None, after: Item | None) -> bool:
    """True for the "story" of "candle, Finland, story" and "for a story"; not for "the story of our can"."""
    starts = before is None or before.shape in _BREAKS or before.is_a(Kind.CHANNEL, Kind.NUMBER)
    asked = before is not None and before.keys in (("for",), ("a",), ("as",))
    return (starts or asked) and (after is None or after.shape in _BREAKS or after.is_a(Kind.CONJUNCTION))


def _denies_before(item: Item, before: Item | None, after: Item | None, window: Sequence[Item]) -> bool:
    """True for the "no" of "LinkedIn no, Instagram yes" and the "out" of "leave people out"."""
    if item.keys == ("out",):
        return any(earlier.word in ("leave", "keep") for earlier in window)
    ends = after is None or after.shape in _BREAKS
    return item.keys == ("no",) and before is not None and before.is_a(*NOUNS, Kind.CHANNEL) and ends


def _describes(item: Item) -> bool:
    return item.is_a(Kind.ADJECTIVE, Kind.MOOD, Kind.STYLE, Kind.LIGHT, Kind.NOT_CLAUSE) and not item.is_a(*_VERBS)


_BREAKS = (TokenKind.STOP, TokenKind.COMMA, TokenKind.COLON, TokenKind.DASH)


def _modal(before: Item | None, after: Item | None) -> bool:
    """True if "can" is the helping verb: before a pronoun, a verb or a negation, and not after an article."""
    if before is not None and before.is_a(Kind.DETERMINER, Kind.POSSESSIVE, Kind.ADJECTIVE, Kind.COLOUR, Kind.NUMBER):
        return before.is_a(Kind.PRONOUN) and after is not None and after.is_a(*_VERBS, Kind.AUXILIARY)
    if before is not None and before.is_a(Kind.PRONOUN):
        return True
    if after is None:
        return False
    return (after.is_a(Kind.PRONOUN, Kind.AUXILIARY, *_VERBS) and not after.is_a(*NOUNS)) or after.is_a(
        Kind.REQUEST_VERB
    )
