from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest

from domain.brief import Brief, Part, ProductMention
from domain.composition import Caption
from domain.errors import RefusedByRule
from domain.rules import (
    AppliesWhen,
    Certainty,
    Label,
    MarketPack,
    Rule,
    RuleAction,
    RuleCheck,
    RuleSource,
    RuleVerdict,
)
from domain.values import Origin
from memory.rulebook import YamlRulebook
from tools.rules import check_brief, enforce, may_publish, settle, strike

TODAY = date(2026, 11, 21)
BOOK = YamlRulebook()
DEMO = BOOK.brand("demo")
SOURCE = RuleSource(title="Code", ref="§ 1", read_on=TODAY)


def part(value: Any) -> Part[Any]:
    return Part(value=value, origin=Origin.STATED)


def brief(request: str, text: Sequence[str] = (), channels: Sequence[str] = (), avoid: Sequence[str] = ()) -> Brief:
    return Brief(
        request=request, brand="demo", text=tuple(map(part, text)), channels=tuple(map(part, channels)),
        avoid=tuple(map(part, avoid)),
    )


def check(
    work: Brief, captions: Sequence[str] = (), markets: Sequence[str] = ("SE",), **more: Any
) -> dict[str, RuleCheck]:
    more = {"trained_model": False, **more}
    packs = [pack for code in markets if (pack := BOOK.market(code))]
    missing = [code for code in markets if BOOK.market(code) is None]
    checks = check_brief(work, captions, DEMO, packs, missing, today=more.pop("today", TODAY), **more)
    return {entry.rule: entry for entry in checks}


def rule(rule_id: str, action: RuleAction = RuleAction.REVIEW, **more: Any) -> Rule:
    return Rule(id=rule_id, topic="t", summary=f"{rule_id} in words.", action=action, source=SOURCE,
                certainty=more.pop("certainty", Certainty.A), **more)


def pack(market: str, *rules: Rule, **more: Any) -> MarketPack:
    return MarketPack(market=market, name=market, version="1", dated=TODAY, rules=rules, **more)


def test_an_ordinary_soft_drink_brings_nothing_up_in_sweden():
    checks = check(brief("our blood-orange can on a sunlit terrace, for Sweden, Instagram", channels=["instagram"]),
                   ["a can of soda, sunlit terrace, golden light"], trained_model=False)
    assert {entry.verdict for entry in checks.values()} == {RuleVerdict.MET, RuleVerdict.NOT_APPLICABLE}
    enforce(tuple(checks.values()))


def test_beer_on_a_snowy_terrace_in_swedish_print_is_refused_with_rule_and_source():
    checks = check(brief("our lager on a snowy terrace", channels=["print-a4"]))
    assert checks["alc-se-1"].verdict is RuleVerdict.BROKEN
    with pytest.raises(RefusedByRule) as caught:
        enforce(tuple(checks.values()))
    assert "alc-se-1" in caught.value.message
    assert "KOVFS 2016:1" in caught.value.where
    assert caught.value.exit_code == 5


def test_the_same_beer_on_instagram_waits_for_a_person_instead():
    checks = check(brief("our lager on a snowy terrace", channels=["instagram"]))
    assert checks["alc-se-1"].verdict is RuleVerdict.NOT_APPLICABLE
    assert checks["alc-se-1-moderation"].verdict is RuleVerdict.NEEDS_REVIEW
    assert [c.rule for c in enforce(tuple(checks.values())).review] == [
        "demo-alcohol", "alc-se-1-moderation", "alc-se-1-text"]


@pytest.mark.parametrize("request_", ["our can, no alcohol", "our alcohol-free beer", "our can without wine or beer"])
def test_alcohol_that_is_said_to_be_absent_is_not_alcohol(request_):
    assert check(brief(request_))["alc-se-1-moderation"].verdict is RuleVerdict.NOT_APPLICABLE


def test_what_the_brief_avoids_is_not_shown_however_the_request_put_it():
    work = brief("the can stands alone: leave the beer out of it", avoid=["beer"])
    assert check(work)["demo-alcohol"].verdict is RuleVerdict.MET


def test_the_products_sector_counts_when_no_word_gives_it_away():
    checks = check(brief("our Solnedgång 33 cl on a summer meadow"), sector="alcohol")
    assert checks["alc-se-1-moderation"].found == ("summer",)


def test_spirits_are_not_advertised_in_swedish_print():
    checks = check(brief("our gin on white", channels=["print-a4"]))
    assert checks["alc-se-1-strength"].verdict is RuleVerdict.BROKEN


def test_alcohol_needs_its_strength_and_has_it_when_the_text_gives_it():
    assert check(brief("our lager"))["alc-se-1-text"].verdict is RuleVerdict.NEEDS_REVIEW
    assert check(brief("our lager", ["Alc. 4,7 % vol"]))["alc-se-1-text"].verdict is RuleVerdict.MET


