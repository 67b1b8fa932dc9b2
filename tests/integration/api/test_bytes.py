"""Pictures over HTTP: taken in within caps, found again, sent in parts, kept by caches, and small ones on request."""

from __future__ import annotations

import io
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from PIL import Image

from domain.errors import UnusableImage
from service.settings import Serving
from tests.integration.api.acting import png
from tests.integration.api.conftest import Bench
from tests.serving import serving


def test_an_upload_is_an_asset_with_a_picture(maker: httpx2.Client) -> None:
    answer = maker.post("/v1/assets", data={"kind": "background", "title": "Our terrace"}, files={"image": png()})
    made = answer.json()
    assert (answer.status_code, made["kind"], made["title"]) == (201, "background", "Our terrace")
    assert maker.get(answer.headers["location"]).json() == made
    assert maker.get(made["picture_url"]).headers["content-type"] == "image/png"
    assert maker.get("/v1/assets/search", params={"q": "terrace"}).json()["items"] == [made]
    assert maker.get("/v1/assets", params={"kind": "product"}).json()["items"] == []


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty"),
        (b"GIF89a", "GIF"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "SVG"),
        (png()[:200], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" + (60000).to_bytes(4, "big") * 2 + b"\x08\x02\0\0\0", "pixels"),
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(
    bench: Bench, maker: httpx2.Client, data: bytes, reason: str
) -> None:
    answer = maker.post("/v1/assets", files={"image": ("can.png", data)})
    assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (422, UnusableImage.code, "can.png")
    assert reason in answer.json()["detail"]
    assert bench.studio.library == {}


@pytest.mark.parametrize(
    "sent",
    [
        {"data": {"kind": "product"}},
        {"files": {"picture": png()}},
        {"files": {"image": png(), "image2": png()}},
        {"files": {"image": png()}, "data": {"kind": "person"}},
        {"files": {"image": png()}, "data": {"url": "https://example.com/x.png"}},
        {"files": {"image": png()}, "data": {"title": "a\x00b"}},
        {"json": {"image": "https://example.com/x.png"}},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"--x", "headers": {"Content-Type": "multipart/form-data"}},
    ],
)
def test_a_form_that_is_not_what_it_should_be_is_refused(maker: httpx2.Client, sent: dict[str, object]) -> None:
    answer = maker.post("/v1/assets", **sent)  # type: ignore[arg-type]
    assert answer.status_code in {400, 415, 422}
    assert answer.json()["code"] in {"bad_input", "unsupported_media_type"}


def test_an_upload_beyond_the_cap_is_not_read(bench: Bench) -> None:
    def parts() -> object:
        yield b'--x\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        for _ in range(3 * 16):
            yield b"x" * 2**16

    form = {"Content-Type": "multipart/form-data; boundary=x"}
    with serving(bench.app(Serving(max_upload_mb=1))) as url, bench.client(url) as client:
        declared = client.post("/v1/assets", files={"image": b"x" * 2**21})
        undeclared = client.post("/v1/assets", content=parts(), headers=form)  # type: ignore[arg-type]
        for answer in (declared, undeclared):
            assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


def test_a_picture_sent_along_or_of_the_library_is_checked(bench: Bench, maker: httpx2.Client) -> None:
    bench.studio.put_asset("demo", "solara-lemon-can")
    against = {"caption": "a can", "markets": ["SE", "US"], "product": "solara-lemon-can"}
    sent = maker.post("/v1/check", files={"image": png()}, data=against)
    assert (sent.status_code, sent.json()["verdict"]) == (200, "passed")
    named = maker.post("/v1/check", json={"picture": sent.json()["picture"]["id"]})
    assert named.json()["picture"] == sent.json()["picture"]
    assert maker.post("/v1/check", json={"picture": "https://example.com/x.png"}).status_code == 422


def test_what_is_heavy_is_done_for_one_principal_so_many_times_at_once(bench: Bench) -> None:
    bench.studio.slow = 1.0
    with serving(bench.app(Serving(heavy_at_once=1))) as url, bench.client(url) as client:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda n: client.post("/v1/options", json={"request": f"a can {n}"}), range(3)))
        assert sorted(answer.status_code for answer in answers) == [200, 429, 429]
        assert client.post("/v1/options", json={"request": "a can"}).status_code == 200


