"""What `onbrand doctor --models` looks at: each role's model is called once, each cleared place asked what it keeps."""

from __future__ import annotations

from typing import Any

from domain.errors import OnbrandError
from domain.models import ModelRole
from service.settings import Settings
from tools.models.places import Place, Retention


def look_at_models(settings: Settings, brand: str) -> list[dict[str, Any]]:
    """A row for each role that has a model, and for each Bedrock place said to be cleared for confidential work."""
    from memory.database import open_database
    from memory.home import Home
    from memory.ledger import Ledger
    from service.models import models_for
    from tools.models.trial import try_out

    home = Home(settings.home)
    database = open_database(settings.database_url or home)
    try:
        ledger = Ledger(database, settings.models.allowances, settings.models.team_of)
        models = models_for(settings.models, ledger, home)
        try:
            rows = [
                row(f"model: {role.value}", lambda role=role: try_out(models, role, brand, models.prices(role)))
                for role in ModelRole
                if models.serves(role) is not None
            ]
        finally:
            models.close()
    finally:
        database.close()
    cleared = [p for p in settings.models.places if p.confidential and p.provider.bedrock]
    rows += [row(f"place: {place.name}", lambda place=place: keeps(place)) for place in cleared]
    unset = [role.value for role in ModelRole if not settings.models.specs(role)]
    if unset:
        rows.append({"name": "models", "ok": True, "needed": False, "says": f"built-in: {', '.join(unset)}"})
    return rows


def row(name: str, look: Any) -> dict[str, Any]:
    """One look: ok or not, and what it means. A model that does not answer is not needed: the built-in stands in."""
    try:
        return {"name": name, "ok": True, "needed": False, "says": look()}
    except OnbrandError as error:
        return {"name": name, "ok": False, "needed": False, "says": f"{error.message}; {error.hint}"}


def keeps(place: Place) -> str:
    """What the account says it keeps in the place's region. Raises Misconfigured where that is more than nothing."""
    from domain.errors import Misconfigured
    from tools.models.bedrock import retention_of

    says = retention_of(place)
    if says != Retention.NONE.value:
        raise Misconfigured(
            f"{place.name} is said to keep nothing, and its account's data retention is {says!r}",
            where=f"models.places ({place.name})",
            hint="set the account's retention to none in that region, or take `confidential = true` away",
        )
    return "the account's data retention is none in that region"