def test_a_car_needs_consumption_and_co2_in_the_text():
    without = check(brief("our new SUV on a coastal road"))["car-eu-1"]
    assert without.verdict is RuleVerdict.NEEDS_REVIEW
    assert "CO2" in without.reason
    given = check(brief("our new SUV", ["5,2 l/100 km, CO2 120 g/km"]))
    assert given["car-eu-1"].verdict is given["car-se-1"].verdict is RuleVerdict.MET


def test_a_dog_in_a_car_is_secured_or_a_person_looks():
    loose = check(brief("a labrador in our new SUV"))["dog-se-1"]
    assert loose.verdict is RuleVerdict.NEEDS_REVIEW
    assert check(brief("a labrador in a crate in our new SUV"))["dog-se-1"].verdict is RuleVerdict.MET
    assert check(brief("a labrador on a sofa"))["dog-se-1"].verdict is RuleVerdict.NOT_APPLICABLE


def test_recklessness_only_warns_because_its_source_was_only_recalled():
    entry = check(brief("our SUV drifting down the road, speeding"))["drive-xx-1"]
    assert (entry.verdict, entry.certainty) == (RuleVerdict.WARNING, Certainty.C)


@pytest.mark.parametrize(
    "claim", ["Eco-friendly choice", "Klimatneutral läsk", "100 % sustainable", "Miljövänligt gott"]
)
def test_a_generic_green_claim_waits_for_a_person(claim):
    assert check(brief("our can", [claim]))["green-eu-1"].verdict is RuleVerdict.NEEDS_REVIEW


def test_a_word_inside_a_longer_find_is_not_named_twice():
    assert check(brief("our can", ["Eco-friendly"]))["green-eu-1"].found == ("eco friendly",)


def test_green_grass_is_not_a_green_claim():
    assert check(brief("our can on green grass"))["green-eu-1"].verdict is RuleVerdict.MET


def test_a_rule_is_not_applied_before_it_is_in_force():
    entry = check(brief("our can", ["Eco-friendly"]), today=date(2026, 9, 1))["green-eu-1"]
    assert entry.verdict is RuleVerdict.NOT_APPLICABLE
    assert "2026-09-27" in entry.reason


def test_a_rule_past_its_review_day_still_counts_and_says_so():
    entry = check(brief("our can", ["Eco-friendly"]), today=date(2028, 1, 1))["green-eu-1"]
    assert entry.verdict is RuleVerdict.NEEDS_REVIEW
    assert "due for another look" in entry.reason


def test_a_price_beside_the_picture_waits_for_a_person_and_a_volume_does_not():
    assert check(brief("our can", ["Bara 19 kr"]))["price-xx-1"].verdict is RuleVerdict.NEEDS_REVIEW
    assert check(brief("our 330 ml can", ["330 ml"]))["price-xx-1"].verdict is RuleVerdict.MET


def test_disclosure_is_for_pictures_drawn_by_a_trained_model():
    assert check(brief("our can"), trained_model=True)["ai-eu-1"].verdict is RuleVerdict.LABEL
    assert check(brief("our can"), trained_model=False)["ai-eu-1"].verdict is RuleVerdict.NOT_APPLICABLE
    open_ = check(brief("our can"), trained_model=None)["ai-eu-1"]
    assert open_.verdict is RuleVerdict.LABEL
    assert "if a trained model draws" in open_.reason


def test_a_market_without_a_pack_is_not_checked_and_publishing_there_is_refused():
    checks = check(brief("our can"), markets=["SE", "NO"])
    assert checks["pack"].market == "NO"
    assert checks["pack"].verdict is RuleVerdict.NOT_CHECKED
    assert checks["pack"].reason == "no pack for NO: not checked; publishing there is refused"
    assert enforce(tuple(checks.values())).unchecked == ("NO",)
    may_publish(tuple(checks.values()), "SE")
    with pytest.raises(RefusedByRule, match="NO"):
        may_publish(tuple(checks.values()), "NO")


def test_nothing_is_published_in_a_market_that_was_not_checked_though_it_has_a_pack():
    only_sweden = check_brief(brief("our can"), (), DEMO, [BOOK.market("SE")], today=TODAY)
    may_publish(only_sweden, "SE")
    for checks in ((), only_sweden):
        with pytest.raises(RefusedByRule, match="EU27 is refused: its rules were not checked"):
            may_publish(checks, "EU27")
    both = check_brief(brief("our can"), (), DEMO, [BOOK.market("SE"), BOOK.market("EU27")], today=TODAY)
    may_publish(both, "SE")
    may_publish(both, "EU27")


