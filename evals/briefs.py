"""How well requests are read: precision, recall and F1 by field of the Brief, against a keyword baseline.

    python -m evals.briefs [--split dev|held_out] [--show]

A predicted value counts as right if the words of one of the expected alternatives are all in it and at most two words
are added ("sunlit terrace" is right for "terrace"). Attributes are compared word by word. The baseline uses the same
word lists and no grammar: every goods word is a product, every place the background, the word after "no" is avoided.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Callable, Iterable
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from domain.brief import Brief
from domain.errors import BadInput
from domain.values import Origin
from tools.language.lexicon import LOOKS, Kind, load_lexicon
from tools.language.reader import BuiltinReader
from tools.language.tokens import TokenKind, key, tokens

Values = dict[str, list[str]]
Read = Callable[[str], Values]
FIELDS = (
    "products",
    "counts",
    "colours",
    "attributes",
    "background",
    "surface",
    *(kind.value for kind in LOOKS),
    "props",
    "relations",
    "avoid",
    "text",
    "markets",
    "channels",
    "size",
    "count",
    "note",
)
_SPARE_WORDS = 2


class Case(BaseModel):
    """One request and what a careful reader takes from it."""

    model_config = ConfigDict(extra="forbid")

    id: str
    request: str
    expect: dict[str, str | int | list[str]]

    def expected(self) -> Values:
        """Every field as a list of texts, attributes split into words."""
        lists = {f: v if isinstance(v, list) else [str(v)] for f, v in self.expect.items()}
        return _split_attributes(lists)


class Score(BaseModel):
    """Counts of one field over a set of requests."""

    right: int = 0
    predicted: int = 0
    expected: int = 0

    @property
    def precision(self) -> float:
        """Share of what was read that is right; 1 if nothing was read."""
        return self.right / self.predicted if self.predicted else 1.0

    @property
    def recall(self) -> float:
        """Share of what was there that was read; 1 if nothing was there."""
        return self.right / self.expected if self.expected else 1.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall (van Rijsbergen 1979)."""
        total = self.predicted + self.expected
        return 2 * self.right / total if total else 1.0


def load(split: str) -> list[Case]:
    """The cases of one split of `suites/briefs.yaml`: "dev" or "held_out"."""
    text = resources.files("evals").joinpath("suites", "briefs.yaml").read_text("utf-8")
    return [Case.model_validate(case) for case in yaml.safe_load(text)[split]]


def values(brief: Brief) -> Values:
    """A Brief as lists of texts by field, the shape the suite is written in."""
    found: Values = {f: [] for f in FIELDS}
    for part in brief.products:
        mention = part.value
        found["products"].append(mention.noun)
        found["colours"] += [f"{mention.noun}: {colour}" for colour in mention.colours]
        found["attributes"] += [f"{mention.noun}: {attribute}" for attribute in mention.attributes]
        if mention.count != 1:
            found["counts"].append(f"{mention.noun}: {mention.count}")
    for field in ("background", "surface", *(kind.value for kind in LOOKS)):
        one = getattr(brief, field)
        if one is not None:
            found[field] = one.value.split(", ") if field not in ("background", "surface") else [one.value]
    for field in ("props", "avoid", "text", "markets", "channels"):
        found[field] = [part.value for part in getattr(brief, field)]
    found["relations"] = [f"{r.subject} {r.relation} {r.object}" for r in brief.relations]
    found["size"] = [str(brief.size.value)] if brief.size else []
    found["count"] = [str(brief.count.value)] if brief.count.origin is not Origin.ASSUMED else []
    found["note"] = [note for note in brief.notes if "another brand" in note or "instruction" in note]
    return _split_attributes(found)


def score(cases: Iterable[Case], read: Read) -> tuple[dict[str, Score], list[str]]:
    """Scores by field (and "all"), and one line for each value missed or made up."""
    counts: dict[str, Counter[str]] = {f: Counter() for f in FIELDS}
    lines: list[str] = []
    for case in cases:
        expected, predicted = case.expected(), read(case.request)
        for field in FIELDS:
            missed, extra, right = _compare(expected.get(field, []), predicted.get(field, []), field)
            counts[field].update(right=right, predicted=right + len(extra), expected=right + len(missed))
            lines += [f"{case.id} {field}: missed {value!r}" for value in missed]
            lines += [f"{case.id} {field}: made up {value!r}" for value in extra]
    scores = {f: Score(**c) for f, c in counts.items()}
    scores["all"] = Score(
        right=sum(s.right for s in scores.values()),
        predicted=sum(s.predicted for s in scores.values()),
        expected=sum(s.expected for s in scores.values()),
    )
    return scores, lines


