"""What the grammar knows while it reads: the lexicon, the draft, and the clause it is in."""

from __future__ import annotations

from dataclasses import dataclass, field

from tools.language.draft import Draft
from tools.language.lexicon import Lexicon
from tools.language.phrases import Phrase


@dataclass(slots=True)
class Clause:
    """What is known about the clause being read."""

    preposition: str = ""
    passive: bool = False  # "surrounded by": the relation runs the other way
    inherited: bool = False  # the preposition comes from the phrase before, over a comma or "and"
    negated: str = ""  # "", "noun" or "clause"
    market: bool = False  # "legal in", "sold in"
    verb: str = ""  # the verb right before: "request", "other" or ""
    subject: str = ""  # a pronoun that began it
    role: str = ""  # of the phrase before
    joined: bool = False  # only commas and conjunctions since the phrase before
    joiner: str = ""  # the last of these: ",", "and", "+"
    aside: bool = False  # the sentence tells a story and asks for nothing
    count: int = 0  # of "two of our pillows"
    beside_it: bool = False  # the phrase is followed by "next to it"
    label: str = ""  # "Background: ...": what the rest of the line is
    colon: bool = False  # right after "Product:"


@dataclass(slots=True)
class Reading:
    """One request being read. `subject` is the noun a following "next to ..." would be about."""

    lexicon: Lexicon
    draft: Draft = field(default_factory=Draft)
    clause: Clause = field(default_factory=Clause)
    subject: str = ""
    last: Phrase | None = None
    first: bool = True
