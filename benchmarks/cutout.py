"""How well products are cut out: overlap, alpha error, acceptance and time, on pictures with known mattes.

    python benchmarks/cutout.py [--side 1024]

Three families. *rendered*: the demo products on graded backdrops. *textured*: the same outlines filled with real
photographs, so that inner texture is a camera's. *motorcycle*: a real photograph whose matte comes from measured
disparity (scikit-image's Middlebury pair). Backdrops carry a cast shadow, noise and JPEG 90, as a studio photo does.
Natural photographs without a box must all stay below the threshold.
"""

from __future__ import annotations

import argparse
import time

import cv2
import numpy as np
import skimage.data
from sklearn.datasets import load_sample_image

from domain.errors import UnusableImage
from domain.values import Box
from tools.imaging.decode import decode, encode_jpeg
from tools.imaging.packshot import catalogue, render
from tools.segment import THRESHOLD, cut_out

BACKDROPS = {"white": 242.0, "light grey": 200.0, "grey": 150.0}


def photographs() -> dict[str, np.ndarray]:
    """Real photographs that ship inside scikit-image and scikit-learn."""
    names = ("coffee", "chelsea", "astronaut", "rocket", "immunohistochemistry", "hubble_deep_field", "retina")
    photos = {name: getattr(skimage.data, name)() for name in names}
    photos |= {name: load_sample_image(f"{name}.jpg") for name in ("china", "flower")}
    left, right, _ = skimage.data.stereo_motorcycle()
    photos |= {"motorcycle left": left, "motorcycle right": right}
    photos |= {name: np.dstack([getattr(skimage.data, name)()] * 3) for name in ("brick", "grass", "gravel", "camera")}
    return photos


