"""Tool schemas without what only costs an assistant's attention: generated titles, null branches, our own notes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NULL = {"type": "null"}


def lean(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The schema, meaning the same.

    A parameter that may be null because it may be left out loses the null; generated titles go; so do descriptions of
    enumerations, which are written for programmers.
    """
    kept = {name: part for name, part in schema.items() if name != "title" or not isinstance(part, str)}
    if "enum" in kept and "default" not in kept:
        kept.pop("description", None)
    options = [option for option in kept.get("anyOf", ()) if option != NULL]
    if len(options) == 1 and kept.get("default", ...) is None:
        outer = {name: part for name, part in kept.items() if name not in {"anyOf", "default"}}
        kept = {**options[0], **outer}
    return {name: inside(name, part) for name, part in kept.items()}


def inside(name: str, part: Any) -> Any:
    """The parts of a schema that hold schemas, each made lean; `properties` are named by us and keep every name."""
    if name in {"properties", "$defs"}:
        return {key: lean(value) for key, value in part.items()}
    if name in {"items", "additionalProperties"} and isinstance(part, Mapping):
        return lean(part)
    if name in {"anyOf", "prefixItems"}:
        return [lean(option) for option in part]
    return part


def open_ended(schema: Mapping[str, Any]) -> dict[str, Any]:
    """An output schema that lets later versions say more: an old client must not refuse what it does not know."""
    opened = {name: part for name, part in schema.items() if name != "additionalProperties" or part is not False}
    if "$defs" in opened:
        opened["$defs"] = {name: open_ended(part) for name, part in opened["$defs"].items()}
    return opened
