"""Pictures by their looks, on photographs."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from skimage import data

from domain.errors import UnusableImage
from domain.ports import Image
from tools.search import VisualDescriptor

DESCRIPTOR = VisualDescriptor()


@pytest.fixture(scope="module")
def photos() -> list[Image]:
    return [np.ascontiguousarray(image[..., :3]) for image in (
        data.astronaut(), data.chelsea(), data.coffee(), data.rocket(), data.immunohistochemistry(), data.retina(),
        data.hubble_deep_field(), data.colorwheel(),
    )]


def changed(image: Image) -> dict[str, Image]:
    height, width = image.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), 8, 1)
    return {
        "saved as JPEG at quality 50": cv2.imdecode(cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 50])[1], 1),
        "made smaller": cv2.resize(image, None, fx=0.4, fy=0.4, interpolation=cv2.INTER_AREA),
        "cropped": image[height // 10 : -height // 10, width // 10 : -width // 10],
        "turned by 8 degrees": cv2.warpAffine(image, turn, (width, height), borderMode=cv2.BORDER_REFLECT),
        "darkened": (image * 0.6).astype(np.uint8),
    }


def test_a_changed_copy_is_still_closest_to_its_original(photos: list[Image]) -> None:
    originals = DESCRIPTOR.embed(photos)
    lost = [
        (number, name)
        for number, photo in enumerate(photos)
        for name, copy in changed(photo).items()
        if int(np.argmax(originals @ DESCRIPTOR.embed([copy])[0])) != number
    ]
    assert len(lost) <= 1, lost


def test_different_photographs_stay_apart(photos: list[Image]) -> None:
    vectors = DESCRIPTOR.embed(photos)
    likeness = vectors @ vectors.T
    np.fill_diagonal(likeness, 0)
    assert likeness.max() < 0.65


def test_vectors_have_length_one(photos: list[Image]) -> None:
    vectors = DESCRIPTOR.embed(photos)
    assert vectors.shape == (len(photos), DESCRIPTOR.dimensions)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_a_cutout_looks_the_same_wherever_it_lies_on_its_transparent_canvas() -> None:
    cup = data.coffee()
    canvas = np.zeros((900, 1200, 4), np.uint8)
    near, far = canvas.copy(), canvas.copy()
    near[:400, :600, :3], near[:400, :600, 3] = cup, 255
    far[480:880, 590:1190, :3], far[480:880, 590:1190, 3] = cup, 255
    one, other = DESCRIPTOR.embed([near, far])
    assert one @ other > 0.999


def test_black_white_and_transparent_pictures_are_described_too() -> None:
    flat = [np.full((64, 64, 3), level, np.uint8) for level in (0, 255)] + [np.zeros((64, 64, 4), np.uint8)]
    vectors = DESCRIPTOR.embed(flat)
    assert np.isfinite(vectors).all()
    assert vectors[0] @ vectors[1] < 0.9


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 2), (0, 64, 3)])
def test_what_is_no_picture_is_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(UnusableImage):
        DESCRIPTOR.embed([np.zeros(shape, np.uint8)])


def test_no_pictures_give_no_vectors() -> None:
    assert DESCRIPTOR.embed([]).shape == (0, DESCRIPTOR.dimensions)
