"""Brand books and market packs read from YAML: dated, sourced, versioned data that a brand's people can change."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

import yaml
from pydantic import ValidationError

from domain.errors import Misconfigured, NotFound
from domain.rules import BrandBook, MarketPack, Rule
from domain.values import BrandId, Model

SHIPPED = Path(__file__).parent
"""Where the packs and books that come with Onbrand lie: `markets/*.yaml` and `brands/*.yaml`."""

Document = TypeVar("Document", bound=Model)


class _Loader(yaml.SafeLoader):
    """YAML without Python tags, in which a key given twice is an error instead of a silent overwrite.

    Only `true` and `false` are booleans, as in YAML 1.2: by the rules of 1.1, `market: NO` would read as False.
    """

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), ["t", "f"])


def _line(text: str, path: Sequence[str | int]) -> int:
    """The line on which the value at `path` begins, or that of its nearest parent that is there."""
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    line = 1
    for step in path:
        child = None
        if isinstance(node, yaml.MappingNode):
            child = next((value for key, value in node.value if key.value == step), None)
        elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
            child = node.value[step]
        if child is None:
            break
        node = child
        line = node.start_mark.line + 1
    return line


def read_document(path: Path, kind: type[Document]) -> Document:
    """One YAML file as a brand book or market pack; raises Misconfigured naming the file, the line and the field."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Misconfigured(f"{path.name} cannot be read: {error}", where=str(path)) from error
    try:
        data = yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark else 1
        problem = getattr(error, "problem", None) or str(error)
        raise Misconfigured(
            f"{path.name} is not valid YAML: {problem}", where=f"{path}:{line}", hint="Mend that line and try again."
        ) from error
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(step) for step in first["loc"]) or "the document"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        raise Misconfigured(
            f"{path.name}: {field}: {first['msg']}{more}",
            where=f"{path}:{_line(text, first['loc'])}",
            hint=f"Mend {field}; the shipped {kind.__name__} files show every field.",
        ) from error


def _merged(own: Sequence[Rule], inherited: Sequence[Rule]) -> tuple[Rule, ...]:
    """A market's own rules, then those it inherits; an own rule replaces an inherited one of the same id."""
    ids = {rule.id for rule in own}
    return (*own, *(rule for rule in inherited if rule.id not in ids))


class YamlRulebook:
    """The `Rulebook` port over folders of YAML: what comes with Onbrand, then `extra_dirs` in order.

    Each folder holds `markets/*.yaml` and `brands/*.yaml`; one that is not there yet holds nothing. A later folder
    replaces a market or brand of an earlier one. Everything is read and validated once, when the book is opened, so a
    broken file stops the start and not a run: Misconfigured, naming file, line and field.
    """

    def __init__(self, extra_dirs: Sequence[Path] = ()) -> None:
        packs: dict[str, MarketPack] = {}
        self._brands: dict[str, BrandBook] = {}
        for folder in (SHIPPED, *extra_dirs):
            for path in sorted((folder / "markets").glob("*.yaml")):
                pack = read_document(path, MarketPack)
                packs[pack.market] = pack
            for path in sorted((folder / "brands").glob("*.yaml")):
                book = read_document(path, BrandBook)
                self._brands[book.brand] = book
        self._markets = {code: self._resolved(code, packs, ()) for code in sorted(packs)}

    def _resolved(self, code: str, packs: dict[str, MarketPack], trail: tuple[str, ...]) -> MarketPack:
        if code not in packs or code in trail:
            fault = "is not there" if code not in packs else "includes itself"
            raise Misconfigured(
                f"market pack {code} {fault}",
                where=" > ".join((*trail, code)),
                hint="Mend the `includes` of the pack named before it.",
            )
        pack = packs[code]
        rules = pack.rules
        for included in pack.includes:
            rules = _merged(rules, self._resolved(included, packs, (*trail, code)).rules)
        return pack.model_copy(update={"rules": rules})

    def brand(self, brand: BrandId) -> BrandBook:
        """The brand's own book; raises NotFound, in the same words whether it is absent or somebody else's."""
        if brand not in self._brands:
            raise NotFound(f"There is no brand book {brand!r}.", where="brand", hint="Use --brand demo, or add a book.")
        return self._brands[brand]

    def brands(self) -> Sequence[BrandId]:
        """The brands there are books for, by id; for the operator's own use, never shown to a caller."""
        return sorted(self._brands)

    def market(self, code: str) -> MarketPack | None:
        """The market's pack with the rules of the packs it includes, or None where there is no pack."""
        return self._markets.get(code.upper())

    def markets(self) -> Sequence[MarketPack]:
        """Every pack, by code."""
        return cast(Sequence[MarketPack], tuple(self._markets.values()))
