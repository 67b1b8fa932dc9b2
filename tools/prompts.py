"""Prompts as files: name, version and an example above a line of dashes, the words below."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import yaml
from pydantic import ValidationError

from domain.documents import read_yaml
from domain.errors import Misconfigured
from domain.models import Prompt, TextPart


@dataclass(frozen=True)
class PromptFile:
    """A prompt's name and version, its words, and an example: what is asked (`data`) and a good `answer`."""

    prompt: Prompt
    text: str
    example: dict[str, Any]


@lru_cache(maxsize=64)
def prompt_file(package: str, name: str) -> PromptFile:
    """The prompt `prompts/<name>.md` of a package. Raises Misconfigured naming the file when it cannot be used."""
    where = f"{package.replace('.', '/')}/prompts/{name}.md"
    try:
        text = resources.files(package).joinpath("prompts", f"{name}.md").read_text("utf-8")
    except OSError as error:
        raise Misconfigured(f"a prompt cannot be read: {error}", where=where, hint="install Onbrand again") from error
    return parse_prompt(text, where)


def parse_prompt(document: str, where: str) -> PromptFile:
    """A prompt from its file's text. Raises Misconfigured naming `where` when it cannot be used."""
    head, dashes, text = document.partition("\n---\n")
    try:
        about = dict(read_yaml(head))
        example = about.pop("example", {})
        prompt = Prompt.model_validate(about)
    except (yaml.YAMLError, TypeError, ValueError, ValidationError) as error:
        raise Misconfigured(
            f"a prompt cannot be read: {error}", where=where, hint="undo the last edit of it, or install Onbrand again"
        ) from error
    if not dashes or not text.strip():
        raise Misconfigured("a prompt has no words", where=where, hint="undo the last edit of it")
    return PromptFile(prompt, text.strip(), example)


def data_block(data: dict[str, Any]) -> TextPart:
    """What is to be worked on, as one JSON document in ASCII: no words in it can end it or speak outside it."""
    return TextPart(text=f"DATA {json.dumps(data, ensure_ascii=True, separators=(',', ':'))} END OF DATA")
