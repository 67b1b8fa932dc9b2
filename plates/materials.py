"""Materials with three scales of detail: slow tone drift, figure, and pores or grain; bump heights in real metres."""

from .nodes import Graph, linear_rgba, material


def plain(colour, rough=0.6, metal=0.0, **inputs):
    """One colour: props far out of focus, painted wood, glazed ceramics."""
    return material("plain", lambda g: {"Base Color": colour, "Roughness": rough, "Metallic": metal, **inputs})


def emissive(colour, strength):
    """A lamp."""
    return material(
        "lamp", lambda g: {"Base Color": "#e6e0d4", "Emission Color": colour, "Emission Strength": strength}, lamp=True
    )


def leaf(first="#3f6b22", second="#7f9c36", rough=0.35):
    """Leaves and petals: every island its own tone between two colours, thin enough to glow."""
    return material(
        "leaf", lambda g: {"Base Color": g.mix(g.island_random(), first, second), "Roughness": rough}, translucent=0.35
    )


def plaster(colour, variation=0.10, bump=0.0012, rough=0.85, scale=1.0):
    """Limewash, plaster, cast concrete: slow tone drift, trowel marks, fine tooth."""

    def shade(g: Graph):
        place = g.position(scale)
        drift, trowel = g.noise(place, 1.6, 7, 0.6, 0.6), g.noise(place, 9, 6, 0.6)
        tone = g.mix(drift * 2.2 - 0.6, colour, g.shaded(colour, 1 - 2 * variation))
        return {
            "Base Color": g.mix(trowel * variation, tone, "#ffffff", "SOFT_LIGHT"),
            "Roughness": rough,
            "bump": trowel * (bump * 4) + g.noise(place, 90, 4, 0.6) * bump,
        }

    return material("plaster", shade)


def marble(base="#efece7", cloud="#d5d2ce", vein="#6f6c6b", rough=0.16, scale=1.0):
    """Soft clouds and directed veins; a slow mask lets veins fade, so they never close into a 'map'."""

    def shade(g: Graph):
        broad = g.position((scale, scale * 2.2, scale * 1.6), 0.34, 2.4 * scale)
        narrow = g.position((scale * 1.4, scale * 2.6, scale * 2), 0.22, 5.0 * scale)
        fade = g.noise(g.position(scale), 2.2, 3).step(0.46, 0.66)

        def veins(place, frequency, width, offset, amount):
            noise = g.noise(g.shifted(place, (offset, offset * 0.7, offset * 1.3)), frequency, 5, 0.45, 0.4)
            return abs(noise - 0.5).step(0.0, width, 1.0, 0.0, "SMOOTHERSTEP") * fade * amount

        colour = g.mix(g.noise(broad, 2.2, 8, 0.62).step(0.38, 0.72), base, cloud)
        for line in (
            veins(broad, 1.5, 0.07, 3, 0.40),
            veins(broad, 1.5, 0.012, 3, 0.75),
            veins(narrow, 3.2, 0.010, 11, 0.35),
        ):
            colour = g.mix(line, colour, vein)
        return {"Base Color": colour, "Roughness": g.noise(broad, 30, 4) * 0.10 + (rough - 0.05)}

    return material("marble", shade)


def travertine(colour="#d9c7ab", dark="#b59c7c", rough=0.6, scale=1.0):
    """Banded limestone with pits along the bands."""

    def shade(g: Graph):
        place = g.position((scale, scale * 5, scale * 6), 0.05, 6.0 * scale)
        band, fine = g.noise(place, 2.2, 8, 0.6), g.noise(place, 14, 5, 0.6)
        holes = g.noise(g.position((scale * 1.6, scale * 4.6, scale * 5), 0.04, 9.0), 24, 4).step(0.60, 0.68)
        pits = holes * band.step(0.46, 0.60)
        tone = g.mix(fine * 0.35, g.mix(band.step(0.30, 0.70), colour, dark), "#f3e8d6")
        return {
            "Base Color": g.mix(pits * 0.62, tone, "#6d5a42"),
            "Roughness": rough,
            "bump": fine * 0.0006 - pits * 0.0022,
        }

    return material("travertine", shade)


