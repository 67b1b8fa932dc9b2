import hashlib
import io
import xml.etree.ElementTree as ET
from datetime import UTC, datetime

import numpy as np
import pytest
from PIL import Image as Pillow
from skimage import data as photos

from domain.composition import SceneKind
from domain.errors import BadInput, UnusableImage
from domain.rules import Channel
from domain.values import Box, Size
from tools.publish.channels import channel, file_channel
from tools.publish.export import decode, export, fit, media_type, pixel_digest
from tools.publish.metadata import read_xmp, with_xmp
from tools.publish.provenance import Provenance, SourceType, source_type

FACTS = Provenance(
    source=SourceType.COMPOSITE, run_id="run-12345678", candidate="c-3", artifact="a" * 64, generator="compositor",
    version="0.1.0", created=datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
)
PHOTO = photos.chelsea()


def photo(width: int, height: int) -> np.ndarray:
    return np.asarray(Pillow.fromarray(photos.astronaut()).resize((width, height)), dtype=np.uint8)


def lossy(*formats: str, max_bytes: int | None = None) -> Channel:
    return Channel(id="t", name="T", width=451, height=300, formats=formats, max_bytes=max_bytes)


def properties(data: bytes) -> dict[str, str]:
    packet = read_xmp(data)
    assert packet is not None
    start, end = packet.index(b"<x:xmpmeta"), packet.index(b"<?xpacket end")
    description = ET.fromstring(packet[start:end])[0][0]
    return {name.rpartition("}")[2]: value for name, value in description.attrib.items()}


def test_the_pixels_of_an_export_are_the_pixels_that_went_in():
    data = export(PHOTO, file_channel(Size(width=451, height=300)), FACTS)
    assert np.array_equal(decode(data), PHOTO)
    assert pixel_digest(decode(data)) == pixel_digest(PHOTO)


def test_the_same_picture_and_facts_give_the_same_bytes():
    for kind in ("png", "jpeg", "webp"):
        assert export(PHOTO, lossy(kind), FACTS) == export(PHOTO, lossy(kind), FACTS)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_every_format_says_how_it_came_to_be(kind):
    data = export(PHOTO, lossy(kind), FACTS)
    assert media_type(data) == f"image/{kind}"
    said = properties(data)
    assert said["DigitalSourceType"] == "http://cv.iptc.org/newscodes/digitalsourcetype/composite"
    assert said["CreatorTool"] == "Onbrand 0.1.0"
    assert said["Run"] == "run-12345678"
    assert said["TrainedModel"] == "False"
    assert said["CreateDate"] == "2026-11-21T12:00:00+00:00"


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_adding_metadata_later_changes_no_pixel_and_replaces_the_older_packet(kind):
    first = export(PHOTO, lossy(kind), FACTS)
    second = with_xmp(first, FACTS.model_copy(update={"notice": "Approved by Ada"}).packet())
    assert second != first
    assert pixel_digest(decode(second)) == pixel_digest(decode(first))
    assert properties(second)["Notice"] == "Approved by Ada"
    assert second.count(b"<x:xmpmeta") == 1


@pytest.mark.parametrize("kind", ["png", "webp"])
def test_pillow_finds_the_packet_where_the_standard_puts_it(kind):
    with Pillow.open(io.BytesIO(export(PHOTO, lossy(kind), FACTS))) as picture:
        packet = picture.info.get("xmp") or picture.info.get("XML:com.adobe.xmp")
        picture.load()
    assert "run-12345678" in (packet.decode() if isinstance(packet, bytes) else packet)


def test_a_transparent_webp_from_elsewhere_keeps_its_alpha():
    buffer = io.BytesIO()
    rgba = np.dstack([PHOTO, np.full(PHOTO.shape[:2], 128, np.uint8)])
    Pillow.fromarray(rgba).save(buffer, "WEBP", lossless=True)
    with Pillow.open(io.BytesIO(with_xmp(buffer.getvalue(), FACTS.packet()))) as picture:
        assert np.array_equal(np.asarray(picture), rgba)


