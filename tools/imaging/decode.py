"""Bytes from outside to pixels, and pixels to bytes: the only place where files from outside are opened.

What comes in is PNG, JPEG or WebP, recognised by content and never by name; its size is read from the header and held
against the caps before a single pixel is decoded. What comes out is 8-bit sRGB, upright, without metadata.
"""

from __future__ import annotations

import io
import struct
import threading
import warnings
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image as Pillow
from PIL import ImageCms, ImageOps

from domain.errors import UnusableImage
from domain.ports import Image

MAX_BYTES = 64 * 2**20
MAX_PIXELS = 50_000_000
MAX_SIDE = 8192
MIN_SIDE = 16
PREVIEW_SIDE = 1024

_FOREIGN = (
    (b"GIF8", "a GIF"),
    (b"BM", "a BMP"),
    (b"II*\0", "a TIFF"),
    (b"MM\0*", "a TIFF"),
    (b"%PDF", "a PDF"),
    (b"8BPS", "a Photoshop document"),
    (b"PK\3\4", "a ZIP archive or office document"),
)
_START_OF_FRAME = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_EXPORT = "export the picture as PNG, JPEG or WebP and try again"
_AGAIN = "export the picture again from its source as PNG, JPEG or WebP"

# warnings.catch_warnings swaps a process-wide filter list, so that only one thread at a time may do it.
_WARNINGS = threading.Lock()


@dataclass(frozen=True)
class Decoded:
    """A picture from outside. `image` is RGB, or RGBA (straight) when some pixel is transparent.

    `notes` says in plain words what was done to it on the way in: turned, converted, reduced.
    """

    image: Image
    has_alpha: bool
    format: str
    notes: tuple[str, ...] = ()


def decode(data: bytes, *, name: str = "image") -> Decoded:
    """Read one still picture; `name` is how messages call it.

    Raises UnusableImage for anything that is not a whole, still PNG, JPEG or WebP within the caps.
    """
    if not data:
        raise UnusableImage("the file is empty (0 bytes)", where=name, hint=_EXPORT)
    if len(data) > MAX_BYTES:
        raise UnusableImage(
            f"the file is {len(data) / 2**20:.0f} MB, more than the {MAX_BYTES // 2**20} MB allowed",
            where=name, hint="save it smaller: a product photo needs at most 4096 pixels on its long side",
        )  # fmt: skip
    kind = _recognise(data, name)
    try:
        width, height, animated = _HEADERS[kind](data)
    except (struct.error, IndexError, ValueError) as error:
        raise UnusableImage(f"the {kind} header is damaged", where=name, hint=_AGAIN) from error
    _hold_against_caps(width, height, name)
    if animated:
        raise UnusableImage(
            f"this {kind} is an animation; one still picture is needed", where=name, hint="export its best frame as PNG"
        )
    try:
        return _decode(data, kind, name)
    except UnusableImage:
        raise
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, KeyError, IndexError, TypeError) as error:
        # Pillow's readers fail on damaged data with any of these.
        raise UnusableImage(f"the {kind} data is damaged or cut off", where=name, hint=_AGAIN) from error


def _decode(data: bytes, kind: str, name: str) -> Decoded:
    notes: list[str] = []
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture: Pillow.Image = Pillow.open(io.BytesIO(data), formats=(kind.upper(),))
        orientation = picture.getexif().get(0x0112, 1)
    _hold_against_caps(*picture.size, name)
    profile = picture.info.get("icc_profile")
    picture.load()
    if orientation not in (0, 1):
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = ImageOps.exif_transpose(picture)
        notes.append("turned upright as its EXIF orientation says")
    colour, alpha = _split(picture, notes)
    rgb = _to_srgb(colour, profile, notes)
    pixels = np.asarray(rgb, dtype=np.uint8)
    has_alpha = alpha is not None and bool((alpha < 255).any())
    if has_alpha and alpha is not None:
        pixels = np.dstack([pixels, alpha])
    if max(pixels.shape[:2]) > MAX_SIDE:
        pixels = _shrink(pixels, MAX_SIDE)
        notes.append(f"reduced to {MAX_SIDE} pixels on its long side")
    return Decoded(np.ascontiguousarray(pixels), has_alpha, kind, tuple(notes))