def wood(tones, plank=0.14, rough=0.42, contrast=1.0):
    """Planks along x, each with its own grain: figure from folded slow noise, fibres, pores, dark gaps."""

    def shade(g: Graph):
        along, across, _ = g.coordinates()
        row = across / plank
        within, chance = row.fraction(), g.random_of(row.floor())
        offset = chance * 37.0

        def grain_space(stretch, squeeze):
            return g.vector((along + offset) * stretch, across * squeeze, offset)

        rings = abs((g.noise(grain_space(0.9, 5.0), 1.0, 3, 0.5, 0.4) * 9.0).fraction() - 0.5)
        fibre = g.noise(grain_space(2.5, 70.0), 1.0, 6, 0.62, 0.5)
        pores = g.noise(grain_space(14.0, 620.0), 1.0, 4, 0.6)
        figure = rings * (0.42 * contrast) + fibre * 0.74 + (chance * 0.26 - 0.13)
        tone = g.ramp(figure, list(zip((0.22, 0.42, 0.58, 0.80), tones, strict=True)))
        colour = g.mix(pores.step(0.54, 0.70, 0.0, 0.50), tone, tones[0])
        gap = (within.minimum(1.0 - within) * plank).step(0.0006, 0.0020, 1.0, 0.0)
        return {
            "Base Color": g.mix(gap, colour, "#170f08"),
            "Roughness": pores * 0.25 + (rough - 0.1),
            "bump": (pores + fibre) * 0.00055 - gap * 0.003,
        }

    return material("wood", shade)


NATURAL_OAK = ("#7d6347", "#a58a66", "#c0a47c", "#d3ba94")
OAK = ("#6b4526", "#9a6f42", "#bd8d58", "#d2a86f")
WALNUT = ("#2e1c12", "#4a2f1e", "#68442b", "#83583a")
DRIFTWOOD = ("#6d5f50", "#91816d", "#ab9c87", "#c2b49f")
PINE = ("#8a6136", "#b98a55", "#d3a970", "#e2c08c")


def terrazzo(binder="#e9e2d8", chips=("#b96f4a", "#7f8b7a", "#d9b48a", "#4a4541", "#c9c2b6"), scale=1.0, rough=0.28):
    """Three sizes of Voronoi chips in a pale binder."""

    def shade(g: Graph):
        colour, place = linear_rgba(binder), g.position(scale, 0.012, 30.0 * scale)
        for frequency, keep, edge in ((16.0, 0.45, 0.10), (38.0, 0.40, 0.12), (90.0, 0.35, 0.14)):
            chance = g.channels(g.cells(place, frequency)[1])
            chip = g.ramp(chance[1], [(i / len(chips), tone) for i, tone in enumerate(chips)], constant=True)
            inside = g.cell_edges(place, frequency).step(edge, edge + 0.03) * (chance[0] > 1 - keep)
            colour = g.mix(inside, colour, chip)
        return {"Base Color": colour, "Roughness": rough}

    return material("terrazzo", shade)


