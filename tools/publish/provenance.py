"""What a file says about how it came to be: an XMP packet with the IPTC digital source type."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from xml.sax.saxutils import quoteattr

from domain.composition import SceneKind
from domain.values import Digest, Model

_VOCABULARY = "http://cv.iptc.org/newscodes/digitalsourcetype/"
CREATOR_TOOL = "Onbrand"


class SourceType(StrEnum):
    """Terms of the IPTC Digital Source Type vocabulary (as modified 17 September 2024) that composites fall under.

    The vocabulary's definitions:

    - compositeCapture: several elements that are all captures of real life.
    - composite: several elements, any of which may or may not be generative AI.
    - compositeSynthetic: several elements, at least one of which is generative AI.
    - compositeWithTrainedAlgorithmicMedia: an edit by a generative model, such as inpainting or outpainting.
    """

    CAPTURE = _VOCABULARY + "compositeCapture"
    COMPOSITE = _VOCABULARY + "composite"
    SYNTHETIC = _VOCABULARY + "compositeSynthetic"
    TRAINED_EDIT = _VOCABULARY + "compositeWithTrainedAlgorithmicMedia"


_PHOTOGRAPHED = frozenset({SceneKind.PHOTO})


def source_type(
    scene: SceneKind, *, product_rendered: bool = False, trained_model: bool = False, outpainted: bool = False
) -> SourceType:
    """The most telling term that is true of a composite.

    "Synthetic" in this vocabulary means generative AI, so a path-traced or procedural scene that no trained model had
    a part in is not compositeSynthetic: to say so would claim a duty to disclose that does not exist. It is
    `composite`, the one term that holds for photograph plus rendering, and the packet adds `TrainedModel="False"`,
    because `composite` alone leaves that open. Only a photograph set into a photograph is compositeCapture.
    """
    if trained_model:
        return SourceType.TRAINED_EDIT if outpainted else SourceType.SYNTHETIC
    if scene in _PHOTOGRAPHED and not product_rendered:
        return SourceType.CAPTURE
    return SourceType.COMPOSITE


class Provenance(Model):
    """What is written into a file. Ids and digests only: no title, request, caption or codename leaves with it."""

    source: SourceType
    run_id: str
    candidate: str = ""
    artifact: Digest | None = None
    generator: str = ""
    trained_model: bool = False
    version: str = ""
    created: datetime | None = None
    notice: str = ""

    def packet(self) -> bytes:
        """The XMP packet, read-only and without padding. The same facts give the same bytes."""
        properties = {
            "xmp:CreatorTool": f"{CREATOR_TOOL} {self.version}".strip(),
            "xmp:CreateDate": self.created.isoformat(timespec="seconds") if self.created else "",
            "exif:ColorSpace": "1",
            "Iptc4xmpExt:DigitalSourceType": self.source.value,
            "onbrand:Run": self.run_id,
            "onbrand:Candidate": self.candidate,
            "onbrand:Artifact": f"sha256:{self.artifact}" if self.artifact else "",
            "onbrand:Generator": self.generator,
            "onbrand:TrainedModel": str(self.trained_model),
            "onbrand:Notice": self.notice,
        }
        attributes = "".join(f"\n   {name}={quoteattr(_plain(value))}" for name, value in properties.items() if value)
        return (
            '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
            '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
            ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
            '  <rdf:Description rdf:about=""\n'
            '   xmlns:xmp="http://ns.adobe.com/xap/1.0/"\n'
            '   xmlns:exif="http://ns.adobe.com/exif/1.0/"\n'
            '   xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/"\n'
            f'   xmlns:onbrand="urn:onbrand:provenance:1"{attributes}/>\n'
            " </rdf:RDF>\n</x:xmpmeta>\n"
            '<?xpacket end="r"?>'
        ).encode()


def _plain(value: str) -> str:
    """The value without characters that XML 1.0 has no form for."""
    return "".join(character for character in value if character.isprintable() or character == " ")
