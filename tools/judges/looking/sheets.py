"""Rubrics as files: read once, validated, versioned."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources

import yaml

from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.looking import Rubric

RUBRICS = ("failures", "whole", "parts", "set", "pairs")


@lru_cache(maxsize=len(RUBRICS))
def rubric(name: str) -> Rubric:
    """A shipped rubric. Raises Misconfigured naming the file when it is missing or wrong."""
    where = f"{__package__.replace('.', '/')}/rubrics/{name}.yaml"
    try:
        text = resources.files(__package__).joinpath("rubrics", f"{name}.yaml").read_text("utf-8")
        return Rubric.model_validate(read_yaml(text))
    except (OSError, yaml.YAMLError, ValueError) as error:
        raise Misconfigured(
            f"the rubric {name} cannot be read: {error}", where=where,
            hint="undo the last edit of it, or install Onbrand again",
        ) from error