def test_hostile_values_stay_values():
    facts = FACTS.model_copy(update={"notice": '"/><script>alert(1)</script>\x00\n'})
    assert properties(export(PHOTO, lossy("png"), facts))["Notice"] == '"/><script>alert(1)</script>'


def test_a_file_that_is_no_picture_gets_no_packet():
    with pytest.raises(UnusableImage):
        with_xmp(b"GIF89a", FACTS.packet())
    assert read_xmp(b"GIF89a") is None


def test_png_is_taken_where_it_fits_and_jpeg_where_it_does_not():
    assert media_type(export(PHOTO, lossy("jpeg", "png", max_bytes=400_000), FACTS)) == "image/png"
    small = export(PHOTO, lossy("jpeg", "png", max_bytes=30_000), FACTS)
    assert media_type(small) == "image/jpeg"
    assert len(small) <= 30_000


def test_a_picture_that_fits_at_no_quality_is_refused_with_the_limit():
    noise = np.random.default_rng(1).integers(0, 255, (300, 451, 3), dtype=np.uint8)
    with pytest.raises(BadInput, match="20,000 bytes"):
        export(noise, lossy("png", "jpeg", max_bytes=20_000), FACTS)


def test_a_banner_fits_its_150_kilobytes():
    data = export(photo(2184, 270), channel("display-728x90"), FACTS)
    assert decode(data).shape == (90, 728, 3)
    assert len(data) <= 150_000


def test_print_says_three_hundred_dots_an_inch():
    image = np.full((3508, 2480, 3), 200, np.uint8)
    with Pillow.open(io.BytesIO(export(image, channel("print-a4"), FACTS))) as picture:
        assert round(picture.info["dpi"][0]) == 300


def test_another_aspect_is_cut_around_the_product():
    image = photo(1600, 1200)
    cut = fit(image, channel("instagram-square"), keep=Box(x=1100, y=300, width=300, height=600))
    assert cut.shape == (1080, 1080, 3)
    right = fit(image, channel("instagram-square"), keep=Box(x=1500, y=0, width=100, height=100))
    assert np.abs(right[:, -100:].astype(int).mean() - image[:, -111:].astype(int).mean()) < 1


@pytest.mark.parametrize(
    ("size", "keep", "reason"),
    [
        ((1200, 1200), None, "without losing the product"),
        ((1200, 1200), Box(x=10, y=500, width=1150, height=200), "without losing the product"),
        ((540, 675), None, "too small"),
    ],
)
def test_a_cut_that_would_lose_the_product_or_blur_it_is_refused(size, keep, reason):
    with pytest.raises(BadInput, match=reason):
        fit(photo(*size), channel("instagram"), keep)


def test_the_pixel_digest_is_of_size_and_bytes():
    flat = np.zeros((2, 3, 3), np.uint8)
    assert pixel_digest(flat) == hashlib.sha256(b"RGB8 3x2\n" + bytes(18)).hexdigest()
    assert pixel_digest(flat) != pixel_digest(flat.reshape(3, 2, 3))


@pytest.mark.parametrize(
    ("scene", "more", "term"),
    [
        (SceneKind.PLATE, {}, "composite"),
        (SceneKind.STUDIO, {}, "composite"),
        (SceneKind.PHOTO, {}, "compositeCapture"),
        (SceneKind.PHOTO, {"product_rendered": True}, "composite"),
        (SceneKind.PLATE, {"trained_model": True}, "compositeSynthetic"),
        (SceneKind.PHOTO, {"trained_model": True, "outpainted": True}, "compositeWithTrainedAlgorithmicMedia"),
    ],
)
def test_the_source_type_claims_neither_more_nor_less_than_is_so(scene, more, term):
    assert source_type(scene, **more).value.rpartition("/")[2] == term
