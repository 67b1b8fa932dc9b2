from datetime import date
from pathlib import Path

import pytest

from domain.errors import Misconfigured, NotFound
from domain.rules import Certainty, MarketPack, Rule, RuleAction, RuleSource
from memory.rulebook import SHIPPED, YamlRulebook, read_document
from tools.rules.topics import topics


def write_pack(folder: Path, text: str, name: str = "XX.yaml") -> Path:
    path = folder / "markets" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


RULE = """market: NO
name: Norway
version: "1"
dated: 2026-11-20
rules:
  - id: body-no-1
    topic: bodies
    summary: A retouched body carries the mark.
    action: {action}
    source: {{title: Forskrift, read_on: 2026-11-20}}
    certainty: {certainty}
"""


def test_sweden_has_its_own_rules_first_and_those_of_the_union_after_them():
    pack = YamlRulebook().market("SE")
    assert pack is not None
    ids = [rule.id for rule in pack.rules]
    assert ids.index("alc-se-1") < ids.index("green-eu-1")
    assert {f"ai-eu-{n}" for n in range(1, 6)} | {"ai-xx-1", "car-eu-1", "car-se-1", "price-xx-1"} <= set(ids)
    assert len(ids) == len(set(ids))


def test_a_market_without_a_pack_is_none_and_not_an_empty_pack():
    assert YamlRulebook().market("NO") is None


def test_market_codes_are_found_in_any_case():
    assert YamlRulebook().market("se") == YamlRulebook().market("SE")


def test_the_demo_book_is_solara_and_an_unknown_brand_is_not_found():
    book = YamlRulebook()
    assert book.brand("demo").name == "Solara"
    with pytest.raises(NotFound):
        book.brand("acme")


def test_every_shipped_rule_names_a_source_a_day_and_a_date_for_another_look():
    for pack in YamlRulebook().markets():
        for rule in pack.rules:
            assert rule.source.title, rule.id
            assert rule.source.read_on == date(2026, 11, 20), rule.id
            assert rule.review_by is not None, rule.id
            assert rule.review_by > rule.source.read_on, rule.id


def test_the_label_of_a_shipped_rule_can_be_set_as_it_stands():
    labels = {rule.label.text for pack in YamlRulebook().markets() for rule in pack.rules if rule.label}
    assert labels == {"AI-generated image", "AI-generated background", "Made with AI"}


def test_every_word_list_that_a_shipped_rule_refers_to_exists():
    book = YamlRulebook()
    rules = [rule for pack in book.markets() for rule in pack.rules] + list(book.brand("demo").rules)
    for rule in rules:
        when = rule.applies_when
        for entry in (*rule.must, *rule.must_not, *rule.must_show, *when.words, *when.also):
            assert not entry.startswith("@") or entry[1:] in topics(), f"{rule.id}: {entry}"


@pytest.mark.parametrize(("certainty", "action"), [("B", "block"), ("C", "block"), ("C", "review"), ("C", "label")])
def test_a_rule_stronger_than_its_source_is_refused_with_file_line_and_rule(tmp_path, certainty, action):
    path = write_pack(tmp_path, RULE.format(certainty=certainty, action=action))
    with pytest.raises(Misconfigured) as caught:
        YamlRulebook((tmp_path,))
    assert "body-no-1" in caught.value.message
    assert caught.value.where == f"{path}:6"


@pytest.mark.parametrize(("certainty", "action"), [("A", "block"), ("B", "review"), ("B", "label"), ("C", "warn")])
def test_a_rule_no_stronger_than_its_source_is_read(tmp_path, certainty, action):
    write_pack(tmp_path, RULE.format(certainty=certainty, action=action))
    pack = YamlRulebook((tmp_path,)).market("NO")
    assert pack is not None
    assert pack.rules[0].action == action


@pytest.mark.parametrize(
    ("text", "field", "line"),
    [
        ("market: NO\nname: Norway\nversion: '1'\ndated: yesterday\n", "dated", 4),
        ("market: Norway\nname: Norway\nversion: '1'\ndated: 2026-11-20\n", "market", 1),
        ("market: NO\nname: Norway\nversion: '1'\ndated: 2026-11-20\nruels: []\n", "ruels", 5),
        ("market: NO\nname: [\n", "not valid YAML", 3),
        ("market: NO\nmarket: SE\n", "stands twice", 2),
    ],
)
def test_a_broken_pack_is_refused_naming_file_line_and_field(tmp_path, text, field, line):
    path = write_pack(tmp_path, text)
    with pytest.raises(Misconfigured) as caught:
        YamlRulebook((tmp_path,))
    assert field in caught.value.message
    assert caught.value.where == f"{path}:{line}"


def test_a_pack_cannot_run_python(tmp_path):
    write_pack(tmp_path, "!!python/object/apply:os.system ['true']\n")
    with pytest.raises(Misconfigured):
        YamlRulebook((tmp_path,))


def test_packs_that_include_each_other_or_nothing_known_are_refused(tmp_path):
    head = "name: x\nversion: '1'\ndated: 2026-11-20\n"
    write_pack(tmp_path, f"market: NO\nincludes: [DK]\n{head}", "NO.yaml")
    with pytest.raises(Misconfigured, match="DK is not there"):
        YamlRulebook((tmp_path,))
    write_pack(tmp_path, f"market: DK\nincludes: [NO]\n{head}", "DK.yaml")
    with pytest.raises(Misconfigured, match="includes itself"):
        YamlRulebook((tmp_path,))


def test_a_folder_of_ones_own_adds_to_what_is_shipped_and_one_not_there_yet_adds_nothing(tmp_path):
    write_pack(tmp_path, "market: SE\nname: Sverige\nversion: mine\ndated: 2026-11-20\nincludes: [EU27]\n")
    book = YamlRulebook((tmp_path, tmp_path / "absent"))
    pack = book.market("SE")
    assert pack is not None
    assert pack.version == "mine"
    assert book.market("EU27") is not None


def test_the_shipped_files_stand_alone():
    assert read_document(SHIPPED / "markets" / "EU27.yaml", MarketPack).includes == ()


def test_a_rule_built_in_code_is_held_to_the_same_limit():
    with pytest.raises(ValueError, match="certainty C may not block"):
        Rule(id="x", topic="x", summary="x", action=RuleAction.BLOCK, certainty=Certainty.C,
             source=RuleSource(title="recalled", read_on=date(2026, 11, 20)))
