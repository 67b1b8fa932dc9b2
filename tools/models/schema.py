"""A type as the JSON schema a model is given: only the words that every provider understands."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from domain.values import Model

_KEPT = {"type", "enum", "const", "items", "anyOf", "$ref", "description", "properties", "required", "$defs"}
_BOUNDS = {
    "minimum": "at least", "maximum": "at most", "exclusiveMinimum": "more than", "exclusiveMaximum": "less than",
    "minLength": "characters at least", "maxLength": "characters at most", "minItems": "entries at least",
    "maxItems": "entries at most", "pattern": "matching",
}


@lru_cache(maxsize=64)
def schema_of(answer: type[Model]) -> dict[str, Any]:
    """The schema of an answer. Bounds are put in words, as many providers refuse them; Pydantic holds them later.

    Every property is required and no other is allowed, as providers that hold answers to a schema want it.
    """
    plain: dict[str, Any] = _plain(answer.model_json_schema(mode="validation"))
    return plain


def _plain(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_plain(entry) for entry in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {word: value for word, value in schema.items() if word in _KEPT}
    bounds = [f"{words} {schema[word]}" for word, words in _BOUNDS.items() if word in schema]
    if bounds:
        kept["description"] = "; ".join([*([kept["description"]] if "description" in kept else []), *bounds])
    if "oneOf" in schema:
        kept["anyOf"] = schema["oneOf"]
    if schema.get("type") == "array" and "items" not in kept and "prefixItems" in schema:
        kept["items"] = {"anyOf": schema["prefixItems"]}
    plain: dict[str, Any] = {}
    for word, value in kept.items():
        if word in {"properties", "$defs"}:
            plain[word] = {name: _plain(entry) for name, entry in value.items()}
        else:
            plain[word] = _plain(value) if word in {"items", "anyOf"} else value
    if schema.get("type") == "object" and "properties" in plain:
        plain["required"] = list(plain["properties"])
        plain["additionalProperties"] = False
    return plain