def _recognise(data: bytes, name: str) -> str:
    """The format by its first bytes."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "webp"
    head = data[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    what = next((label for magic, label in _FOREIGN if data.startswith(magic)), "not a picture Onbrand can read")
    if head.startswith((b"<svg", b"<?xml", b"<!doctype")):
        what = "an SVG or XML document"
    elif data[4:8] == b"ftyp":
        what = "a HEIC, AVIF or video file"
    raise UnusableImage(f"the file is {what}; only PNG, JPEG and WebP are read", where=name, hint=_EXPORT)


def _hold_against_caps(width: int, height: int, name: str) -> None:
    if width * height > MAX_PIXELS:
        raise UnusableImage(
            f"the picture is {width}x{height}, more than the {MAX_PIXELS // 10**6} million pixels allowed",
            where=name, hint="save it smaller: a product photo needs at most 4096 pixels on its long side",
        )  # fmt: skip
    if min(width, height) < MIN_SIDE:
        raise UnusableImage(
            f"the picture is {width}x{height}; less than {MIN_SIDE} pixels on a side shows nothing",
            where=name, hint="use the original picture, at least 600 pixels high",
        )  # fmt: skip


def _png_header(data: bytes) -> tuple[int, int, bool]:
    """Width, height, and whether an animation chunk stands before the pixels (PNG 3rd edition, 11.2.1 and 11.3.4)."""
    if data[12:16] != b"IHDR":
        raise ValueError("IHDR is not the first chunk")
    width, height = struct.unpack(">II", data[16:24])
    return width, height, b"acTL" in data[33 : max(data.find(b"IDAT"), 33)]


def _jpeg_header(data: bytes) -> tuple[int, int, bool]:
    """Width and height from the frame header (ITU-T T.81, B.2.2). Several pictures in one file are one still photo."""
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ValueError("marker expected")
        marker = data[at + 1]
        if marker == 0xFF:                                # fill byte
            at += 1
        elif marker == 0x01 or 0xD0 <= marker <= 0xD8:    # markers without a length
            at += 2
        elif marker in _START_OF_FRAME:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return width, height, False
        else:
            at += 2 + int(struct.unpack(">H", data[at + 2 : at + 4])[0])


def _webp_header(data: bytes) -> tuple[int, int, bool]:
    """Width, height and the animation flag of the first chunk (RFC 9649, 2.5 to 2.7)."""
    chunk, body = data[12:16], data[20:]
    if chunk == b"VP8X":
        width = 1 + int.from_bytes(body[4:7], "little")
        return width, 1 + int.from_bytes(body[7:10], "little"), bool(body[0] & 0x02)
    if chunk == b"VP8L":
        bits = struct.unpack("<I", body[1:5])[0]
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF), False
    if chunk == b"VP8 ":
        width, height = struct.unpack("<HH", body[6:10])
        return width & 0x3FFF, height & 0x3FFF, False
    raise ValueError("unknown first chunk")


_HEADERS = {"png": _png_header, "jpeg": _jpeg_header, "webp": _webp_header}


def _split(picture: Pillow.Image, notes: list[str]) -> tuple[Pillow.Image, npt.NDArray[np.uint8] | None]:
    """Colour (modes L, RGB or CMYK) and alpha, if the picture has any."""
    if picture.mode.startswith("I") or picture.mode == "F":
        notes.append("16 bits a channel scaled to 8")
        values = np.asarray(picture).astype(np.float32) / 257.0
        picture = Pillow.fromarray(np.rint(values.clip(0, 255)).astype(np.uint8))
    if picture.mode in ("P", "1") or "transparency" in picture.info:
        picture = picture.convert("RGBA" if "transparency" in picture.info else "RGB")
    if picture.mode in ("RGBA", "LA", "PA", "La", "RGBa"):
        straight = picture.convert("RGBA")
        return straight.convert("RGB"), np.asarray(straight.getchannel("A"), dtype=np.uint8)
    if picture.mode not in ("L", "RGB", "CMYK"):
        picture = picture.convert("RGB")
    return picture, None


def _to_srgb(colour: Pillow.Image, profile: bytes | None, notes: list[str]) -> Pillow.Image:
    """Through the embedded profile where there is a usable one, plainly otherwise."""
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            described = ImageCms.getProfileDescription(source).strip()
            if colour.mode == "RGB" and described.lower().startswith("srgb"):
                return colour
            converted = ImageCms.profileToProfile(
                colour, source, ImageCms.createProfile("sRGB"), outputMode="RGB",
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )  # fmt: skip
            if converted is not None:
                notes.append(f"colours converted from the profile “{described}” to sRGB")
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            notes.append("its colour profile cannot be read and was left out")
    if colour.mode == "CMYK":
        notes.append("CMYK without a usable profile: colours are approximate")
    return colour.convert("RGB")


def _shrink(image: Image, side: int) -> Image:
    """At most `side` pixels long, by area; colours are weighted by alpha so that no fringe appears."""
    factor = side / max(image.shape[:2])
    if factor >= 1:
        return image
    size = (max(1, round(image.shape[1] * factor)), max(1, round(image.shape[0] * factor)))
    if image.shape[2] == 3:
        return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
    alpha = image[..., 3:].astype(np.float32) / 255
    layer = np.dstack([image[..., :3] * alpha, alpha]).astype(np.float32)
    small = np.asarray(cv2.resize(layer, size, interpolation=cv2.INTER_AREA))
    colour = small[..., :3] / np.maximum(small[..., 3:], 1e-4)
    return np.asarray(np.rint(np.dstack([colour.clip(0, 255), small[..., 3] * 255])), dtype=np.uint8)


def _bgr(image: Image) -> npt.NDArray[np.uint8]:
    if image.ndim == 2:                                  # a mask
        return np.ascontiguousarray(image)
    code = cv2.COLOR_RGBA2BGRA if image.shape[2] == 4 else cv2.COLOR_RGB2BGR
    return np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)


def _encoded(extension: str, image: Image, parameters: list[int]) -> bytes:
    done, buffer = cv2.imencode(extension, image, parameters)
    if not done:
        raise ValueError(f"cannot encode an array of shape {image.shape} as {extension}")
    return buffer.tobytes()


def encode_png(image: Image) -> bytes:
    """Lossless PNG of an RGB, RGBA or single-channel array. The same pixels give the same bytes; no metadata.

    Run-length matching on the difference to the row above, no search for filters or matches: film grain leaves little
    to find.
    """
    settings = [
        cv2.IMWRITE_PNG_COMPRESSION, 1,
        cv2.IMWRITE_PNG_STRATEGY, cv2.IMWRITE_PNG_STRATEGY_RLE,
        cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_UP,
    ]  # fmt: skip
    return _encoded(".png", _bgr(image), settings)


def encode_jpeg(image: Image, quality: int = 92) -> bytes:
    """JPEG of an RGB array with full chroma resolution, so that red type on white stays sharp; no metadata."""
    parameters = [
        cv2.IMWRITE_JPEG_QUALITY, quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]  # fmt: skip
    return _encoded(".jpg", _bgr(image[..., :3]), parameters)


def encode_webp_preview(image: Image, max_bytes: int = 150_000, side: int = PREVIEW_SIDE) -> bytes:
    """Small WebP for looking at, at most `max_bytes`: quality is lowered first, then size. Never the deliverable."""
    while True:
        small = _bgr(_shrink(image, side))
        for quality in (85, 72, 58):
            data = _encoded(".webp", small, [cv2.IMWRITE_WEBP_QUALITY, quality])
            if len(data) <= max_bytes or side <= 64:
                return data
        side = round(side * 0.75)
