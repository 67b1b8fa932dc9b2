"""No models at all: every role is the built-in's."""

from __future__ import annotations

from domain.errors import ModelCannot
from domain.models import Abilities, Answered, AnswerT, Ask, ModelRole, ModelSpec


class NoModels:
    """Implements `domain.ports.Models` where none is configured."""

    def serves(self, role: ModelRole) -> ModelSpec | None:
        """No model."""
        return None

    def abilities(self, role: ModelRole) -> Abilities | None:
        """None, as no model serves the role."""
        return None

    def prices(self, role: ModelRole) -> str:
        """Nobody's, as no model serves the role."""
        return ""

    def ask(self, ask: Ask, answer: type[AnswerT]) -> Answered[AnswerT]:
        """Raises ModelCannot, always."""
        raise no_model(ask.role)

    def close(self) -> None:
        """Nothing is open."""


def no_model(role: ModelRole) -> ModelCannot:
    """The refusal for a role that no model was set for."""
    return ModelCannot(
        f"no model is set for the role {role.value}",
        where=f"models.{role.value}",
        hint=f'set one, such as models.{role.value} = "bedrock_converse:MODEL", or take the built-in path',
    )
