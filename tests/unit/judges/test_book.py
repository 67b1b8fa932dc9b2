"""The book of checks is complete, used, and says where each method comes from."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import tools.judges as judges
from domain.errors import BadInput, Misconfigured
from tests.unit.judges.conftest import Compose, photograph
from tools.judges import CHECKS, Evidence, book, measure

SOURCES = "\n".join(path.read_text("utf-8") for path in Path(judges.__file__).parent.glob("*.py"))


def test_every_check_has_its_entry_and_every_entry_its_check() -> None:
    assert set(book().checks) == set(CHECKS)


@pytest.mark.parametrize("name", sorted(CHECKS))
def test_every_check_documents_its_method_and_source(name: str) -> None:
    assert len(inspect.getdoc(CHECKS[name]) or "") > 150
    assert book().checks[name].source


def test_every_limit_in_the_book_is_used() -> None:
    read = set(re.findall(r'"([a-z_0-9]+)"', SOURCES))
    unused = {f"{c.id}.{limit}" for c in book().checks.values() for limit in c.limits if limit not in read}
    assert unused == set()


def test_a_missing_limit_names_the_check() -> None:
    with pytest.raises(Misconfigured, match="floating"):
        book().checks["floating"].limit("height of the tide")


def test_unknown_depths_and_checks_are_refused() -> None:
    evidence = Evidence(image=photograph("china.jpg"))
    with pytest.raises(BadInput, match="depth"):
        measure(evidence, depth="by heart")
    with pytest.raises(BadInput, match="taste"):
        measure(evidence, only=["taste"])


def test_a_bare_picture_gets_reasons_and_not_passes_by_default() -> None:
    findings = measure(Evidence(image=photograph("china.jpg")))
    abstained = {f.check for f in findings if f.verdict == "abstain"}
    assert abstained >= {"product_lock", "floating", "clipping", "shadow_direction", "caption_agreement", "palette"}
    assert all(f.reason for f in findings)


def test_text_is_read_only_when_asked_for(compose: Compose) -> None:
    assert "unwanted_text" not in {f.check for f in measure(compose().evidence, depth="quick")}
