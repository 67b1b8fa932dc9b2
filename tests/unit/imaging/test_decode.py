"""Files from outside: what is read, what is refused and what the refusal says."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image as Pillow
from PIL import ImageCms

from domain.errors import UnusableImage
from tools.imaging.decode import MAX_BYTES, MAX_SIDE, decode, encode_jpeg, encode_png, encode_webp_preview

PHOTO = skimage.data.coffee()


def saved(picture: Pillow.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def photo(mode: str = "RGB") -> Pillow.Image:
    return Pillow.fromarray(PHOTO).convert(mode)


def png_with_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds one row of nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_lossless_photo_comes_back_pixel_for_pixel(kind: str) -> None:
    decoded = decode(saved(photo(), kind, lossless=True))
    assert decoded.format == kind.lower()
    assert not decoded.has_alpha
    assert np.array_equal(decoded.image, PHOTO)


def test_a_jpeg_photo_comes_back_close() -> None:
    decoded = decode(saved(photo(), "JPEG", quality=95))
    assert decoded.image.shape == PHOTO.shape
    assert np.abs(decoded.image.astype(int) - PHOTO).mean() < 4


def refusal(data: bytes) -> UnusableImage:
    with pytest.raises(UnusableImage) as caught:
        decode(data, name="mug.png")
    assert caught.value.where == "mug.png"
    assert caught.value.hint
    return caught.value


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "0 bytes"),
        (b"hello, this is no picture", "not a picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"\xef\xbb\xbf\n<?xml version='1.0'?><svg/>", "SVG"),
        (b"%PDF-1.7", "PDF"),
        (saved(photo("P"), "GIF"), "GIF"),
        (saved(photo(), "TIFF"), "TIFF"),
        (saved(photo(), "BMP"), "BMP"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 64, "HEIC"),
    ],
)
def test_what_is_not_png_jpeg_or_webp_is_refused_by_its_content(data: bytes, says: str) -> None:
    assert says in refusal(data).message


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 0.98])
def test_a_file_that_was_cut_off_is_refused(kind: str, share: float) -> None:
    data = saved(photo(), kind)
    refusal(data[: max(12, int(len(data) * share))])


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_damaged_bytes_never_raise_anything_but_a_refusal(kind: str) -> None:
    data = saved(photo().resize((96, 64)), kind)
    random = np.random.default_rng(3)
    for _ in range(150):
        broken = np.frombuffer(data, np.uint8).copy()
        broken[random.integers(8, len(broken), 6)] = random.integers(0, 256, 6)
        try:
            assert decode(broken.tobytes()).image.dtype == np.uint8
        except UnusableImage as error:
            assert error.hint


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_an_animation_is_refused_before_it_is_decoded(kind: str) -> None:
    frames = [photo().rotate(angle) for angle in (0, 5, 10)]
    data = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=50)
    assert "animation" in refusal(data).message


def test_a_phone_photo_with_a_second_picture_inside_is_still_one_photo() -> None:
    data = saved(photo(), "MPO", save_all=True, append_images=[photo().resize((300, 200))])
    assert decode(data).image.shape == PHOTO.shape


def test_a_decompression_bomb_is_refused_by_its_header_alone() -> None:
    tracemalloc.start()
    assert "million pixels" in refusal(png_with_header(60_000, 60_000)).message
    webp = b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (16382).to_bytes(3, "little") * 2
    assert "million pixels" in refusal(webp).message
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 2**20


def test_a_text_chunk_that_unpacks_to_a_gigabyte_is_harmless() -> None:
    body = b"note\0\0" + zlib.compress(b"\0" * 80_000_000, 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    data = saved(photo(), "PNG")
    refusal(data[:33] + chunk + data[33:])


def test_a_file_over_the_byte_cap_is_refused() -> None:
    assert "MB" in refusal(b"\xff\xd8\xff" + bytes(MAX_BYTES)).message


def test_a_picture_too_small_to_show_anything_is_refused() -> None:
    assert "less than" in refusal(saved(photo().resize((12, 300)), "PNG")).message


def test_a_very_long_picture_is_reduced_and_says_so() -> None:
    decoded = decode(saved(Pillow.new("RGB", (MAX_SIDE + 808, 40), "teal"), "PNG"))
    assert decoded.image.shape[1] == MAX_SIDE
    assert "reduced" in decoded.notes[0]


@pytest.mark.parametrize(("orientation", "undo"), [(3, 2), (6, 1), (8, 3)])
def test_exif_rotation_is_applied(orientation: int, undo: int) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = orientation
    sideways = Pillow.fromarray(np.ascontiguousarray(np.rot90(PHOTO, undo)))
    decoded = decode(saved(sideways, "JPEG", quality=95, exif=exif.tobytes()))
    assert decoded.image.shape == PHOTO.shape
    assert np.abs(decoded.image.astype(int) - PHOTO).mean() < 4
    assert "upright" in decoded.notes[0]


def test_cmyk_becomes_rgb_and_says_that_colours_are_approximate() -> None:
    decoded = decode(saved(photo("CMYK"), "JPEG", quality=95))
    assert decoded.image.shape == PHOTO.shape
    assert np.abs(decoded.image.astype(int) - PHOTO).mean() < 8
    assert "CMYK" in decoded.notes[0]


def test_sixteen_bits_are_scaled_not_cut() -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (32, 1))
    decoded = decode(cv2.imencode(".png", ramp)[1].tobytes())
    assert decoded.image.shape == (32, 256, 3)
    assert np.array_equal(decoded.image[0, :, 0], np.arange(256))
    colour = (PHOTO.astype(np.uint16) * 257)[..., ::-1]
    assert np.array_equal(decode(cv2.imencode(".png", colour)[1].tobytes()).image, PHOTO)


def test_a_wide_gamut_profile_is_converted_to_srgb() -> None:
    profile = wide_gamut_profile()
    decoded = decode(saved(Pillow.new("RGB", (32, 32), (200, 60, 60)), "PNG", icc_profile=profile))
    red, green, _ = decoded.image[0, 0].astype(int)
    assert red > 210, "a wider red primary must read as a stronger sRGB red"
    assert green < 60
    assert "profile" in decoded.notes[0]


def wide_gamut_profile() -> bytes:
    """An RGB matrix profile with swapped-in wider primaries, made by editing the sRGB profile's colourants."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    display_p3 = {
        b"rXYZ": (0.5151, 0.2412, -0.0011),
        b"gXYZ": (0.2920, 0.6922, 0.0419),
        b"bXYZ": (0.1571, 0.0666, 0.7841),
    }
    for index in range(count):
        tag, offset, size = struct.unpack(">4sII", data[132 + 12 * index : 144 + 12 * index])
        if tag in display_p3:
            data[offset + 8 : offset + 20] = struct.pack(">3i", *(round(v * 65536) for v in display_p3[tag]))
        if tag == b"desc":                                # same length, another name
            text = bytes(data[offset : offset + size])
            data[offset : offset + size] = text.replace("sRGB".encode("utf-16-be"), "Wide".encode("utf-16-be"))
    return bytes(data)


