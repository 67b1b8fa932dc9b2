"""What a fork may change, and which recorded answers that decides."""

from __future__ import annotations

from pathlib import Path

import pytest

from domain.errors import BadInput, Misconfigured
from evals.borrowed import rulebook
from evals.changes import depending, parsed
from mcp_servers.assets.contract import CheckRules, FindProducts, ReadRules
from mcp_servers.judges.contract import JudgeImage
from memory.rulebook import SHIPPED, YamlRulebook
from tools.judges.book import book

PLAIN = YamlRulebook()


def read_rules(*markets: str) -> ReadRules:
    return ReadRules(brand="demo", markets=markets)


def check_rules(*markets: str) -> CheckRules:
    from domain.brief import Brief

    return CheckRules(brand="demo", brief=Brief(request="x", brand="demo"), captions=(), markets=markets)


def judge(*, ocr: bool) -> JudgeImage:
    return JudgeImage(brand="demo", image="0" * 64, ocr=ocr)


def test_a_market_pack_decides_the_checks_of_its_market_and_of_those_that_include_it(tmp_path: Path) -> None:
    pack = tmp_path / "eu.yaml"
    text = (SHIPPED / "markets" / "EU27.yaml").read_text(encoding="utf-8")
    pack.write_text(text.replace("summary: ", "summary: Otherwise. ", 1), encoding="utf-8")
    changed = rulebook(tmp_path / "home", tmp_path / "scratch", [pack])
    depends = depending(parsed(rules=[pack]), "demo", PLAIN, changed)
    assert PLAIN.market("SE") != changed.market("SE")
    assert depends("assets.check_rules", check_rules("SE"))
    assert not depends("assets.check_rules", check_rules("US"))
    assert not depends("assets.read_rules", read_rules("SE"))
    assert not depends("judges.judge_image", judge(ocr=True))


def test_a_new_market_decides_what_markets_there_are(tmp_path: Path) -> None:
    pack = tmp_path / "is.yaml"
    pack.write_text(
        "market: IS\nname: Iceland\nversion: '1'\ndated: 2026-01-01\nrules: []\n", encoding="utf-8"
    )
    changed = rulebook(tmp_path / "home", tmp_path / "scratch", [pack])
    depends = depending(parsed(rules=[pack]), "demo", PLAIN, changed)
    assert depends("assets.read_rules", read_rules())
    assert not depends("assets.check_rules", check_rules("SE"))
    assert depends("assets.check_rules", check_rules("IS"))


def test_a_brand_book_decides_rules_and_scenes_but_no_search_for_products(tmp_path: Path) -> None:
    from domain.brief import Brief, ProductMention
    from mcp_servers.assets.contract import FindScenes

    shipped = (SHIPPED / "brands" / "demo.yaml").read_text(encoding="utf-8")
    other = tmp_path / "book.yaml"
    other.write_text(shipped.replace("version: ", "version: 9", 1), encoding="utf-8")
    changed = rulebook(tmp_path / "home", tmp_path / "scratch", [other])
    depends = depending(parsed(rules=[other]), "demo", PLAIN, changed)
    assert depends("assets.read_rules", read_rules())
    assert depends("assets.check_rules", check_rules())
    assert depends("assets.find_scenes", FindScenes(brand="demo", brief=Brief(request="x", brand="demo")))
    mention = ProductMention(text="can", noun="can")
    assert not depends("assets.find_products", FindProducts(brand="demo", mention=mention))


def test_a_limit_decides_the_judgements_in_which_its_check_is_made() -> None:
    depends = depending(parsed(judges=["unwanted_text.severity=warn"]), "demo", PLAIN, PLAIN)
    assert depends("judges.judge_image", judge(ocr=True))
    assert not depends("judges.judge_image", judge(ocr=False))


def test_changes_reach_the_request_and_the_book_of_checks() -> None:
    changes = parsed(
        ["rounds=1", "markets=SE,NO", "answers.market=SE", "grid=3", "request=a can"], judges=["exposure.median_min=30"]
    )
    request = changes.applied({"request": "old", "brand": "demo", "answers": {"product": "x"}})
    assert (request.request, request.rounds, request.markets) == ("a can", 1, ("SE", "NO"))
    assert request.answers == {"product": "x", "market": "SE"}
    assert changes.grid == 3
    assert changes.checks is not None
    assert changes.checks.checks["exposure"].limits["median_min"] == 30
    assert book().checks["exposure"].limits["median_min"] != 30


@pytest.mark.parametrize(
    ("sets", "judges", "says"),
    [
        (["colour=red"], [], "cannot be changed"),
        (["rounds"], [], "sets nothing"),
        (["grid=many"], [], "1 to 27"),
        ([], ["beauty.limit=3"], "no check"),
        ([], ["exposure.beauty=3"], "no limit"),
        ([], ["exposure.median_min=dark"], "no number"),
        ([], ["exposure.severity=fatal"], "no severity"),
        ([], ["nothing.yaml"], "no book of checks"),
        ([], [], "changes something"),
    ],
)
def test_what_cannot_be_changed_is_refused_with_what_can(sets: list[str], judges: list[str], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parsed(sets, judges=judges)


def test_a_value_that_no_request_can_have_names_the_option() -> None:
    with pytest.raises(BadInput) as refused:
        parsed(["rounds=99"]).applied({"request": "x", "brand": "demo"})
    assert refused.value.where == "--set rounds"


def test_a_model_for_a_role_and_a_prompt_of_ones_own_are_read(tmp_path: Path) -> None:
    prompt = tmp_path / "mine.md"
    prompt.write_text("name: read_request\nversion: 7\n---\nRead it backwards.\n", encoding="utf-8")
    changes = parsed(["reader.model=builtin"], prompts=[prompt])
    assert {role.value: str(spec) for role, spec in changes.models.items()} == {"reader": "builtin"}
    assert changes.prompts["read_request"].text == "Read it backwards."
    for wrong, says in (("poet.model=builtin", "no role"), ("reader.model=gpt", "no model")):
        with pytest.raises(BadInput, match=says):
            parsed([wrong])


def test_a_rule_file_that_is_neither_pack_nor_book_is_named(tmp_path: Path) -> None:
    pack = tmp_path / "x.yaml"
    pack.write_text("hello: there\n", encoding="utf-8")
    with pytest.raises(Misconfigured, match=r"x\.yaml"):
        rulebook(tmp_path, tmp_path / "scratch", [pack])
    with pytest.raises(BadInput, match="no rule file"):
        rulebook(tmp_path, tmp_path / "scratch", [tmp_path / "absent.yaml"])