def on_backdrop(rgba: np.ndarray, level: float, side: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """A cutout as a studio would photograph it (RGB), and its true alpha 0..1."""
    random = np.random.default_rng(seed)
    factor = 0.72 * side / max(rgba.shape[:2])
    premultiplied = rgba.astype(np.float32) / 255
    premultiplied[..., :3] *= premultiplied[..., 3:]
    small = cv2.resize(premultiplied, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    layer = np.zeros((side, side, 4), np.float32)
    top, left = (side - small.shape[0]) * 3 // 5, (side - small.shape[1]) // 2
    layer[top : top + small.shape[0], left : left + small.shape[1]] = small.clip(0, 1)
    alpha = layer[..., 3:]
    yy, xx = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j].astype(np.float32)
    fall = 1 - 0.07 * (xx**2 + (yy + 0.3) ** 2) + 0.03 * xx
    backdrop = level / 255 * fall[..., None] * np.float32((1, 0.995, 0.985))
    foot = np.roll(cv2.GaussianBlur(alpha[..., 0], (0, 0), side / 60), side // 80, 0)
    shadow = np.roll(cv2.GaussianBlur(alpha[..., 0], (0, 0), side / 25), (side // 40, side // 25), (0, 1))
    near_base = np.clip((np.arange(side) - top - 0.75 * small.shape[0]) / (0.25 * small.shape[0]), 0, 1)[:, None]
    backdrop = backdrop * (1 - 0.30 * np.maximum(shadow * near_base, foot * near_base))[..., None]
    picture = layer[..., :3] + backdrop * (1 - alpha)
    picture = picture * 255 + random.normal(0, 1.2, picture.shape)
    pixels = np.rint(picture.clip(0, 255)).astype(np.uint8)
    return decode(encode_jpeg(pixels, 90)).image, alpha[..., 0]


def textured(rgba: np.ndarray, photo: np.ndarray) -> np.ndarray:
    """A product's outline filled with a real photograph, shaded like a round body so that its sides darken."""
    height, width = rgba.shape[:2]
    out = rgba.copy()
    filled = cv2.resize(photo, (width, height), interpolation=cv2.INTER_AREA).astype(np.float32)
    shade = 0.55 + 0.45 * np.sqrt(np.clip(1 - np.linspace(-1, 1, width) ** 2, 0, 1))[None, :, None]
    out[..., :3] = np.rint(filled * shade * 0.8)
    return out


def motorcycle() -> tuple[np.ndarray, np.ndarray]:
    """The motorcycle freed by its measured disparity (RGBA), and the photograph it stands in."""
    left, _, disparity = skimage.data.stereo_motorcycle()
    known = np.isfinite(disparity) & (disparity > 0)
    filled = cv2.inpaint(
        np.where(known, disparity, 0).clip(0, 255).astype(np.uint8), (~known).astype(np.uint8), 3, cv2.INPAINT_TELEA
    ).astype(np.float32)
    height = filled.shape[0]
    rows = np.arange(height, dtype=np.float32)[:, None]
    floor = np.poly1d(np.polyfit(np.arange(430, height), np.median(filled[430:, 20:120], axis=1), 1))(rows)
    near = (filled > np.maximum(floor, 34) + 3).astype(np.uint8)
    near = cv2.morphologyEx(near, cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    count, numbers, stats, _ = cv2.connectedComponentsWithStats(near)
    mask = (numbers == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())).astype(np.float32) if count > 1 else near
    alpha = cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 0.8)
    return np.dstack([left, np.rint(alpha * 255).astype(np.uint8)]), left


def measure(picture: np.ndarray, truth: np.ndarray, colours: np.ndarray | None = None) -> dict[str, float]:
    """Overlap, mean alpha error in the edge band, byte identity of opaque pixels, confidence and seconds."""
    started = time.perf_counter()
    result = cut_out(picture)
    seconds = time.perf_counter() - started
    alpha = result.mask.astype(np.float32) / 255
    inside, true = alpha > 0.5, truth > 0.5
    edge = cv2.dilate(((truth > 0.02) & (truth < 0.98)).astype(np.uint8), np.ones((5, 5), np.uint8)) > 0
    return {
        "iou": float((inside & true).sum() / max(1, (inside | true).sum())),
        "alpha": float(np.abs(alpha - truth)[edge].mean()),
        "confidence": result.confidence,
        "seconds": seconds,
    }


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser()
    options.add_argument("--side", type=int, default=1024)
    side = options.parse_args().side
    shots = {spec.id: render(spec, 800).rgba for spec in catalogue()}
    photos = photographs()
    fills = [photos[name] for name in ("coffee", "astronaut", "flower", "china", "chelsea")]
    families = {
        "rendered": shots,
        "textured": {name: textured(rgba, fills[i % 5]) for i, (name, rgba) in enumerate(shots.items())},
        "motorcycle": {"motorcycle": motorcycle()[0]},
    }
    for family, members in families.items():
        rows = []
        for name, rgba in members.items():
            for index, (backdrop, level) in enumerate(BACKDROPS.items()):
                row = measure(*on_backdrop(rgba, level, side, index))
                rows.append(row)
                flag = "" if row["confidence"] >= THRESHOLD else "  refused"
                print(f"  {family:10s} {name:26s} {backdrop:10s} IoU {row['iou']:.3f}  alpha {row['alpha']:.3f}  "
                      f"confidence {row['confidence']:.2f}  {row['seconds']:.2f} s{flag}")
        kept = [row for row in rows if row["confidence"] >= THRESHOLD]
        if kept:
            ious, errors = [row["iou"] for row in kept], [row["alpha"] for row in kept]
            seconds = np.median([row["seconds"] for row in rows])
            print(f"{family}: accepted {len(kept)}/{len(rows)}; of these IoU mean {np.mean(ious):.3f} "
                  f"min {min(ious):.3f}, alpha error mean {np.mean(errors):.3f}; seconds median {seconds:.2f}")
    refused = 0
    for name, photo in photos.items():
        try:
            accepted = cut_out(photo).confidence >= THRESHOLD
        except UnusableImage:
            accepted = False
        refused += not accepted
        if accepted:
            print(f"  natural photograph accepted without a box: {name}")
    print(f"natural photographs refused without a box: {refused}/{len(photos)}")
    boxes = {"coffee": (75, 12, 408, 380), "flower": (168, 78, 322, 288), "motorcycle left": (86, 62, 604, 391)}
    for name, (x, y, width, height) in boxes.items():
        inside = cut_out(photos[name], box=Box(x=x, y=y, width=width, height=height))
        print(f"{name} in a box: confidence {inside.confidence:.2f}, {inside.reason}")
    large, _ = on_backdrop(families["textured"]["solara-mug-red"], BACKDROPS["white"], 3464)
    started = time.process_time()
    cut_out(large)
    print(f"12 megapixels: {time.process_time() - started:.2f} CPU seconds")


if __name__ == "__main__":
    main()
