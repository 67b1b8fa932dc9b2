"""The model gateway over this home's settings, and the language of one run on top of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime

from domain.model_calls import Meter, Observer
from domain.models import ModelRole, Payer
from domain.ports import AssetLibrary, Language, Recorder
from domain.values import BrandId, RunId
from memory.chats import ChatFiles
from memory.home import Home
from memory.ledger import Ledger
from memory.metering import Metering
from memory.runs import RunRow
from service.model_settings import ModelSettings
from tools.language.by_model import ModelLanguage
from tools.language.lexicon import load_lexicon
from tools.models import NoModels
from tools.models.clock import Clock
from tools.models.gateway import Gateway
from tools.models.seats import seats_for
from tools.models.transports import transports
from tools.publish.channels import channels

SHORTEST_TELLING_WORD = 4


@dataclass
class Notes:
    """What was done otherwise than planned, until a stage takes it into the run's state. Safe to share."""

    _held: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, note: str) -> None:
        """Keep a note, once."""
        with self._lock:
            if note not in self._held:
                self._held.append(note)

    def take(self) -> tuple[str, ...]:
        """All notes since the last time."""
        with self._lock:
            taken, self._held = tuple(self._held), []
        return taken


def models_for(
    settings: ModelSettings,
    ledger: Ledger,
    home: Home,
    observer: Observer = lambda attempt: None,
    metered: Callable[[Meter], Meter] = lambda meter: meter,
    clock: Clock | None = None,
) -> Gateway | NoModels:
    """The gateway, or none where every role is the built-in's: then nothing of it is opened.

    `metered` may stand a meter of its own before the ledger's; `clock` is the wall's unless another is given.

    Raises Misconfigured for a model without a price on record.
    """
    seats = {
        role: seats_for(specs, settings.places, settings.known)
        for role in ModelRole
        if (specs := settings.specs(role))
    }
    if not seats:
        return NoModels()
    return Gateway(
        seats,
        transports(),
        metered(Metering(ledger)),
        chats=ChatFiles(home, settings.chat_days) if settings.chat_days else None,
        observer=observer,
        clock=clock,
        patience=settings.patience_s,
    )


def recorded(models: Gateway | NoModels, run_id: RunId, recorder: Recorder) -> AbstractContextManager[None]:
    """While the block runs, what models are asked for a run is recorded in its trace."""
    return models.recording(run_id, recorder) if isinstance(models, Gateway) else nullcontext()


def language_for(
    row: RunRow, models: Gateway | NoModels, built_in: Language, library: AssetLibrary, notes: Notes
) -> Language:
    """The language one run is worked on with: models where roles have them, the built-in for all else."""
    if isinstance(models, NoModels):
        return built_in

    def payer(stage: str, text: str, assets: Sequence[str]) -> Payer:
        chosen = [asset for asset in (row.request.product, row.request.background) if asset]
        return Payer(
            brand=row.brand,
            run_id=row.run_id,
            stage=stage,
            market=row.request.markets[0] if row.request.markets else "",
            confidential=touches_confidential(library, row.brand, text, (*assets, *chosen)),
            budget=row.request.budget,
        )

    return ModelLanguage(models, built_in, payer, notes.add, channel_ids)


def channel_ids() -> tuple[str, ...]:
    """The channels a request can name."""
    return tuple(channel.id for channel in channels())


def touches_confidential(library: AssetLibrary, brand: BrandId, text: str, assets: Sequence[str]) -> bool:
    """Whether words or assets speak of what is confidential or under embargo.

    Words do when they hold the id of such an asset, a telling word of its title (one the built-in language does not
    know, as code names are), or all its words. Rather too often than too seldom: the work then goes only to places
    cleared for it.
    """
    now = datetime.now(UTC)
    said = {word.strip(".,;:!?()'\"“”’").casefold() for word in text.split()}
    for asset in library.list(brand):
        if not (asset.confidential or (asset.embargo and asset.embargo > now)):
            continue
        if asset.id in assets or asset.id in said:
            return True
        title = {word.strip(".,;:()'\"").casefold() for word in asset.title.split()} - {""}
        telling = {word for word in title if len(word) >= SHORTEST_TELLING_WORD and word not in load_lexicon().words}
        if title and (telling & said or title <= said):
            return True
    return False
