"""What a caption can say of words that came out misspelled."""

from __future__ import annotations

from domain.candidate import Change, EditTarget


def lettering_fixes(words: str) -> tuple[Change, ...]:
    """What a caption can say of words that came out misspelled: the next one says it otherwise each time."""
    letters = "-".join(character for character in words.upper() if character.isalnum())
    said = (f"the words “{words}” in clear capital letters, spelled {letters}", f"one plain sign that reads “{words}”")
    return tuple(
        Change(target=EditTarget.CAPTION, field="lettering", amount=one, why=f"“{words}” was not spelled right")
        for one in said
    )