def test_a_rule_that_two_target_markets_share_is_held_once_for_both():
    packs = [found for code in ("SE", "EU27") if (found := BOOK.market(code))]
    checks = check_brief(brief("our can", ["Eco"]), (), DEMO, packs, today=TODAY)
    green = [entry for entry in checks if entry.rule == "green-eu-1"]
    assert [entry.market for entry in green] == ["SE, EU27"]


def test_a_claim_the_brand_bans_is_refused_when_a_person_asked_for_it():
    checks = check(brief("our can", ["Guilt-free summer"]))
    with pytest.raises(RefusedByRule, match="guilt-free"):
        enforce(tuple(checks.values()))


def test_a_word_only_the_caption_writer_thought_of_is_struck_from_the_caption():
    caption = Caption(subject="a can of soda", environment="sunlit terrace, neon sign above the bar", light="dawn")
    demands = enforce(tuple(check(brief("our can on a terrace"), [caption.text()]).values()))
    assert demands.strike == ("neon sign",)
    assert demands.review == ()
    assert strike(caption, demands.strike).environment == "sunlit terrace"


def test_a_word_the_person_asked_for_is_put_to_a_person_and_not_struck():
    demands = enforce(tuple(check(brief("our can under a neon sign"), ["a can, neon sign"]).values()))
    assert demands.strike == ()
    assert [entry.rule for entry in demands.review] == ["demo-avoid"]


def test_the_subject_of_a_caption_is_never_rewritten():
    caption = Caption(subject="a bottle of beer", environment="a beer hall")
    struck = strike(caption, ["beer"])
    assert (struck.subject, struck.environment) == ("a bottle of beer", "")


def test_settled_captions_are_checked_as_they_then_stand():
    captions = (
        Caption(subject="a can of soda", environment="terrace, neon sign"), Caption(subject="a can", style="calm"))
    checks, cleared = settle(brief("our can on a terrace"), captions, DEMO, (), today=TODAY)
    assert cleared == (Caption(subject="a can of soda", environment="terrace"), captions[1])
    assert {entry.verdict for entry in checks} == {RuleVerdict.MET}


def test_settling_what_needs_nothing_changes_nothing():
    captions = (Caption(subject="a can of soda", environment="terrace,  two spaces"),)
    assert settle(brief("our can"), captions, DEMO, (), today=TODAY)[1] == captions


def test_settling_refuses_what_a_person_asked_for():
    with pytest.raises(RefusedByRule):
        settle(brief("our can", ["Detox now"]), (), DEMO, (), today=TODAY)


def test_text_to_set_is_not_mistaken_for_what_is_shown():
    work = brief('our can with the words "Sip the summer"', ["Sip the summer"])
    assert check(work, sector="alcohol")["alc-se-1-moderation"].found_in == ("text",)


def test_products_named_only_as_typed_parts_are_seen():
    wine = part(ProductMention(text="red wine", noun="wine"))
    work = Brief(request="this one, please", brand="demo", products=(wine,))
    assert check(work)["alc-se-1-moderation"].verdict is RuleVerdict.MET


def test_one_markets_forbidden_words_in_another_markets_label_wait_for_a_person():
    asks = rule("l-1", RuleAction.LABEL, label=Label(text="Drink responsibly with friends"))
    refuses = rule("r-1", must_not=("friends",), look_in=("text",))
    checks = check_brief(brief("our can"), (), DEMO, [pack("SE", asks), pack("NO", refuses)], today=TODAY)
    conflict = next(entry for entry in checks if entry.rule.startswith("conflict-"))
    assert conflict.verdict is RuleVerdict.NEEDS_REVIEW
    assert conflict.market == "SE, NO"


def test_two_labels_for_the_same_place_wait_for_a_person():
    one = rule("l-1", RuleAction.LABEL, label=Label(text="A", position="upper-left"))
    two = rule("l-2", RuleAction.LABEL, label=Label(text="B", position="upper-left"))
    checks = check_brief(brief("our can"), (), DEMO, [pack("SE", one), pack("NO", two)], today=TODAY)
    assert any(entry.rule == "conflict-l-1-l-2" for entry in checks)


def test_a_car_for_markets_that_drive_on_different_sides_waits_for_a_person():
    packs = [pack("SE"), pack("IE", traffic_side="left")]
    checks = check_brief(brief("our new SUV"), (), DEMO, packs, today=TODAY)
    assert any(entry.rule == "conflict-traffic-side" for entry in checks)
    without = check_brief(brief("our can"), (), DEMO, packs, today=TODAY)
    assert not any(entry.rule == "conflict-traffic-side" for entry in without)


def test_an_outright_ban_refuses_as_soon_as_it_applies():
    ban = rule("ban", RuleAction.BLOCK, applies_when=AppliesWhen(sectors=("alcohol",)))
    checks = check_brief(brief("our lager"), (), DEMO, [pack("SA", ban)], today=TODAY)
    with pytest.raises(RefusedByRule, match="ban"):
        enforce(checks)
