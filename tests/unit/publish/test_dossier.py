import os
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from domain.brief import Brief
from domain.candidate import Edit, EditTarget
from domain.run import RunView
from tools.publish.dossier import number, render_dossier, revision_trees, why_rejected

XSS = '<script>alert(1)</script>"\'><img src=x onerror=alert(1)>{{ 7*7 }}'


class Page(HTMLParser):
    """What a browser would make of the page: its tags with attributes, its text, and whether tags balance."""

    VOID = {"meta", "img", "link", "br", "hr", "input"}

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, f"</{tag}> closes another tag at {self.getpos()}"

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


@pytest.fixture(scope="module")
def html(run_view, thumbnails, asset, book) -> str:
    page = render_dossier(
        run_view, thumbnails, assets={asset.id: asset}, packs=[book.market("SE")], brand_name="Solara",
        approver="ada@example.com", facts={"Generator": "compositor 1.0"},
    )
    if "ONBRAND_SAMPLE_DOSSIER" in os.environ:
        Path(os.environ["ONBRAND_SAMPLE_DOSSIER"]).write_text(page, encoding="utf-8")
    return page


def test_the_page_is_whole_html_without_script_or_outside_address(html):
    page = Page(html)
    assert page.open == []
    assert {"script", "link", "iframe", "object", "embed", "form", "base"}.isdisjoint(tag for tag, _ in page.tags)
    for tag, attributes in page.tags:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            if name in {"src", "href"}:
                assert (value or "").startswith(("data:image/webp;base64,", "#")), value
    assert not re.search(r"url\(|@import|https?://", re.sub(r'content="[^"]*"', "", html))
    policy = next(a["content"] for t, a in page.tags if t == "meta" and a.get("http-equiv"))
    assert "default-src 'none'" in policy


def test_every_link_inside_the_page_leads_somewhere(html):
    page = Page(html)
    ids = {attributes["id"] for _, attributes in page.tags if "id" in attributes}
    for _, attributes in page.tags:
        if "href" in attributes:
            assert attributes["href"][1:] in ids


@pytest.mark.parametrize(
    "said",
    [
        "our blood-orange can on a sunlit terrace", "run-3f9a2c71", "Solara", "21 November 2026",
        "assumed", "season: summer", "What time of day? golden hour",
        "none default taken asked because room is left for it", "remembered",
        "rendering, not a photograph", "Apache-2.0", "Onbrand demo renderer",
        "a can of blood-orange soda, sunlit terrace with terracotta tiles", "7001", "0" * 63 + "1",
        "product lock", "the base stands 14 px above its contact shadow", "6.43 CIEDE2000",
        "3 passed, 2 cannot tell", "2 passed, 1 failed, 2 cannot tell",
        "Not chosen: floating: the base stands 14 px above its contact shadow",
        "Not chosen: was not drawn: the plate could not be read",
        "Not chosen: passed every gate; others ranked higher", "composition lift : 14 → 0", "asked by a person",
        "no pack for NO: not checked; publishing there is refused", "Directive (EU) 2024/825", "Sweden 2026.11.20",
        "Asked for and not drawn: a dog", "viewpoint 24 degrees", "no history", "$0.00 spent", "ada@example.com",
        "compositor 1.0", "traces/run-3f9a2c71.jsonl", "2.90 s", "e" * 64,
    ],
)
def test_the_page_says(html, said):
    text = Page(html).text.replace(" :", ":")
    assert said.replace(" :", ":") in text


def test_text_from_outside_stays_text(run_view, thumbnails, asset):
    assert run_view.brief
    hostile = run_view.model_copy(update={
        "request": run_view.request.model_copy(update={"request": XSS}),
        "answers": {"time": XSS},
        "brief": Brief.model_validate({**run_view.brief.model_dump(), "request": XSS, "notes": (XSS,)}),
        "candidates": tuple(
            c.model_copy(update={"caption": c.caption.model_copy(update={"subject": XSS}), "error": XSS})
            for c in run_view.candidates
        ),
        "left_out": (XSS,),
    })
    html = render_dossier(
        hostile, {}, assets={asset.id: asset.model_copy(update={"title": XSS, "source": XSS})}, approver=XSS,
        brand_name=XSS, facts={XSS: XSS},
    )
    page = Page(html)
    assert {"script", "img"}.isdisjoint(tag for tag, _ in page.tags)
    assert not any(name.startswith("on") for _, attributes in page.tags for name in attributes)
    assert "{{ 7*7 }}" in page.text
    assert page.text.count("<script>alert(1)</script>") > 10


def test_a_run_that_never_got_a_brief_still_has_its_page(run_view):
    bare = RunView(
        run_id=run_view.run_id, brand="demo", status="failed", request=run_view.request,
        created_at=run_view.created_at, updated_at=run_view.updated_at,
        failure={"code": "no_product", "message": "No product matches.", "hint": "Give one with --product."},
    )
    text = Page(render_dossier(bare, {})).text
    assert "No product matches. Give one with --product." in text
    assert "Nothing was drawn." in text
    assert "nobody yet" in text


def test_a_tree_of_revisions_follows_parent_and_child(run_view):
    (tree,) = revision_trees(run_view)
    (edit, below), = tree.steps
    assert (tree.candidate.id, edit.id) == ("c-2", "e1")
    assert below is not None
    assert below.candidate.id == "c-6"
    assert [(step.id, child) for step, child in below.steps] == [("e2", None)]


def test_edits_that_lead_in_a_circle_end_the_tree(run_view):
    def edit(parent: str, child: str) -> Edit:
        return Edit(id=parent, target=EditTarget.CAPTION, field="light", why="x", source="x", parent=parent,
                    child=child, round=1)

    view = run_view.model_copy(update={"edits": (edit("c-1", "c-2"), edit("c-2", "c-3"), edit("c-3", "c-2"))})
    (tree,) = revision_trees(view)
    assert tree.candidate.id == "c-1"


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, ""), (0, "0"), (0.03125, "0.0312"), (4.5, "4.5"), (1234.5, "1,234"), (float("nan"), "-"),
     (float("inf"), "-")],
)
def test_numbers_are_short(value, text):
    assert number(value) == text


def test_the_reason_names_every_failed_gate(run_view):
    assert why_rejected(run_view.candidates[1]).startswith("floating: the base stands")


def test_a_page_with_pictures_stays_small_enough_to_mail(html):
    assert len(html) < 1_000_000
