"""Shader graphs written as formulas.

`Graph` creates Blender shader nodes; scalar results come back as `Field`, which understands arithmetic, so that a
material reads like the formula it is: ``roughness = graph.noise(position, 30) * .1 + .2``.
Colours are '#rrggbb' strings (sRGB) or sockets; lengths are metres.
"""

from __future__ import annotations

import bpy


def linear_rgba(colour: str) -> tuple[float, float, float, float]:
    """'#rrggbb' in sRGB to linear RGBA."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return red, green, blue, 1.0


class Field:
    """A scalar socket with arithmetic."""

    def __init__(self, graph: Graph, socket):
        self.graph, self.socket = graph, socket

    def __add__(self, other):
        return self.graph.math("ADD", self, other)

    def __radd__(self, other):
        return self.graph.math("ADD", other, self)

    def __sub__(self, other):
        return self.graph.math("SUBTRACT", self, other)

    def __rsub__(self, other):
        return self.graph.math("SUBTRACT", other, self)

    def __mul__(self, other):
        return self.graph.math("MULTIPLY", self, other)

    def __rmul__(self, other):
        return self.graph.math("MULTIPLY", other, self)

    def __truediv__(self, other):
        return self.graph.math("DIVIDE", self, other)

    def __abs__(self):
        return self.graph.math("ABSOLUTE", self)

    def __gt__(self, other):
        return self.graph.math("GREATER_THAN", self, other)

    def fraction(self):
        return self.graph.math("FRACT", self)

    def floor(self):
        return self.graph.math("FLOOR", self)

    def minimum(self, other):
        return self.graph.math("MINIMUM", self, other)

    def maximum(self, other):
        return self.graph.math("MAXIMUM", self, other)

    def sine(self):
        return self.graph.math("SINE", self)

    def step(self, start, end, low=0.0, high=1.0, curve="LINEAR"):
        """Ramp from `low` at `start` to `high` at `end`, clamped."""
        inputs = {0: self, 1: start, 2: end, 3: low, 4: high}
        return Field(self.graph, self.graph.node("MapRange", inputs, interpolation_type=curve).outputs[0])


class Graph:
    """Creates nodes in one shader tree and links whatever is passed as an input."""

    def __init__(self, tree):
        self.tree = tree
        tree.nodes.clear()

    def node(self, kind: str, inputs: dict | None = None, **properties):
        """`node('TexNoise', {'Scale': 4})`: a ShaderNode; inputs may be values, colours, sockets or fields."""
        node = self.tree.nodes.new("ShaderNode" + kind)
        for name, value in properties.items():
            setattr(node, name, value)
        for name, value in (inputs or {}).items():
            source = value.socket if isinstance(value, Field) else value
            if isinstance(source, bpy.types.Node):
                source = source.outputs[0]
            if isinstance(source, bpy.types.NodeSocket):
                self.tree.links.new(source, node.inputs[name])
            else:
                node.inputs[name].default_value = linear_rgba(source) if isinstance(source, str) else source
        return node

    def math(self, operation: str, first, second=0.0) -> Field:
        return Field(self, self.node("Math", {0: first, 1: second}, operation=operation).outputs[0])

    # ---------- colour ----------
    def mix(self, amount, first, second, mode="MIX"):
        """Blend two colours."""
        return self.node("Mix", {0: amount, 6: first, 7: second}, data_type="RGBA", blend_type=mode).outputs[2]

    def shaded(self, colour, value: float, saturation: float = 1.0):
        """The colour, brighter or darker."""
        return self.node("HueSaturation", {"Color": colour, "Value": value, "Saturation": saturation}).outputs[0]

    def ramp(self, amount, stops, constant=False):
        """Colour ramp over [(position, colour or grey level)]."""
        node = self.node("ValToRGB", {"Fac": amount})
        elements = node.color_ramp.elements
        for _ in range(len(stops) - len(elements)):
            elements.new(0.5)
        for element, (position, colour) in zip(elements, stops, strict=True):
            element.position = position
            element.color = linear_rgba(colour) if isinstance(colour, str) else (colour, colour, colour, 1)
        if constant:
            node.color_ramp.interpolation = "CONSTANT"
        return node.outputs[0]

    def channels(self, colour) -> list[Field]:
        """Red, green and blue of a colour as fields."""
        return [Field(self, socket) for socket in self.node("SeparateColor", {0: colour}).outputs]

    # ---------- space ----------
    def vector(self, x=0.0, y=0.0, z=0.0):
        return self.node("CombineXYZ", {0: x, 1: y, 2: z}).outputs[0]

    def position(self, scale=(1.0, 1.0, 1.0), warp=0.0, warp_scale=1.0):
        """World position in metres times `scale`; `warp` bends it by a noise of `warp_scale`."""
        place = self.node("NewGeometry").outputs["Position"]
        scale = (scale,) * 3 if isinstance(scale, int | float) else scale
        if warp:
            noise = self.node("TexNoise", {"Vector": place, "Scale": warp_scale, "Detail": 5.0}).outputs["Color"]
            centred = self.node("VectorMath", {0: noise, 1: (0.5,) * 3}, operation="SUBTRACT").outputs[0]
            place = self.node("VectorMath", {0: centred, 1: (warp,) * 3, 2: place}, operation="MULTIPLY_ADD").outputs[0]
        return self.node("VectorMath", {0: place, 1: scale}, operation="MULTIPLY").outputs[0]

    def coordinates(self, vector=None) -> list[Field]:
        """x, y and z of a vector (the world position by default)."""
        parts = self.node("SeparateXYZ", {0: self.position() if vector is None else vector}).outputs
        return [Field(self, socket) for socket in parts]

    def shifted(self, vector, offset):
        return self.node("VectorMath", {0: vector, 1: offset}, operation="ADD").outputs[0]

    def facing_up(self) -> Field:
        """z of the surface normal."""
        return self.coordinates(self.node("NewGeometry").outputs["Normal"])[2]

    def view_distance(self) -> Field:
        return Field(self, self.node("CameraData").outputs["View Distance"])

    def island_random(self):
        """A random number per loose part of a mesh (each leaf, each blade)."""
        return Field(self, self.node("NewGeometry").outputs["Random Per Island"])

    # ---------- textures ----------
    def noise(self, vector, scale, detail=6.0, rough=0.55, distortion=0.0) -> Field:
        inputs = {"Vector": vector, "Scale": scale, "Detail": detail, "Roughness": rough, "Distortion": distortion}
        return Field(self, self.node("TexNoise", inputs).outputs[0])

    def cells(self, vector, scale):
        """Voronoi cells: (distance to the cell's centre, the cell's random colour)."""
        outputs = self.node("TexVoronoi", {"Vector": vector, "Scale": scale}).outputs
        return Field(self, outputs["Distance"]), outputs["Color"]

    def cell_edges(self, vector, scale) -> Field:
        """Distance to the nearest Voronoi cell edge."""
        node = self.node("TexVoronoi", {"Vector": vector, "Scale": scale}, feature="DISTANCE_TO_EDGE")
        return Field(self, node.outputs["Distance"])

    def random_of(self, number) -> Field:
        """A random number for every whole number."""
        return Field(self, self.node("TexWhiteNoise", {"W": number}, noise_dimensions="1D").outputs["Value"])

    def bricks(self, vector, width, height, joint, first, second, mortar, offset=0.0, smooth=0.3):
        """Brick or tile pattern: (colour, joint mask)."""
        inputs = {
            "Vector": vector,
            "Color1": first,
            "Color2": second,
            "Mortar": mortar,
            "Scale": 1.0,
            "Mortar Size": joint,
            "Mortar Smooth": smooth,
            "Brick Width": width,
            "Row Height": height,
        }
        outputs = self.node("TexBrick", inputs, offset=offset).outputs
        return outputs[0], Field(self, outputs[1])


def material(name: str, build, *, haze=None, translucent=0.0, lamp=False):
    """A material from `build(graph)`, which returns Principled BSDF inputs plus, optionally, 'bump' (height in metres).

    haze: (colour, distance in metres, strength), aerial perspective 1 - exp(-distance), free of volume noise.
    translucent: share of light let through (leaves). lamp: its emission belongs to the lamps, not to the sky.
    """
    result = bpy.data.materials.new(name)
    result.use_nodes = True
    graph = Graph(result.node_tree)
    inputs = build(graph)
    bump = inputs.pop("bump", None)
    if bump is not None:
        inputs["Normal"] = graph.node("Bump", {"Height": bump, "Distance": 1.0, "Strength": 1.0})
    surface = graph.node("BsdfPrincipled", inputs)
    if translucent:
        through = graph.node("BsdfTranslucent", {"Color": inputs["Base Color"]})
        surface = graph.node("MixShader", {0: translucent, 1: surface, 2: through})
    if haze:
        colour, distance, strength = haze
        amount = 1.0 - graph.math("POWER", 2.718, graph.view_distance() * (-1.0 / distance))
        air = graph.node("Emission", {"Color": colour, "Strength": strength})
        surface = graph.node("MixShader", {0: amount, 1: surface, 2: air})
    graph.node("OutputMaterial", {"Surface": surface})
    result["light_group"] = "lamps" if lamp else "sky"
    if haze:
        result.cycles.emission_sampling = "NONE"  # air is no lamp: do not aim rays at it
    return result
