"""An asset as a row of the database."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from domain.assets import Asset
from memory.tables import assets as rows

KEY = ("brand", "id")


def write_row(connection: Connection, asset: Asset, created: datetime) -> None:
    """Write an asset's row, or write over it: in one statement, since two hosts may add the same asset at once."""
    values = {
        "brand": asset.brand, "id": asset.id, "kind": asset.kind.value, "title": asset.title,
        "description": asset.description, "tags": list(asset.tags), "document": asset.model_dump(mode="json"),
        "digest": asset.digest, "confidential": asset.confidential, "embargo": asset.embargo, "created": created,
    }
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    changed = {name: value for name, value in values.items() if name not in KEY}
    insert = dialect.insert(rows).values(**values)
    connection.execute(insert.on_conflict_do_update(index_elements=list(KEY), set_=changed))
