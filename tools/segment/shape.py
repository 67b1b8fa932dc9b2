"""The shape of a product's body, as far as its outline tells."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def shape(alpha: npt.NDArray[np.uint8]) -> str:
    """"round" for a likely body of revolution, else "flat".

    A turned body's silhouette is its own mirror image, stands on its widest part's middle, and is rarely much wider
    than high. A handle or a spout makes a product "flat": it has a side, and casts a side-on shadow.
    """
    solid = alpha > 127
    columns, rows = np.flatnonzero(solid.any(0)), np.flatnonzero(solid.any(1))
    if not len(columns):
        return "flat"
    body = solid[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    union = (body | body[:, ::-1]).sum()
    symmetric = float((body & body[:, ::-1]).sum()) / float(union)
    return "round" if symmetric > 0.97 and body.shape[1] < 1.6 * body.shape[0] else "flat"