def grammar_reader() -> Read:
    """The built-in reader."""
    reader = BuiltinReader()

    def read(request: str) -> Values:
        try:
            return values(reader.read(request, "demo"))
        except BadInput:
            return {}

    return read


def keyword_reader() -> Read:
    """The baseline: the same word lists, longest phrase first, no grammar."""
    lexicon = load_lexicon()

    def read(request: str) -> Values:
        words = [t for t in tokens(request) if t.kind in (TokenKind.WORD, TokenKind.QUOTE, TokenKind.SIZE)]
        found: Values = {f: [] for f in FIELDS}
        i = 0
        while i < len(words):
            if words[i].kind is TokenKind.QUOTE:
                found["text"].append(words[i].text[1:-1])
            elif words[i].kind is TokenKind.SIZE:
                found["size"].append(words[i].text)
            reach = min(lexicon.longest.get(words[i].key, 0), len(words) - i)
            size = next(
                (n for n in range(reach, 0, -1) if tuple(w.key for w in words[i : i + n]) in lexicon.phrases), 1
            )
            keys = tuple(w.key for w in words[i : i + size])
            senses = lexicon.phrases.get(keys, {})
            after_no = i > 0 and words[i - 1].key in ("no", "not", "without")
            _keyword(found, senses, " ".join(keys), after_no)
            i += size
        found["background"] = (found["background"] or found["surface"])[:1]
        found["surface"] = found["surface"][:1]
        return _split_attributes({f: list(dict.fromkeys(v)) for f, v in found.items()})

    return read


def _keyword(found: Values, senses: dict[Kind, str], words: str, after_no: bool) -> None:
    if after_no and senses:
        found["avoid"].append(words)
    elif Kind.GOODS in senses:
        found["products"].append(words.rsplit(maxsplit=1)[-1])
    elif Kind.COLOUR in senses and found["products"]:
        found["colours"].append(f"{found['products'][-1]}: {words}")
    elif Kind.PLACE in senses:
        found["background"].append(words)
    elif Kind.SURFACE in senses:
        found["surface"].append(words)
    elif Kind.PROP in senses or Kind.PERSON in senses:
        found["props"].append(words)
    for kind in (Kind.COUNTRY, Kind.CITY, Kind.DEMONYM):
        found["markets"] += senses[kind].split() if kind in senses else []
    if Kind.CHANNEL in senses:
        found["channels"].append(senses[Kind.CHANNEL])
    for kind in LOOKS:
        if kind in senses and not after_no:
            found[kind.value].append(senses[kind])


def _split_attributes(lists: Values) -> Values:
    """ "can: lemon soda" as "can: lemon" and "can: soda"."""
    words = [
        f"{noun}: {word}"
        for item in lists.get("attributes", [])
        for noun, _, rest in [item.partition(": ")]
        for word in rest.split("|")[0].split()
    ]
    return {**lists, "attributes": words}


def _compare(expected: list[str], predicted: list[str], field: str) -> tuple[list[str], list[str], int]:
    left = list(predicted)
    missed = []
    for value in expected:
        match = next((p for p in left if any(_same(a, p, field) for a in value.split("|"))), None)
        if match is None:
            missed.append(value)
        else:
            left.remove(match)
    return missed, left if field != "note" else [], len(expected) - len(missed)


def _same(expected: str, predicted: str, field: str) -> bool:
    want, got = _words(expected), _words(predicted)
    spare = 20 if field == "note" else _SPARE_WORDS
    return set(want) <= set(got) and len(got) <= len(want) + spare


def _words(text: str) -> list[str]:
    return [key(word) for word in text.replace("-", " ").replace(":", " ").replace("x", " ").split()]


def table(ours: dict[str, Score], baseline: dict[str, Score]) -> str:
    """The scores as a plain-text table."""
    rows = [f"{'field':<12}{'expected':>9}{'precision':>11}{'recall':>8}{'F1':>7}{'keyword F1':>12}"]
    for field in (*FIELDS, "all"):
        mine = ours[field]
        rows.append(
            f"{field:<12}{mine.expected:>9}{mine.precision:>11.2f}{mine.recall:>8.2f}{mine.f1:>7.2f}"
            f"{baseline[field].f1:>12.2f}"
        )
    return "\n".join(rows)


def main(argv: list[str] | None = None) -> int:
    """Print the table, and with `--show` every value missed or made up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", choices=("dev", "held_out"), default="dev")
    parser.add_argument("--show", action="store_true", help="print every value missed or made up")
    options = parser.parse_args(argv)
    cases = load(options.split)
    ours, lines = score(cases, grammar_reader())
    baseline, _ = score(cases, keyword_reader())
    print(f"{len(cases)} requests, split {options.split}")
    print(table(ours, baseline))
    if options.show:
        print("\n".join(lines))
    return 0


if __name__ == "__main__":
    sys.exit(main())
