"""Leaves, grass, palms and trees: many copies of a tiny mesh merged into one."""

import math

import numpy as np

from .meshes import mesh

LEAF = (
    [(0, 0, 0), (0.32, 0.35, 0.06), (0.26, 0.75, 0.03), (0, 1, -0.05), (-0.26, 0.75, 0.03), (-0.32, 0.35, 0.06)],
    [(0, 1, 2), (0, 2, 3), (0, 3, 4), (0, 4, 5)],
)
BLADE = (
    [(-0.03, 0, 0), (0.03, 0, 0), (-0.024, 0.05, 0.45), (0.024, 0.05, 0.45), (0, 0.25, 1)],
    [(0, 1, 3), (0, 3, 2), (2, 3, 4)],
)
CONE = (
    [(math.cos(a) * 0.17, math.sin(a) * 0.17, 0) for a in np.linspace(0, 2 * math.pi, 7)[:-1]] + [(0, 0, 1)],
    [(i, (i + 1) % 6, 6) for i in range(6)],
)


def scatter(points, upright, shape, material, seed=0, size=(0.8, 1.2), tilt=0.5):
    """Copies of `shape` (vertices, triangles) at `points` with random yaw, tilt and size, merged into one mesh."""
    rng, vertices, n = np.random.default_rng(seed), np.array(shape[0], float), len(points)
    yaw, scale = rng.random(n) * 2 * np.pi, rng.uniform(*size, n)
    lean = rng.normal(0, tilt, n) + (0 if upright else np.pi / 2 * rng.random(n))
    cos_l, sin_l, cos_y, sin_y = (a[:, None] for a in (np.cos(lean), np.sin(lean), np.cos(yaw), np.sin(yaw)))
    x, y, z = (vertices[None, :, k] * scale[:, None] for k in range(3))
    y, z = y * cos_l - z * sin_l, y * sin_l + z * cos_l
    x, y = x * cos_y - y * sin_y, x * sin_y + y * cos_y
    faces = np.array(shape[1])[None] + (np.arange(n) * len(vertices))[:, None, None]
    placed = np.stack([x, y, z], -1) + np.asarray(points)[:, None]
    return mesh(placed.reshape(-1, 3), faces.reshape(-1, len(shape[1][0])), material)


def bush(centre, size, count, material, seed=0, leaf=(0.05, 0.09), shape=LEAF):
    """Leaves filling the shell of a lumpy ellipsoid."""
    rng = np.random.default_rng(seed)
    direction = rng.normal(size=(count, 3))
    direction /= np.linalg.norm(direction, axis=1)[:, None]
    lumps = 1 + 0.22 * np.sin(direction @ rng.normal(0, 4, (3, 5)) + rng.random(5) * 6).mean(1)
    points = np.array(centre) + direction * (np.array(size) * (rng.random(count) ** 0.45 * lumps)[:, None])
    return scatter(points, False, shape, material, seed, leaf, 0.8)


def grass(points, material, seed=0, size=(0.2, 0.4), tilt=0.3, width=1.0):
    """Upright blades at `points`."""
    blade = ([(x * width, y, z) for x, y, z in BLADE[0]], BLADE[1])
    return scatter(points, True, blade, material, seed, size, tilt)


def frond(
    base,
    direction,
    length,
    material,
    droop=0.35,
    leaflets=44,
    leaflet=0.42,
    width=0.035,
    seed=0,
    facing=(0.0, 0.0, 1.0),
):
    """Palm frond: a curved stem with two rows of leaflets, its upper side towards `facing`."""
    rng, forward = np.random.default_rng(seed), np.array(direction, float) / np.linalg.norm(direction)
    side = np.cross(forward, facing)
    side /= np.linalg.norm(side)
    up, vertices, faces = np.cross(side, forward), [], []
    for t in np.linspace(0.12, 1, leaflets):
        stem = np.array(base) + forward * length * t - up * length * droop * t * t
        reach = length * leaflet * math.sin(math.pi * (0.12 + 0.80 * t)) ** 0.7
        for sign in (-1, 1):
            away = forward * 0.75 + side * sign * 0.9 + up * (-0.25 - 0.2 * rng.random())
            away /= np.linalg.norm(away)
            across = np.cross(away, up)
            across *= width / np.linalg.norm(across)
            middle, first = stem + away * reach * 0.5, len(vertices)
            tip = stem + away * reach + up * (-reach * 0.18)
            vertices += [stem - across * 0.3, stem + across * 0.3, middle + across, tip, middle - across]
            faces += [(first, first + 1, first + 2), (first, first + 2, first + 4), (first + 4, first + 2, first + 3)]
    return mesh(vertices, faces, material)
