"""YAML documents the package ships or a brand writes, read safely."""

from __future__ import annotations

from typing import Any

import yaml

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(text: str) -> Any:
    """Plain values of a YAML document: `yaml.safe_load` by the C parser where PyYAML has it, ten times as fast.

    Raises yaml.YAMLError for a document that is none.
    """
    return yaml.load(text, Loader=_LOADER)
