"""Products as pictures show them, brought into one frame: that of their cutout, at the size of the smallest of them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from domain.ports import Image, Mask
from domain.values import Affine, Box
from tools.judges.colour import Floats
from tools.judges.locate import locate

Matrix = npt.NDArray[np.float64]

LARGEST = 320
"""Pixels of the frame's longer side at most: letters of a label are told apart, and grain is not."""

LEAST = 48
MARGIN = 0.08
"""Share of the frame's longer side that is seen around the product, so that it can be found a little aside."""

AGREEMENT = 0.6
"""Correlation from which an alignment is believed (Evangelidis, Psarakis 2008)."""

FARTHEST = 0.35
"""An alignment that scales or shears by more has found something else."""

RIM = 0.02
"""Share of the frame's longer side by which the outline is shrunk: the rim is a mixture of product and scene."""


@dataclass(frozen=True)
class Shown:
    """One picture of a set. `affine` carries cutout pixels to picture pixels; None: the product is looked for.

    `true_scale` is the drawn height over the height that follows from real size and camera, where that is known.
    """

    image: Image
    affine: Affine | None = None
    true_scale: float | None = None


@dataclass(frozen=True)
class Seen:
    """A product as one picture shows it, in the common frame.

    pixels  : RGB in the frame, 0..255.
    valid   : where the frame lies inside the picture.
    matrix  : frame pixels to picture pixels, after alignment.
    stretch : width over height, relative to the cutout's.
    drawn   : size in the picture over the size that was reported; 1 where the product was looked for.
    """

    pixels: Floats
    valid: npt.NDArray[np.bool_]
    matrix: Matrix
    stretch: float
    drawn: float


@dataclass(frozen=True)
class Frame:
    """The common frame: the cutout at `factor` of its size. `solid` is 255 well inside the product."""

    cutout: Image
    factor: float
    solid: Mask

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.solid.shape[1], self.solid.shape[0]

    @property
    def side(self) -> int:
        """The longer side."""
        return max(self.size)

    def region(self, seen: Seen, x: int, y: int, reach: int) -> Box:
        """The picture's box around what lies within `reach` of a place in the frame."""
        left, top, right, bottom = x - reach, y - reach, x + reach, y + reach
        corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
        quad = cv2.perspectiveTransform(corners[None].astype(np.float64), seen.matrix)[0]
        low = np.maximum(np.floor(quad.min(0)), 0).astype(int)
        across, down = np.maximum(np.ceil(quad.max(0)).astype(int) - low, 1)
        return Box(x=int(low[0]), y=int(low[1]), width=int(across), height=int(down))


def rectified(cutout: Image, pictures: Mapping[str, Shown]) -> tuple[Frame | None, dict[str, Seen]]:
    """The common frame, and the product in every picture in which it is known or found to be.

    Where a picture shows it is refined against the cutout, so that a product drawn a little beside, larger or wider
    than reported is compared with the others where it is, and what it took to get there is on record.
    """
    starts = {name: matrix for name, shown in pictures.items() if (matrix := start(cutout, shown)) is not None}
    if not starts:
        return None, {}
    height, width = cutout.shape[:2]
    middle = np.array([width / 2, height / 2])
    sizes = [scale_at(matrix, middle) for matrix in starts.values()]
    side = max(height, width)
    factor = min(1.0, max(min(*sizes, LARGEST / side), LEAST / side))
    frame = frame_of(cutout, factor)
    return frame, {name: seen_in(frame, pictures[name], matrix) for name, matrix in starts.items()}


def start(cutout: Image, shown: Shown) -> Matrix | None:
    """Cutout pixels to picture pixels as reported, else as found by features; None where neither says."""
    if shown.affine is not None:
        return np.vstack([np.asarray(shown.affine, np.float64), [0, 0, 1]])
    found = locate(cutout, shown.image)
    return None if found is None else found.homography


def frame_of(cutout: Image, factor: float) -> Frame:
    """The cutout at `factor` of its size, over grey."""
    size = (max(8, round(cutout.shape[1] * factor)), max(8, round(cutout.shape[0] * factor)))
    small = np.asarray(cv2.resize(cutout, size, interpolation=cv2.INTER_AREA), np.uint8)
    rim = 2 * max(1, round(RIM * max(size))) + 1
    padded = cv2.copyMakeBorder((small[..., 3] > 250).astype(np.uint8) * 255, 1, 1, 1, 1, cv2.BORDER_CONSTANT)
    return Frame(small, factor, np.asarray(cv2.erode(padded, np.ones((rim, rim), np.uint8))[1:-1, 1:-1], np.uint8))