def tiles(colour, joint, width, rough=0.55, wall=False, glaze=0.0, height=None, offset=0.0, variation=0.16):
    """Tiles on the floor or, with `wall`, on an x-z wall; `glaze`: height of the handmade wobble."""
    height = height or width

    def shade(g: Graph):
        x, y, z = g.coordinates()
        place = g.vector(x, z if wall else y)
        pattern, joints = g.bricks(
            place, width, height, 0.01 * width, colour, g.shaded(colour, 1 - variation), joint, offset
        )
        stain, speckle = g.noise(place, 2.0 / width, 8, 0.62, 0.5), g.noise(place, 24 / width, 5, 0.6)
        strength = (0.2, 0.1, 0.05) if glaze else (0.55, 0.4, 0.2)
        stained = g.mix(stain * strength[0], pattern, g.shaded(joint, 1.25))
        relief = g.noise(place, 1.1 / width, 3, 0.5) * glaze if glaze else speckle * 0.0012
        return {
            "Base Color": g.mix(0.25, stained, g.ramp(speckle, [(0.3, 0.25), (0.7, 0.75)]), "OVERLAY"),
            "Roughness": stain * strength[1] + (rough - strength[2]),
            "bump": relief - joints * (0.01 * width),
        }

    return material("tiles", shade)


def asphalt(colour="#3a3b3e", wet=0.7):
    """Aggregate; a puddle mask flattens the bump and lowers the roughness."""

    def shade(g: Graph):
        place = g.position()
        stone, chance = g.cells(place, 95.0)
        puddle = g.noise(place, 0.55, 6, 0.55, 0.6).step(0.60 - 0.25 * wet, 0.72 - 0.25 * wet, curve="SMOOTHSTEP")
        puddle = puddle * min(1.0, wet * 1.4)
        aggregate = g.mix(g.channels(chance)[0] * 0.55, colour, "#7d7a76")
        worn = g.mix(g.noise(place, 1.4, 6) * 0.5, aggregate, "#2b2a2a")
        return {
            "Base Color": g.mix(puddle * 0.6, worn, "#0d0e10"),
            "Roughness": puddle * -0.52 + (0.60 - 0.15 * wet),
            "bump": stone * -0.004 * (1.0 - puddle),
        }

    return material("asphalt", shade)


def sand(colour="#d8bd93", dark="#b2916a", scale=1.0):
    """Grain-level colour: pale and dark grains over a slow drift."""

    def shade(g: Graph):
        place = g.position(scale)
        grain = g.channels(g.cells(place, 620.0)[1])[0]
        drift = g.mix(g.noise(place, 3, 7).step(0.3, 0.75), colour, dark)
        pale = g.mix(grain.step(0.86, 1.0, 0.0, 0.7), drift, "#f6ead2")
        return {
            "Base Color": g.mix(grain.step(0.14, 0.0, 0.0, 0.7), pale, "#6b5237"),
            "Roughness": 0.9,
            "bump": grain * 0.0011 + g.noise(place, 70, 6, 0.65) * 0.006,
        }

    return material("sand", shade)


def snow(colour="#f1f4f8", scale=1.0):
    """Fresh snow: crystals that catch the light, soft lumps."""

    def shade(g: Graph):
        place = g.position(scale)
        crystal = g.channels(g.cells(place, 900.0)[1])[0]
        tone = g.mix(g.noise(place, 6, 6).step(0.3, 0.8, 0.0, 0.35), colour, "#d9e2ee")
        return {
            "Base Color": tone,
            "Roughness": crystal.step(0.90, 1.0, 0.75, 0.22),
            "Subsurface Weight": 0.0,
            "bump": crystal * 0.0009 + g.noise(place, 40, 6, 0.62) * 0.004,
        }

    return material("snow", shade)


def water(colour, chop=0.05, scale=1.0, rough=0.06):
    """Opaque water with two scales of waves."""

    def shade(g: Graph):
        place = g.position((scale, scale * 2.0, scale))
        height = g.noise(place, 1.2, 6, 0.55, 0.8) + g.noise(place, 6.0, 5, 0.55, 0.5) * 0.25
        return {"Base Color": colour, "Roughness": rough, "IOR": 1.33, "bump": height * chop}

    return material("water", shade)


def concrete_floor(dark="#74716c", light="#a39f98", shine=0.06):
    """Polished concrete: cloudy, with roughness that changes from patch to patch."""

    def shade(g: Graph):
        place = g.position()
        return {
            "Base Color": g.mix(g.noise(place, 0.7, 8, 0.62, 0.5), dark, light),
            "Roughness": g.noise(place, 1.3, 7, 0.6) * 0.5 + shine,
            "bump": g.noise(place, 30, 5) * 0.0008,
        }

    return material("polished concrete", shade)


