"""Guideline files as passages: Markdown, plain text and PDF, within bounds; each sentence with its page and heading."""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterator

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from domain.errors import BadInput
from domain.guidelines import Guideline, Passage

KINDS = (".md", ".markdown", ".txt", ".text", ".pdf")
MOST_BYTES = 40 * 2**20
MOST_PAGES = 600
MOST_CHARACTERS = 2_000_000
LONGEST_PASSAGE = 600
SHORT_LINE = 60
"""Characters: after a list item of fewer, a line that begins with a capital is no part of the item."""

_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(?P<text>.+?)\s*#*\s*$")
_NUMBERED = re.compile(r"^\s*\d+(?:\.\d+)*\.?\s+(?P<text>[A-Z][^.!?]{2,60})$")
_ITEM = re.compile(r"^\s*(?:[-*+•–·▪◦●]|\d{1,2}[.)]|\([a-z]\))\s+")
_RULE = re.compile(r"^\s*(?:[-=_*]\s*){3,}$")
_MARKUP = re.compile(r"(\*\*|__|`+|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SENTENCE = re.compile(r"(?<=[.!?])[\"”’)]?\s+(?=[A-Z“\"(0-9])")
_ABBREVIATION = re.compile(r"\b(?:e\.g|i\.e|etc|no|nos|min|max|approx|vs|fig|p|pp|cf|incl)\.$", re.IGNORECASE)


def read_guideline(name: str, data: bytes) -> Guideline:
    """A document's passages, in order.

    Raises BadInput for a file of another kind, one that is too large, encrypted or damaged, and for one without text
    (a scan: it would have to be typed or recognised first).
    """
    suffix = "." + name.rpartition(".")[2].lower() if "." in name else ""
    if suffix not in KINDS:
        raise BadInput(f"{name} is no guideline that can be read", where=name, hint=f"give {', '.join(KINDS)}")
    if len(data) > MOST_BYTES:
        raise BadInput(f"{name} is larger than {MOST_BYTES >> 20} MiB", where=name, hint="split it into several files")
    pages = _pdf_pages(name, data) if suffix == ".pdf" else [_text(name, data)]
    if sum(map(len, pages)) > MOST_CHARACTERS:
        raise BadInput(f"{name} has more than {MOST_CHARACTERS} characters", where=name, hint="split it into files")
    if not any(page.strip() for page in pages):
        raise BadInput(
            f"{name} has no text in it", where=name, hint="a scanned document has to be typed or recognised first"
        )
    passages = tuple(passage for passage in _passages(name, pages) if passage.text)
    return Guideline(name=name, digest=hashlib.sha256(data).hexdigest(), pages=len(pages), passages=passages)


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(f"{name} is not UTF-8 text", where=name, hint="save it as UTF-8") from error


def _pdf_pages(name: str, data: bytes) -> list[str]:
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise BadInput(f"{name} is encrypted", where=name, hint="save a copy without a password")
        if len(reader.pages) > MOST_PAGES:
            raise BadInput(f"{name} has more than {MOST_PAGES} pages", where=name, hint="split it into several files")
        return [page.extract_text() or "" for page in reader.pages]
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        # pypdf lets a damaged file's own nonsense surface as whatever it trips over
        raise BadInput(f"{name} is not a PDF that can be read: {error}", where=name, hint="save it again") from error


def _passages(name: str, pages: list[str]) -> Iterator[Passage]:
    heading = ""
    for number, page in enumerate(pages, start=1):
        for block in _blocks(_COMMENT.sub(" ", page)):
            title = _title(block)
            if title:
                heading = title
                continue
            item = bool(_ITEM.match(block[0]))
            for text in _sentences(_plain(" ".join(block))):
                yield Passage(document=name, page=number, heading=heading, text=text[:LONGEST_PASSAGE], item=item)


def _blocks(page: str) -> Iterator[list[str]]:
    """Lines that belong together: paragraphs, single list items, headings by themselves, rows of tables."""
    block: list[str] = []
    for line in page.splitlines():
        bare = line.strip()
        alone = bool(_HEADING.match(line) or _NUMBERED.match(line) or bare.startswith("|"))
        alone = alone or bool(block and _ITEM.match(block[0]) and bare[:1].isupper() and len(block[-1]) < SHORT_LINE)
        if block and (not bare or alone or _ITEM.match(line) or _RULE.match(line)):
            yield block
            block = []
        if not bare or _RULE.match(line):
            continue
        block.append(line)
        if alone:
            yield block
            block = []
    if block:
        yield block


def _title(block: list[str]) -> str:
    """The block as a heading, or nothing: marked as one, numbered as one, or a short line without an end."""
    if len(block) != 1:
        return ""
    marked = _HEADING.match(block[0]) or _NUMBERED.match(block[0])
    if marked:
        return _plain(marked["text"])
    text = _plain(block[0])
    short = len(text.split()) <= 5 and len(text) <= 48 and text[:1].isupper() and text[-1:] not in ".,;:!?"
    return text if short and not _ITEM.match(block[0]) and not re.search(r"#[0-9a-fA-F]{6}|\d", text) else ""


def _plain(text: str) -> str:
    text = _LINK.sub(r"\1", _ITEM.sub("", text))
    text = _MARKUP.sub("", text).replace("|", " ").replace("\u00ad", "")
    text = re.sub(r"(\w)-\s+(?=[a-z])", r"\1", text) if re.search(r"\w-\s{1,}[a-z]", text) else text
    return " ".join(text.split())


def _sentences(text: str) -> Iterator[str]:
    held = ""
    for piece in _SENTENCE.split(text):
        held = f"{held} {piece}".strip() if held else piece.strip()
        if _ABBREVIATION.search(held):
            continue
        yield held
        held = ""
    if held:
        yield held
