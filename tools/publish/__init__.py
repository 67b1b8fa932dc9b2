"""How approved pictures leave: channels, final files with provenance, destinations, dossier, contact sheet, monitor.

Pictures and facts come in as arguments; nothing here decides what may be published, or asks a database.
"""

from tools.publish.bucket_destination import BucketDestination
from tools.publish.channels import canvas_for, channel, channels, covered_by, file_channel, parse_aspect
from tools.publish.destination import FolderDestination
from tools.publish.dossier import render_dossier
from tools.publish.export import decode, export, fit, media_type, pixel_digest
from tools.publish.metadata import read_xmp, with_xmp
from tools.publish.monitor import SUMS, checksums, embargoes, moved_rules, rehash
from tools.publish.provenance import Provenance, SourceType, source_type
from tools.publish.sheet import Tile, contact_sheet, preview, thumbnail

__all__ = [
    "SUMS", "BucketDestination", "FolderDestination", "Provenance", "SourceType", "Tile", "canvas_for", "channel",
    "channels", "checksums", "contact_sheet", "covered_by", "decode", "embargoes", "export", "file_channel", "fit",
    "media_type", "moved_rules", "parse_aspect", "pixel_digest", "preview", "read_xmp", "rehash", "render_dossier",
    "source_type", "thumbnail", "with_xmp",
]