def test_an_artifact_never_changes_and_caches_are_told_so(bench: Bench, maker: httpx2.Client) -> None:
    data = png()
    digest = bench.studio.keep("demo", data)
    whole = maker.get(f"/v1/artifacts/{digest}")
    assert whole.content == data
    assert whole.headers["etag"] == f'"{digest}"'
    assert whole.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert whole.headers["content-disposition"] == f'inline; filename="{digest[:16]}.png"'
    assert whole.headers["x-content-type-options"] == "nosniff"
    head = maker.head(f"/v1/artifacts/{digest}")
    assert (head.status_code, head.content, head.headers["content-length"]) == (200, b"", str(len(data)))
    for tag in (f'"{digest}"', f'W/"{digest}"', f'"x", "{digest}"', "*"):
        again = maker.get(f"/v1/artifacts/{digest}", headers={"If-None-Match": tag})
        assert (again.status_code, again.content) == (304, b"")
    assert maker.get(f"/v1/artifacts/{digest}", headers={"If-None-Match": '"x"'}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-9", 206, slice(0, 10)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=-7", 206, slice(-7, None)),
        ("bytes=-999999999", 206, slice(0, None)),
        ("bytes=5-999999999", 206, slice(5, None)),
        ("bytes=999999999-", 416, None),
        ("bytes=-0", 416, None),
        ("bytes=9-5", 200, slice(0, None)),
        ("bytes=0-1,4-5", 200, slice(0, None)),
        ("pixels=0-1", 200, slice(0, None)),
        ("bytes=a-b", 200, slice(0, None)),
    ],
)
def test_parts_of_an_artifact(
    bench: Bench, maker: httpx2.Client, asked: str, status: int, part: slice | None
) -> None:
    data = png()
    at = f"/v1/artifacts/{bench.studio.keep('demo', data)}"
    answer = maker.get(at, headers={"Range": asked})
    assert answer.status_code == status
    if part is None:
        assert answer.headers["content-range"] == f"bytes */{len(data)}"
        assert answer.json()["code"] == "range_not_satisfiable"
        return
    assert answer.content == data[part]
    if status == 206:
        first, _, last = answer.headers["content-range"].removeprefix("bytes ").partition("/")[0].partition("-")
        assert data[int(first) : int(last) + 1] == answer.content
        stale = maker.get(at, headers={"Range": asked, "If-Range": '"another"'})
        assert (stale.status_code, stale.content) == (200, data)


def test_a_thumbnail_is_small_and_has_a_tag_of_its_own(bench: Bench, maker: httpx2.Client) -> None:
    digest = bench.studio.keep("demo", png(side=600))
    small = maker.get(f"/v1/artifacts/{digest}", params={"side": "128"})
    assert small.headers["content-type"] == "image/webp"
    assert Image.open(io.BytesIO(small.content)).size == (128, 128)
    assert small.headers["etag"] != f'"{digest}"'
    known = {"If-None-Match": small.headers["etag"]}
    again = maker.get(f"/v1/artifacts/{digest}", params={"side": "128"}, headers=known)
    assert again.status_code == 304
    for side in ("63", "2049", "0", "-1", "wide"):
        assert maker.get(f"/v1/artifacts/{digest}", params={"side": side}).status_code == 422


def test_what_a_browser_must_not_show_is_saved_instead(bench: Bench, maker: httpx2.Client) -> None:
    digest = bench.studio.keep("demo", b"<script>alert(1)</script>", "text/html")
    answer = maker.get(f"/v1/artifacts/{digest}")
    assert answer.headers["content-disposition"] == f'attachment; filename="{digest[:16]}.html"'
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert maker.get(f"/v1/artifacts/{digest}", params={"side": "128"}).status_code == 422


def test_a_cache_holds_nothing_back_from_who_may_not_see_it(bench: Bench, url: str) -> None:
    digest = bench.studio.keep("other", png())
    with bench.client(url, "maker") as client:
        told = client.get(f"/v1/artifacts/{digest}", headers={"If-None-Match": f'"{digest}"'})
        assert told.status_code == 404