def seen_in(frame: Frame, shown: Shown, given: Matrix) -> Seen:
    """The product of one picture in the frame, aligned with the cutout."""
    matrix = given @ to_cutout(frame.factor)
    aside = aligned(frame, warped(shown.image, matrix, frame.size)[0], projective=shown.affine is None)
    total = matrix @ aside
    pixels, valid = warped(shown.image, total, frame.size)
    linear = linear_at(total, np.array(frame.size) / 2)
    across, down = np.linalg.norm(linear[:, 0]), np.linalg.norm(linear[:, 1])
    drawn = math.sqrt(abs(np.linalg.det(aside[:2, :2]))) if shown.affine is not None else 1.0
    return Seen(pixels, valid, total, float(across / down), drawn)


def aligned(frame: Frame, seen: Floats, *, projective: bool) -> Matrix:
    """Frame pixels to where the rectified picture shows them: the identity where no alignment is believed.

    Maximises the enhanced correlation coefficient (Evangelidis, Psarakis 2008), which light does not change, inside the
    product only: over affine maps, or over homographies where features placed it (`projective`), which leave their
    corners as uncertain.
    """
    gray = cv2.cvtColor(seen, cv2.COLOR_RGB2GRAY)
    model = cv2.cvtColor(frame.cutout[..., :3], cv2.COLOR_RGB2GRAY).astype(np.float32)
    begin, motion = (np.eye(3, dtype=np.float32), cv2.MOTION_HOMOGRAPHY) if projective else (
        np.eye(2, 3, dtype=np.float32), cv2.MOTION_AFFINE
    )
    enough = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 60, 1e-4)
    try:
        found, warp = cv2.findTransformECC(gray, model, begin, motion, enough, frame.solid, 5)
    except cv2.error:                                       # it does not converge, or the product is of one tone
        return np.eye(3)
    there = np.vstack([np.asarray(warp, np.float64)[:2], [0, 0, 1] if len(warp) == 2 else warp[2]])
    if found < AGREEMENT or abs(np.linalg.det(there)) < 1e-3:
        return np.eye(3)
    back, middle = np.linalg.inv(there), np.array(frame.size) / 2
    shift = np.hypot(*(cv2.perspectiveTransform(middle[None, None], back)[0, 0] - middle))
    too_far = np.abs(np.linalg.svd(linear_at(back, middle), compute_uv=False) - 1).max() > FARTHEST
    return np.eye(3) if too_far or shift > FARTHEST * frame.side else back


def warped(image: Image, matrix: Matrix, size: tuple[int, int]) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """The picture carried into the frame without aliasing, and where the frame lies inside the picture."""
    shrunk = scale_at(matrix, np.array(size) / 2)
    sigma = 0.5 * math.sqrt(max(shrunk**2 - 1, 0))
    soft = cv2.GaussianBlur(image, (0, 0), sigma) if sigma > 0.3 else image
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pixels = cv2.warpPerspective(soft.astype(np.float32), matrix, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    inside = cv2.warpPerspective(np.full(image.shape[:2], 255, np.uint8), matrix, size, flags=flags)
    return np.asarray(pixels, np.float32), np.asarray(inside > 250)


def to_cutout(factor: float) -> Matrix:
    """Frame pixels to cutout pixels, centres at whole numbers."""
    shift = (1 / factor - 1) / 2
    return np.array([[1 / factor, 0, shift], [0, 1 / factor, shift], [0, 0, 1]])


def linear_at(matrix: Matrix, where: npt.NDArray[np.float64]) -> Matrix:
    """The derivative of a homography at a place."""
    x, y, w = matrix @ [*where, 1.0]
    return np.asarray((matrix[:2, :2] - np.outer([x / w, y / w], matrix[2, :2])) / w, np.float64)


def scale_at(matrix: Matrix, where: npt.NDArray[np.float64]) -> float:
    """How much a homography enlarges at a place."""
    return math.sqrt(abs(float(np.linalg.det(linear_at(matrix, where)))))
