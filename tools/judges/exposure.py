"""Exposure and sharpness: is the picture readable at all?"""

from __future__ import annotations

import cv2
import numpy as np

from domain.candidate import Change, EditTarget, Finding, Severity
from domain.composition import SceneKind
from domain.ports import Image
from domain.values import Light
from tools.judges.book import Check
from tools.judges.evidence import Views

_DARK_LIGHTS = frozenset({Light.NIGHT, Light.DUSK})


def exposure(views: Views, check: Check) -> Finding:
    """Lightness of the surroundings: clipped shares, median and spread (P95 - P5) of CIELAB L outside the product.

    The product keeps its own exposure and is masked out. By day some highlights (P95) are asked for as well, fewer of
    them where the sun is low, or where nobody says what hour a photograph was taken at. A night or dusk scene may be
    darker, a studio sweep lighter, which widens the limits. `value` is the median lightness.
    """
    lightness, mask = views.half_lab[..., 0], views.half_mask
    values = lightness[::2, ::2].ravel() if mask is None else lightness[::2, ::2][mask[::2, ::2] < 16]
    if values.size < 1000:
        return check.abstained("the product fills the picture: no surroundings to judge the exposure of")
    low, median, high = (float(v) for v in np.percentile(values, [5, 50, 95]))
    black = float((values < check.limit("black_below")).mean())
    white = float((values > check.limit("white_above")).mean())
    scene = views.evidence.scene
    dark = scene is not None and scene.light in _DARK_LIGHTS
    high_key = scene is not None and scene.kind is SceneKind.STUDIO
    facts = {"black": black, "white": white, "spread": high - low, "p95": high}
    darkest = check.limit("median_min_dark" if dark else "median_min")
    low_sun = scene is not None and (scene.light is Light.GOLDEN or not scene.light_stated)
    gloomy = not dark and high < check.limit("highlights_min_low_sun" if low_sun else "highlights_min")
    if median < darkest or gloomy or black > check.limit("black_share_dark" if dark else "black_share"):
        stops = float(np.clip((70 - high) / 16, 0.3, 2))
        return check.failed(
            f"the surroundings are too dark: median lightness {median:.0f}, highlights {high:.0f}, {black:.0%} black",
            value=median, evidence=facts, fixes=_exposure_fixes(views, stops),
        )
    lightest = check.limit("median_max_high_key" if high_key else "median_max")
    if median > lightest or white > check.limit("white_share_high_key" if high_key else "white_share"):
        stops = -float(np.clip((median - 70) / 18, 0.3, 2))
        return check.failed(
            f"the surroundings are washed out: median lightness {median:.0f}, {white:.0%} white",
            value=median, evidence=facts, fixes=_exposure_fixes(views, stops),
        )
    if high - low < check.limit("spread_min_high_key" if high_key else "spread_min"):
        return check.failed(
            f"flat: lightness spans only {high - low:.0f} of 100",
            value=median, evidence=facts,
            fixes=(
                Change(target=EditTarget.GENERATOR, field="contrast", amount=1.0, why="the scene's own contrast"),
                Change(target=EditTarget.GENERATOR, field="exposure", amount=0.0, why="the scene's own exposure"),
                Change(target=EditTarget.BACKGROUND, field="scene", why="a scene with more depth"),
            ),
        )
    return check.passed("exposed within range", value=median, evidence=facts)


def _exposure_fixes(views: Views, stops: float) -> tuple[Change, ...]:
    """The scene's own exposure first, if it was changed; a correction by the measured stops; then another scene."""
    other = Change(target=EditTarget.BACKGROUND, field="scene", why="a scene exposed within range")
    slot = views.evidence.slot
    now = slot.settings.exposure if slot is not None else 0.0
    corrected = float(np.clip(round(now + stops, 2), -2, 2))
    measured = Change(
        target=EditTarget.GENERATOR, field="exposure", amount=corrected, why=f"{stops:+.1f} stops towards mid-tones"
    )
    if now * stops < 0:
        neutral = Change(
            target=EditTarget.GENERATOR, field="exposure", amount=0.0, why="the scene's own, measured exposure"
        )
        return (neutral, other) if abs(corrected) < 0.1 else (neutral, measured, other)
    return measured, other


