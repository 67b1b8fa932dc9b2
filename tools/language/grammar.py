"""The grammar: reads items left to right, once, keeping track of clauses, prepositions, verbs and negation.

Noun phrases are handed to `roles`; what they turn out to be is written into the draft by `fields`.
"""

from __future__ import annotations

from collections.abc import Sequence

from domain.values import Size
from tools.language.draft import Draft
from tools.language.fields import RELATING
from tools.language.items import GEO, NOUNS, Item
from tools.language.lexicon import LOOKS, Kind, Lexicon
from tools.language.phrases import phrasal, phrase_at
from tools.language.reading import Clause, Reading
from tools.language.roles import read_phrase
from tools.language.tokens import TokenKind

_LOOK = frozenset(LOOKS)
_WHERE_TO = (*GEO, Kind.CHANNEL)
_EXCEPTING = ("except", "except for", "other than", "apart from")
_REPLACING = ("replace", "swap", "exchange")


def parse(items: Sequence[Item], lexicon: Lexicon) -> Draft:
    """Everything the items of one request say, as a draft of its Brief."""
    r = Reading(lexicon)
    i = 0
    r.clause.aside = _is_story(items, 0, lexicon)
    while i < len(items):
        item = items[i]
        if phrasal(item) and not (item.is_a(Kind.TEXT_CUE) and _quote_after(items, i)):
            phrase, after = phrase_at(items, i, lexicon)
            read_phrase(r, phrase, items, after)
            i = after
        else:
            _function(r, item, items, i)
            i += 1
    return r.draft


def _function(r: Reading, item: Item, items: Sequence[Item], i: int) -> None:
    """What is no part of a noun phrase: punctuation, sizes and quotations, and the words of the closed classes."""
    clause = r.clause
    if item.shape in (TokenKind.STOP, TokenKind.DASH):
        r.clause = Clause(aside=_is_story(items, i + 1, r.lexicon))
        r.last = None if item.shape is TokenKind.STOP else r.last
    elif item.shape is TokenKind.COMMA:
        if clause.negated and clause.label != "avoid" and not _list_goes_on(items, i):
            clause.negated = ""
        clause.joined, clause.inherited, clause.verb, clause.market, clause.joiner = True, True, "", False, ","
        clause.subject = ""
    elif item.shape is TokenKind.COLON:
        _colon(r, items, i)
    elif item.shape is TokenKind.SIZE:
        _size(r, item.text)
    elif item.shape is TokenKind.RATIO and item.text in r.lexicon.ratios:
        _set_size(r, Size.parse(r.lexicon.ratios[item.text]), item.text)
    elif item.shape is TokenKind.QUOTE:
        _quote(r, item, items, i)
    else:
        _word(r, item, items, i)


def _is_story(items: Sequence[Item], start: int, lexicon: Lexicon) -> bool:
    """True if the sentence from `start` tells what happened ("my phone died") and wishes for nothing."""
    words: list[str] = []
    for item in items[start:]:
        if item.shape in (TokenKind.STOP, TokenKind.COLON):
            break
        words += item.keys
    found = {tuple(words[i : i + n]) for n in (1, 2, 3) for i in range(len(words) - n + 1)}
    return not found.isdisjoint(lexicon.story) and found.isdisjoint(lexicon.wish)


def _colon(r: Reading, items: Sequence[Item], i: int) -> None:
    """ "Background:", "Behind it:", "Don't:", "skincare set:" """
    r.clause = Clause(colon=True, label=_label(items, i, r.lexicon), aside=_is_story(items, i + 1, r.lexicon))
    if i >= 2 and items[i - 1].word in ("it", "them") and items[i - 2].is_a(Kind.PREPOSITION):
        r.clause.label = "background" if items[i - 2].senses[Kind.PREPOSITION] == "behind" else "props"
    if r.clause.label == "text":
        _unquoted(r, items, i)
    if r.clause.label == "avoid":
        r.clause.negated = "clause"
    if r.draft.products and r.draft.products[-1].noun in r.lexicon.sets and len(items) > i + 1:
        r.draft.products.pop()  # "skincare set: cleanser, toner" lists what it is


