"""A request as tokens: words, numbers, sizes, measures, quotations, flags and punctuation, each with its place."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from domain.errors import BadInput

LONGEST_REQUEST = 20_000
"""Characters. A longer text is a document, not a request; reading it would also take longer than a person waits."""


class TokenKind(StrEnum):
    """What a token is by its shape alone."""

    WORD = "word"
    NUMBER = "number"
    SIZE = "size"  # 1080x1350
    RATIO = "ratio"  # 16:9
    MEASURE = "measure"  # 330ml, 20 cm
    TIMES = "times"  # x2, 3x
    PERCENT = "percent"
    QUOTE = "quote"  # "Fresh today"
    FLAG = "flag"  # two regional indicators: a country
    STOP = "stop"  # . ! ? ; newline
    COMMA = "comma"
    COLON = "colon"
    DASH = "dash"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `key` is what the lexicon is asked for; `glued` tokens follow a hyphen ("blood-orange")."""

    text: str
    key: str
    kind: TokenKind
    start: int
    end: int
    glued: bool = False


_WORD = r"[^\W\d_]+(?:['’][^\W\d_]+)*['’]?"
_CODE = (
    r"(?![x×]\d{1,2}(?!\w))[^\W\d_]{1,4}\d{1,4}[^\W_]*"
    r"|\d{1,2}[dgk](?![^\W_])|\d{2,4}s(?![^\W_])|(?:[^\W\d_]\.){2,}|x\.com\b"
)
"""Words with digits in them: A4, SPF50, Y2K, 3D, 80s; and words with dots: U.S., x.com."""
_PATTERN = re.compile(
    r"(?P<url>https?://\S+|www\.\S+|\S+@\S+\.\S+)"
    r"|(?P<quote>\"[^\"\n]{1,300}\"|“[^”\n]{1,300}”|„[^“”\n]{1,300}[“”]|«[^»\n]{1,300}»"
    r"|(?<![^\s(:,=])['‘][^'’\n]{1,200}['’](?![^\W\d_]))"
    r"|(?P<with>\bw/o?(?![^\W\d_]))"
    r"|(?P<flag>[\U0001F1E6-\U0001F1FF]{2})"
    r"|(?P<size>\d{2,5}\s?[x×*]\s?\d{2,5}(?:\s?px)?)"
    r"|(?P<ratio>\d{1,2}(?:\.\d{1,2})?:\d{1,2}(?![\d:]))"
    r"|(?P<percent>\d+(?:[.,]\d+)?\s?%)"
    r"|(?P<measure>\d+(?:[.,]\d+)?\s?-?(?:ml|cl|dl|l|litres?|liters?|g|kg|oz|lbs?|cm|mm|m|inch(?:es)?|w|kw|mah|gb|tb|v)(?![^\W_]))"
    rf"|(?P<code>{_CODE})"
    r"|(?P<times>[x×]\s?\d{1,2}(?!\w)|\d{1,2}\s?[x×](?!\w))"
    r"|(?P<number>\d+(?:[.,]\d+)?(?:st|nd|rd|th)?)"
    rf"|(?P<word>{_WORD})"
    r"|(?P<stop>[.!?;\n\r…]+|\s[-–—]{2,}\s)"
    r"|(?P<comma>,)|(?P<colon>:)|(?P<dash>\s[-–—]+\s|—)|(?P<other>[&+/|()=\[\]{}*#@<>~_\\^$€£-])",
    re.IGNORECASE,
)
_IRREGULAR = {
    "leaves": "leaf",
    "shelves": "shelf",
    "loaves": "loaf",
    "knives": "knife",
    "scarves": "scarf",
    "halves": "half",
    "wolves": "wolf",
    "women": "woman",
    "men": "man",
    "children": "child",
    "feet": "foot",
    "geese": "goose",
    "mice": "mouse",
    "teeth": "tooth",
    "wives": "wife",
    "potatoes": "potato",
    "tomatoes": "tomato",
    "shoes": "shoe",
    "cookies": "cookie",
    "pies": "pie",
    "ties": "tie",
    "movies": "movie",
    "smoothies": "smoothie",
    "selfies": "selfie",
    "hoodies": "hoodie",
    "onesies": "onesie",
    "brownies": "brownie",
    "beanies": "beanie",
    "axes": "axe",
    "calves": "calf",
    "veggies": "veggie",
    "berries": "berry",
    "candies": "candy",
    "canoes": "canoe",
    "toes": "toe",
    "mangoes": "mango",
    "headaches": "headache",
    "moustaches": "moustache",
    "quiches": "quiche",
    "caches": "cache",
    "niches": "niche",
    "avalanches": "avalanche",
    "cliches": "cliche",
    "roll ups": "roll up",
}
_WORDLIKE = re.compile(r"[^\W\d_]", re.UNICODE)


def tokens(text: str) -> list[Token]:
    """Split `text` into tokens; emoji and other marks that carry no words are passed over.

    Raises BadInput if the text is empty, has neither a word nor a number nor a flag, or is longer than
    `LONGEST_REQUEST` characters.
    """
    if len(text) > LONGEST_REQUEST:
        raise BadInput(
            f"the request is {len(text):,} characters long",
            where="request",
            hint=f"keep it under {LONGEST_REQUEST:,} characters: say what to show, where, and for which market",
        )
    found: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup or "other"
        if kind == "url":
            continue
        piece, start = match.group(), match.start()
        kind = "word" if kind == "code" else kind
        if kind == "with":
            word = "without" if "o" in piece.lower() else "with"
            found.append(Token(word, word, TokenKind.WORD, start, match.end()))
            continue
        if kind == "dash" or (kind == "stop" and "-" in piece):
            kind = "dash"
        glued = kind == "word" and start > 0 and text[start - 1] in "-‐‑" and start > 1 and text[start - 2].isalnum()
        if kind == "other" and piece == "-" and 0 < start < len(text) - 1 and text[start - 1].isalnum():
            continue  # the hyphen inside a compound
        found.append(Token(piece, key("".join(piece.split())), TokenKind(kind), start, match.end(), glued))
    if not any(t.kind in _CONTENT for t in found):
        raise BadInput(
            "the request has no words",
            where="request",
            hint='say what to show and where: "our blood-orange can on a sunlit terrace, for Sweden, Instagram"',
        )
    return found


_CONTENT = {TokenKind.WORD, TokenKind.QUOTE, TokenKind.FLAG, TokenKind.SIZE, TokenKind.MEASURE}
PLURALS: set[str] = set()
"""Words that look plural and are kept as they are; filled from the lexicon when it is loaded."""


@lru_cache(maxsize=65_536)
def key(word: str) -> str:
    """The form under which a word is looked up: no case, no accents, no possessive 's, singular."""
    return singular(fold(word))


def fold(word: str) -> str:
    """Lower case without accents; typographic apostrophes become plain ones, a possessive 's is dropped."""
    plain = word.casefold().replace(".", "")
    if not plain.isascii():
        plain = unicodedata.normalize("NFKD", plain.replace("’", "'").replace("‘", "'"))
        plain = "".join(c for c in plain if not unicodedata.combining(c))
    return plain[:-2] if plain.endswith("'s") and len(plain) > 3 else plain.rstrip("'")


def singular(word: str) -> str:
    """The singular of an English noun by rule; words of the lexicon's `plural` list are left alone."""
    if len(word) < 4 or word in PLURALS or not word.endswith(("s", "n", "t", "e")):
        return _IRREGULAR.get(word, word)
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if not word.endswith("s") or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ches", "shes", "xes", "sses", "zzes")):
        return word[:-2]
    return word[:-1]