def sharpness(views: Views, check: Check) -> Finding:
    """Is the product in focus, and was it enlarged beyond its own pixels?

    `value` is the log of the 99th percentile of the absolute Laplacian inside the eroded product mask (the whole
    picture where no product is known): the strongest edges, which any picture in focus has whatever its subject.
    Enlarging a cutout (square root of the affine's determinant) beyond the limit fails by geometry.
    """
    scale = views.scale
    if scale is not None and scale > check.limit("enlarged"):
        return check.failed(
            f"the product is enlarged {scale:.2f} times beyond its photo's own pixels",
            value=0.0,
            region=views.box,
            evidence={"scale": scale},
            fixes=(
                Change(
                    target=EditTarget.COMPOSITION, field="scale", amount=round(0.98 / scale, 3), relative=True,
                    why="no larger than the photo's own pixels",
                ),
                Change(target=EditTarget.PRODUCT, field="cutout", why="a photo with more pixels"),
            ),
        )
    box, core = views.box, views.core
    if box is not None and core is not None:
        window = np.s_[box.y : box.y + box.height, box.x : box.x + box.width]
        gray, inside = views.gray[window], core[window] == 255
    else:
        gray, inside = views.half_gray, None
    strength = np.abs(cv2.Laplacian(gray, cv2.CV_32F))
    values = strength.ravel() if inside is None else strength[inside]
    if values.size < 500:
        return check.abstained("too few product pixels to judge sharpness")
    value = float(np.log(np.percentile(values, 99) + 1))
    surroundings = _surrounding_edges(views)
    facts = {"surroundings": surroundings, "of": "picture" if inside is None else "product"}
    if value < check.limit("edges"):
        return check.failed(
            "the product is not in focus" if inside is not None else "nothing in the picture is in focus",
            value=value,
            region=box,
            evidence=facts,
            fixes=(
                Change(target=EditTarget.PRODUCT, field="cutout", why="a sharper photo of the product"),
                Change(target=EditTarget.GENERATOR, field="defocus", amount=1.0, why="the scene's own depth of field"),
            ),
        )
    if surroundings is not None and surroundings < check.limit("surroundings"):
        return check.failed(
            "the ground the product stands on is out of focus: it looks pasted on a blur",
            value=value,
            region=box,
            evidence=facts,
            fixes=(
                Change(target=EditTarget.GENERATOR, field="defocus", amount=1.0, why="the scene's own depth of field"),
                Change(target=EditTarget.BACKGROUND, field="scene", why="a scene whose ground is sharp"),
            ),
        )
    return check.passed("the product is in focus", value=value, evidence=facts)


def _surrounding_edges(views: Views) -> float | None:
    """Log of the 99th percentile Laplacian of the ground beside the product's base; None when none is visible."""
    box, mask = views.box, views.mask
    if box is None or mask is None:
        return None
    top, bottom = box.y + int(0.93 * box.height), min(views.height, box.y + int(1.12 * box.height))
    left, right = max(0, box.x - box.width), min(views.width, box.x + 2 * box.width)
    if bottom - top < 8 or right - left < 8:
        return None
    beside = cv2.dilate(mask[top:bottom, left:right], np.ones((9, 9), np.uint8)) < 8
    if int(beside.sum()) < 800:
        return None
    strength = np.abs(cv2.Laplacian(views.gray[top:bottom, left:right], cv2.CV_32F))
    return float(np.log(np.percentile(strength[beside], 99) + 1))


def noise(views: Views, check: Check) -> Finding:
    """Grain or sensor noise, in grey levels: how much the calmest tenth of the picture's tiles deviates from itself.

    Median absolute deviation of luma from its Gaussian mean (sigma 2.5) by tiles of about 1/16 of the picture; `value`
    is the tenth percentile over tiles, as sigma of Gaussian noise. Unlike Immerkaer's kernel it sees soft film grain.
    A texture that fills the picture looks like grain: the check abstains on flat lays, and asks for review where the
    background is a photograph or unknown (grass and gravel read 10 and more).
    """
    scene = views.evidence.scene
    if scene is not None and scene.kind is SceneKind.FLAT_LAY:
        return check.abstained("a textured surface fills the picture")
    if min(views.width, views.height) < 128:
        return check.abstained("too small to tell noise from detail")
    value = grain(views.gray)
    if value > check.limit("sigma"):
        return check.failed(
            f"grainy: noise of {value:.1f} grey levels in flat parts",
            value=value,
            severity=Severity.REVIEW if scene is None or scene.kind is SceneKind.PHOTO else None,
            fixes=(
                Change(target=EditTarget.GENERATOR, field="grain", amount=1.0, why="the grain of the product's photo"),
                Change(target=EditTarget.GENERATOR, field="grain", amount=0.0, why="no grain"),
                Change(target=EditTarget.BACKGROUND, field="scene", why="a cleaner scene"),
            ),
        )
    return check.passed("clean", value=value)


def grain(gray: Image) -> float:
    """Sigma of the noise in a luma picture, see `noise`; 0 where the calmest tiles are perfectly smooth."""
    values = gray.astype(np.float32)
    deviation = np.abs(values - cv2.GaussianBlur(values, (0, 0), 2.5))
    side = max(16, min(gray.shape) // 16)
    rows, columns = (n // side * side for n in gray.shape)
    tiles = deviation[:rows, :columns].reshape(rows // side, side, columns // side, side).swapaxes(1, 2)
    medians = np.median(tiles[:, :, ::2, ::2].reshape(tiles.shape[0] * tiles.shape[1], -1), axis=1)
    return 1.4826 * float(np.percentile(medians, 10))