def _word(r: Reading, item: Item, items: Sequence[Item], i: int) -> None:  # noqa: PLR0912
    clause = r.clause
    if item.is_a(Kind.NOT_NOT):
        clause.negated = ""
    elif item.is_a(Kind.INSTRUCTION):
        r.draft.note(f'an instruction to the system was not followed: "{item.text}"')
    elif item.is_a(Kind.NOT_CLAUSE, Kind.NOT_NOUN) and not item.is_a(Kind.ADVERB):
        _negation(r, item)
    elif item.word in _REPLACING and item.is_verb:
        clause.negated = "replaced"
    elif item.is_a(Kind.PREPOSITION) and clause.negated == "replaced":
        clause.negated, clause.preposition, clause.inherited = "", "on", False  # "replace the beach by a pool"
    elif item.is_a(Kind.BESIDE_IT):
        if r.draft.products and not clause.negated:
            r.draft.relate(r.subject, item.senses[Kind.BESIDE_IT], r.draft.products[-1].noun)
    elif item.is_a(Kind.PREPOSITION):
        if clause.negated == "noun" and i and items[i - 1].is_a(Kind.PRONOUN):
            clause.negated = ""  # "without anything next to the bottle": the bottle stays
        clause.preposition, clause.inherited, clause.joined = item.senses[Kind.PREPOSITION], False, False
        clause.passive = item.word in ("surrounded by", "encircled by")
        _pronoun_object(r, items, i)
    elif item.is_a(Kind.CONTRAST):
        clause.negated, clause.inherited = "", True
        clause.aside = clause.aside and item.word not in ("but", "however")
    elif item.is_a(Kind.CONJUNCTION):
        _conjunction(r, item, items, i)
    elif item.is_verb or item.is_a(Kind.AUXILIARY):
        _verb(r, item)
    elif item.word in ("side by side", "next to each other", "together") and len(r.draft.products) > 1:
        r.draft.relate(r.draft.products[-2].noun, "next to", r.draft.products[-1].noun)
    elif item.word in ("nobody", "no one") and not clause.aside:
        r.draft.add(r.draft.avoid, "people", item.text)
    elif item.is_a(Kind.PRONOUN):
        if i == 0 or not items[i - 1].is_a(Kind.PREPOSITION):
            clause.subject = item.word
        clause.joined = False
        if item.word in ("it", "them"):
            clause.verb = ""  # the object has been named: "make it pop"
    elif item.is_a(Kind.SUBORDINATOR):
        clause.negated = "" if clause.negated == "noun" or item.word in ("so", "because", "since") else clause.negated
        clause.preposition, clause.joined = "", False


def _unquoted(r: Reading, items: Sequence[Item], i: int) -> None:
    """ "Headline: Fresh today" without quotation marks: the words up to the end of the sentence."""
    line: list[Item] = []
    for item in items[i + 1 :]:
        if item.shape in (TokenKind.STOP, TokenKind.QUOTE, TokenKind.DASH):
            break
        line.append(item)
    if line and not any(item.shape is TokenKind.QUOTE for item in items[i + 1 : i + 1 + len(line) + 1]):
        words = " ".join(item.text for item in line).replace(" ,", ",")
        r.draft.add(r.draft.text, words, words)
        for item in line:
            item.senses, item.shape = {Kind.ADVERB: item.word}, TokenKind.OTHER


def _label(items: Sequence[Item], i: int, lexicon: Lexicon) -> str:
    """What "Background:" or "Look and feel:" says about the rest of its line."""
    for n in (3, 2, 1):
        if i >= n:
            label = lexicon.labels.get(" ".join(word for item in items[i - n : i] for word in item.keys))
            if label:
                return label
    return ""


