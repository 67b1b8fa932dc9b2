"""Rubrics and prompts as files: read once, validated, versioned."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import yaml
from pydantic import ValidationError

from domain.errors import Misconfigured
from domain.looking import Rubric
from domain.models import Prompt

RUBRICS = ("failures", "whole", "parts", "set", "pairs")
PROMPTS = ("look_picture", "look_parts", "look_set", "look_pairs")


@dataclass(frozen=True)
class PromptFile:
    """A prompt's name and version, and its words."""

    prompt: Prompt
    text: str


@lru_cache(maxsize=len(RUBRICS))
def rubric(name: str) -> Rubric:
    """A shipped rubric. Raises Misconfigured naming the file when it is missing or wrong."""
    text = _read("rubrics", f"{name}.yaml")
    try:
        return Rubric.model_validate(yaml.safe_load(text))
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"the rubric {name} cannot be read: {error}", where=f"rubrics/{name}.yaml") from error


@lru_cache(maxsize=len(PROMPTS))
def prompt(name: str) -> PromptFile:
    """A shipped prompt: `name: …` and `version: …` above a line of dashes, its words below. Raises Misconfigured."""
    head, dashes, text = _read("prompts", f"{name}.md").partition("\n---\n")
    try:
        about = Prompt.model_validate(yaml.safe_load(head))
    except (yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"the prompt {name} has no valid head: {error}", where=f"prompts/{name}.md") from error
    if not dashes or not text.strip():
        raise Misconfigured(f"the prompt {name} has no words", where=f"prompts/{name}.md")
    return PromptFile(about, text.strip())


def _read(folder: str, file: str) -> str:
    try:
        return resources.files(__package__).joinpath(folder, file).read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"{folder}/{file} is not there", where=file, hint="install Onbrand again") from error
