"""What is out there, looked at again: files gone or changed, rules that moved on, embargoes."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import PurePosixPath

from PIL import Image as Pillow

from domain.assets import Asset
from domain.errors import StorageFailed
from domain.ports import Destination
from domain.rules import MarketPack, RuleCheck, RuleVerdict
from domain.run import PublicationView
from domain.values import Digest
from tools.publish.export import decode, pixel_digest

SUMS = "SHA256SUMS"
"""The list of a publication's files and their SHA-256, in the form `sha256sum -c` reads."""

LOOKS_AT_ONCE = 8
"""Publications looked at beside each other: a destination elsewhere answers each question in some milliseconds."""

_PICTURES = {".png", ".jpg", ".jpeg", ".webp"}


def checksums(files: Mapping[str, bytes]) -> bytes:
    """The SHA256SUMS file of a publication, by name."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def _finding(publication: PublicationView, rule: str, verdict: RuleVerdict, reason: str) -> RuleCheck:
    return RuleCheck(market=publication.market, rule=rule, verdict=verdict, reason=f"{publication.key[:12]}: {reason}")


def _shows(data: bytes | None, digest: Digest) -> bool:
    """Whether a file's pixels have the digest."""
    try:
        return data is not None and pixel_digest(decode(data)) == digest
    except (OSError, ValueError, SyntaxError, Pillow.DecompressionBombError):
        return False


def _look(publication: PublicationView, destination: Destination) -> tuple[RuleVerdict, str]:
    """How a publication's files are, and what is wrong with them."""
    path = publication.path
    there = destination.digests(path)
    if there is None:
        reason = f"not looked at: {path} is not of the destination {destination.name} that is set now"
        return RuleVerdict.NEEDS_REVIEW, reason
    if not there:
        return RuleVerdict.BROKEN, f"missing: {path}"
    pictures = [name for name in there if PurePosixPath(name).suffix.lower() in _PICTURES]
    kept = any(there[name] == publication.digest for name in pictures)
    if not kept and not any(_shows(destination.read(path, name), publication.digest) for name in pictures):
        return RuleVerdict.BROKEN, f"changed: no picture in {path} has the approved digest {publication.digest[:12]}"
    for line in (destination.read(path, SUMS) or b"").decode(errors="replace").splitlines():
        digest, _, name = line.partition("  ")
        if there.get(name) != digest:
            return RuleVerdict.BROKEN, f"{'changed' if name in there else 'missing'}: {path}/{name}"
    return RuleVerdict.MET, "unchanged"


def rehash(publications: Sequence[PublicationView], destination: Destination) -> tuple[RuleCheck, ...]:
    """One check "publication-file" a publication: met, or broken when its picture or a listed file is gone or changed;
    needs review when it lies elsewhere than the destination, or the destination cannot be read.

    A publication's `path` is its folder or its picture; its `digest` is that of the picture's bytes or pixels.
    """
    unreadable: list[str] = []

    def look(publication: PublicationView) -> RuleCheck:
        verdict, reason = RuleVerdict.NEEDS_REVIEW, "".join(unreadable[:1])
        if not reason:
            try:
                verdict, reason = _look(publication, destination)
            except StorageFailed as error:
                reason = f"not looked at: {error.message}"
                unreadable.append(reason)       # the next would wait as long for the same answer
        return _finding(publication, "publication-file", verdict, reason)

    with ThreadPoolExecutor(LOOKS_AT_ONCE) as beside:
        return tuple(beside.map(look, publications))


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