def _negation(r: Reading, item: Item) -> None:
    clause = r.clause
    if clause.role == "avoid" and item.word in _EXCEPTING:
        clause.negated, clause.preposition, clause.joined = "", "", False  # "no text except the logo"
        return
    if clause.negated and item.is_a(Kind.NOT_CLAUSE):
        clause.negated = ""  # "don't skip": two make none
        return
    clause.negated = "noun" if item.is_a(Kind.NOT_NOUN) else "clause"
    clause.preposition, clause.joined = "", False


def _verb(r: Reading, item: Item) -> None:
    clause = r.clause
    if item.is_a(Kind.MARKET_VERB):
        clause.market = True
    if item.is_a(Kind.AUXILIARY) and not item.is_verb:
        return
    clause.verb = "request" if item.is_a(Kind.REQUEST_VERB) else "other"
    clause.preposition, clause.inherited, clause.joined = "", False, False


def _conjunction(r: Reading, item: Item, items: Sequence[Item], i: int) -> None:
    clause = r.clause
    clause.joined, clause.inherited, clause.joiner = True, True, item.word
    after = items[i + 1] if i + 1 < len(items) else None
    if clause.negated == "noun" and item.word not in ("or", "nor", "/") and not _list_goes_on(items, i):
        clause.negated = ""
    if clause.negated and after is not None and (after.is_verb or after.is_a(Kind.PRONOUN)):
        clause.negated = clause.negated if item.word in ("or", "nor") else ""


def _list_goes_on(items: Sequence[Item], i: int) -> bool:
    """True if the negated list goes on after this comma or "and": it ends in "or", "nor", or in "and" after a comma."""
    plain_and = items[i].is_a(Kind.CONJUNCTION)
    commas = 0
    if items[i + 1 :] and items[i + 1].is_a(*_WHERE_TO) and not (i and items[i - 1].is_a(*_WHERE_TO)):
        return False  # "no text, DE and AT": a market does not continue a list of things
    for item in items[i + 1 :]:
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


def _quote_after(items: Sequence[Item], i: int) -> bool:
    for item in items[i + 1 : i + 4]:
        if item.shape is TokenKind.QUOTE:
            return True
        if not (item.shape is TokenKind.COLON or item.is_a(Kind.DETERMINER, Kind.AUXILIARY, Kind.VERB, Kind.TEXT_CUE)):
            return False
    return False


def _quote(r: Reading, item: Item, items: Sequence[Item], i: int) -> None:
    """Text to set, unless the quotation names the noun beside it: our "Sunrise" shampoo."""
    before = items[i - 1] if i else None
    after = items[i + 1] if i + 1 < len(items) else None
    names = (
        before is not None
        and (before.is_a(Kind.POSSESSIVE) or before.is_a(Kind.DETERMINER))
        and (after is not None and after.is_a(Kind.GOODS))
    )
    if r.clause.negated:
        r.draft.add(r.draft.avoid, item.quoted, item.text)
    elif names and after is not None:
        after.tags.add("named:" + item.quoted)
    elif item.quoted:
        r.draft.add(r.draft.text, item.quoted, item.text)


def _size(r: Reading, text: str) -> None:
    digits = text.lower().removesuffix("px").strip().replace("*", "x").replace("×", "x").replace(" ", "")
    try:
        _set_size(r, Size.parse(digits), text)
    except ValueError:
        r.draft.note(f"the size {text} cannot be drawn: each side must be 16 to 8192 pixels")


def _set_size(r: Reading, size: Size, said: str) -> None:
    if r.draft.size is None:
        r.draft.size = (size, said)
    elif r.draft.size[0] != size:
        r.draft.note(f"more than one size is named: {r.draft.size[1]} was taken, {said} was not")


def _pronoun_object(r: Reading, items: Sequence[Item], i: int) -> None:
    """ "a retriever behind it": a relation whose object is the product."""
    after = items[i + 1] if i + 1 < len(items) else None
    relation = items[i].senses[Kind.PREPOSITION]
    if after is not None and after.word in ("it", "them") and relation in RELATING and r.draft.products:
        if not r.clause.negated:
            r.draft.relate(r.subject, relation, r.draft.products[-1].noun)
        r.clause.preposition = ""