def linen(colour="#d9cfbf", thread=0.0011):
    """Woven cloth: two crossing waves of thread with slubs."""

    def shade(g: Graph):
        x, y, _ = g.coordinates()
        wobble = g.noise(g.position((40, 40, 40)), 1.0, 4) * 0.6
        warp, weft = ((x * (6.283 / thread)) + wobble).sine(), ((y * (6.283 / thread)) + wobble).sine()
        slub = g.noise(g.position((30, 420, 1)), 1.0, 4)
        tone = g.mix((warp * weft) * 0.5 + 0.5, g.shaded(colour, 0.82), colour)
        return {
            "Base Color": g.mix(slub.step(0.55, 0.75, 0.0, 0.35), tone, g.shaded(colour, 0.7)),
            "Roughness": 0.9,
            "Sheen Weight": 0.2,
            "bump": (warp + weft) * 0.00012 + g.noise(g.position(9), 1.0, 4) * 0.004,
        }

    return material("linen", shade)


def brushed_metal(colour="#b9bcc0", rough=0.32):
    """Metal with fine scratches along x."""

    def shade(g: Graph):
        scratch = g.noise(g.position((6, 900, 900)), 1.0, 3)
        return {
            "Base Color": g.mix(scratch * 0.3, colour, "#6b6e72"),
            "Metallic": 1.0,
            "Roughness": scratch * 0.2 + rough,
            "bump": scratch * 0.00008,
        }

    return material("brushed metal", shade)


def rubber(colour="#26272a", fleck="#6f747b"):
    """Gym flooring: dark granules with pale flecks."""

    def shade(g: Graph):
        place = g.position(1.0, 0.002, 200.0)
        distance, chance = g.cells(place, 340.0)
        number = g.channels(chance)[0]
        return {
            "Base Color": g.mix(number.step(0.86, 0.90), g.mix(number, colour, g.shaded(colour, 1.5)), fleck),
            "Roughness": 0.72,
            "bump": distance * -0.0016,
        }

    return material("rubber", shade)


def bricks(colour="#93533c", mortar="#b9ab9b", wall=True):
    """Running-bond brickwork."""

    def shade(g: Graph):
        x, y, z = g.coordinates()
        place = g.vector(x + y, z) if wall else g.vector(x, y)
        pattern, joints = g.bricks(place, 0.24, 0.075, 0.006, colour, g.shaded(colour, 0.72), mortar, 0.5)
        grit = g.noise(place, 60, 5, 0.6)
        return {
            "Base Color": g.mix(grit * 0.4, pattern, g.shaded(colour, 1.2)),
            "Roughness": 0.9,
            "bump": grit * 0.003 - joints * 0.006,
        }

    return material("bricks", shade)


def facade(colour, glass, width, height, lit, haze):
    """Building front: windows in a grid, a share `lit` of them glowing."""

    def shade(g: Graph):
        x, y, z = g.coordinates()
        place = g.vector(x + y, z)
        pattern, joints = g.bricks(place, width, height, 0.42, "#000000", "#ffffff", "#000000", 0.0, 0.0)
        glowing = (g.channels(pattern)[0] > 1 - lit) * (1.0 - joints)
        wall = g.mix(g.noise(place, 0.3, 5), colour, g.shaded(colour, 0.8))
        return {
            "Base Color": g.mix(joints, glass, wall),
            "Roughness": joints * 0.6 + 0.12,
            "Emission Color": "#ffc682",
            "Emission Strength": glowing * (2.5 if lit else 0.0),
        }

    result = material("facade", shade, haze=haze, lamp=True)
    result.cycles.emission_sampling = "NONE"
    return result
