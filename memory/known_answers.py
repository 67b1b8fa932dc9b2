"""What models answered about pictures, kept under what was asked: nothing identical is paid for twice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from domain.values import BrandId, Digest
from memory.database import Database
from memory.tables import known_answers


class KnownAnswerTable:
    """Implements `domain.ports.KnownAnswers`. An answer is a brand's own: another brand asks anew (Promise 8)."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def find(self, brand: BrandId, key: Digest) -> Mapping[str, Any] | None:
        """The answer kept under a key, if any."""
        query = select(known_answers.c.answer).where(known_answers.c.brand == brand, known_answers.c.key == key)
        with self.database.read() as connection:
            found = connection.execute(query).scalar_one_or_none()
        return None if found is None else dict(found)

    def keep(self, brand: BrandId, key: Digest, answer: Mapping[str, Any]) -> None:
        """Keep an answer; the first one stays, where two asked at once."""
        row = {"brand": brand, "key": key, "answer": dict(answer), "created": datetime.now(UTC)}
        try:
            with self.database.begin() as connection:
                connection.execute(insert(known_answers).values(row))
        except IntegrityError:
            return