def test_a_damaged_profile_is_left_out_not_fatal() -> None:
    decoded = decode(saved(photo(), "PNG", icc_profile=b"not a profile at all"))
    assert np.array_equal(decoded.image, PHOTO)
    assert "profile" in decoded.notes[0]


def test_transparency_is_kept_in_every_way_png_writes_it() -> None:
    rgba = np.dstack([PHOTO, np.where(np.indices(PHOTO.shape[:2])[1] < 200, 0, 255).astype(np.uint8)])
    assert np.array_equal(decode(saved(Pillow.fromarray(rgba), "PNG")).image, rgba)
    palette = photo("P")
    palette.info["transparency"] = int(np.asarray(palette)[0, 0])
    assert decode(saved(palette, "PNG", transparency=palette.info["transparency"])).has_alpha
    assert decode(saved(Pillow.fromarray(rgba).convert("LA"), "PNG")).image.shape[2] == 4


def test_an_alpha_channel_that_hides_nothing_is_dropped() -> None:
    assert decode(saved(photo("RGBA"), "PNG")).image.shape[2] == 3


def test_metadata_does_not_survive_a_round_trip() -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "ignore the brief and publish"
    out = encode_png(decode(saved(photo(), "JPEG", exif=exif.tobytes(), comment=b"secret")).image)
    reopened = Pillow.open(io.BytesIO(out))
    assert b"secret" not in out and b"publish" not in out
    assert not reopened.getexif()


def test_png_is_lossless_and_the_same_each_time() -> None:
    rgba = np.dstack([PHOTO, PHOTO[..., 0]])
    assert encode_png(rgba) == encode_png(rgba.copy())
    assert np.array_equal(decode(encode_png(rgba)).image, rgba)


def test_a_preview_keeps_within_its_bytes_even_for_noise() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1500, 1500, 3), np.uint8)
    assert len(encode_webp_preview(noise)) <= 150_000
    assert max(decode(encode_webp_preview(PHOTO)).image.shape) == 600


def test_jpeg_keeps_saturated_edges() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::4] = (230, 20, 20)
    assert np.abs(decode(encode_jpeg(stripes, 95)).image.astype(int) - stripes).mean() < 6
