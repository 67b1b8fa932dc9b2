"""What is out there, looked at again: files gone or changed, rules that moved on, embargoes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from pathlib import Path

from PIL import Image as Pillow

from domain.assets import Asset
from domain.rules import MarketPack, RuleCheck, RuleVerdict
from domain.run import PublicationView
from domain.values import Digest
from tools.publish.export import decode, pixel_digest

SUMS = "SHA256SUMS"
"""The list of a publication's files and their SHA-256, in the form `sha256sum -c` reads."""

_PICTURES = {".png", ".jpg", ".jpeg", ".webp"}


def checksums(files: Mapping[str, bytes]) -> bytes:
    """The SHA256SUMS file of a publication, by name."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def _finding(publication: PublicationView, rule: str, verdict: RuleVerdict, reason: str) -> RuleCheck:
    return RuleCheck(market=publication.market, rule=rule, verdict=verdict, reason=f"{publication.key[:12]}: {reason}")


def _is(path: Path, digest: Digest) -> bool:
    """Whether a file has the digest, by its bytes or by its pixels."""
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() == digest:
        return True
    try:
        return pixel_digest(decode(data)) == digest
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return False


def _fault(publication: PublicationView) -> str:
    """What is wrong with a publication's files, or nothing."""
    place = Path(publication.path)
    if not place.exists():
        return f"missing: {place}"
    folder = place if place.is_dir() else place.parent
    pictures = [place] if place.is_file() else sorted(p for p in folder.iterdir() if p.suffix.lower() in _PICTURES)
    if not any(_is(picture, publication.digest) for picture in pictures):
        return f"changed: no picture in {place} has the approved digest {publication.digest[:12]}"
    sums = folder / SUMS
    for line in sums.read_text(encoding="utf-8").splitlines() if sums.is_file() else ():
        digest, _, name = line.partition("  ")
        file = folder / name
        if not file.is_file():
            return f"missing: {file}"
        if hashlib.sha256(file.read_bytes()).hexdigest() != digest:
            return f"changed: {file}"
    return ""


def rehash(publications: Sequence[PublicationView]) -> tuple[RuleCheck, ...]:
    """One check "publication-file" a publication: met, or broken when its picture or a listed file is gone or changed.

    A publication's `path` is its folder or its picture; its `digest` is that of the picture's bytes or pixels.
    """
    found = []
    for publication in publications:
        fault = _fault(publication)
        verdict = RuleVerdict.BROKEN if fault else RuleVerdict.MET
        found.append(_finding(publication, "publication-file", verdict, fault or "unchanged"))
    return tuple(found)


def moved_rules(
    publications: Sequence[PublicationView], packs: Mapping[str, MarketPack], versions: Mapping[str, str], today: date
) -> tuple[RuleCheck, ...]:
    """What to look at again because rules moved: a pack gone or of another version, rules past `review_by`.

    `packs` are today's packs by market; `versions` the pack version each publication (by key) was checked against.
    """
    found = []
    for publication in publications:
        pack = packs.get(publication.market)
        then = versions.get(publication.key)
        if pack is None:
            reason = f"there is no pack for {publication.market} any more"
        elif then is not None and then != pack.version:
            reason = f"checked against {publication.market} {then}; the pack is now {pack.version}"
        else:
            late = [rule.id for rule in pack.rules if rule.review_by and rule.review_by < today]
            if not late:
                continue
            reason = f"past their review day: {', '.join(late)}"
        found.append(_finding(publication, "rules-moved", RuleVerdict.NEEDS_REVIEW, reason))
    return tuple(found)


def embargoes(
    publications: Sequence[PublicationView], shown: Mapping[str, Sequence[Asset]], now: datetime
) -> tuple[RuleCheck, ...]:
    """One broken check for each publication that shows an asset whose embargo has not ended. `shown` is by key."""
    return tuple(
        _finding(
            publication, "embargo", RuleVerdict.BROKEN,
            f"shows {asset.title!r}, which is under embargo until {asset.embargo.isoformat()}",
        )
        for publication in publications
        for asset in shown.get(publication.key, ())
        if asset.embargo is not None and now < asset.embargo
    )
