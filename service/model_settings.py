"""Settings of models: which model each role has, where it is served, what brands and teams may use."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from domain.model_calls import Allowance
from domain.models import ModelRole, ModelSpec, Provider
from domain.values import BrandId, Seconds
from tools.models import Known, Place

Named = str | tuple[str, ...]
"""One model, or several in the order they are tried. A bare word can be given in the environment."""


class ModelSettings(BaseModel):
    """`models.<role>` names the role's model; a role left out is the built-in's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reader: Named = Field(default="builtin", description="splits a request into its parts")
    planner: Named = Field(default="builtin", description="chooses and words the questions")
    caption_writer: Named = Field(default="builtin", description="writes captions")
    reviser: Named = Field(default="builtin", description="says what to change of a picture that failed its checks")
    feedback_router: Named = Field(default="builtin", description="routes a person's remarks to changes")
    guideline_compiler: Named = Field(default="builtin", description="compiles guideline text into criteria")
    gate_judge: Named = Field(default="builtin", description="answers each guideline about a picture")
    component_judge: Named = Field(default="builtin", description="compares a product's parts with references")
    set_judge: Named = Field(default="builtin", description="judges pictures together")

    places: tuple[Place, ...] = Field(default=(), description="accounts, regions and endpoints, in order of preference")
    known: tuple[Known, ...] = Field(default=(), description="abilities and prices of models the catalogue lacks")
    allowances: tuple[Allowance, ...] = Field(default=(), description="what brands and teams may use")
    teams: dict[str, tuple[BrandId, ...]] = Field(default={}, description="brands by team, for budgets and reports")
    patience_s: Seconds = Field(default=150.0, ge=5, le=3600, description="longest wait for a model, repairs included")
    chat_days: int = Field(default=30, ge=0, le=3650, description="days that chats with models are kept; 0: none")

    @field_validator(*(role.value for role in ModelRole))
    @classmethod
    def readable(cls, named: Named) -> Named:
        """Each a model in one of the forms there are."""
        for text in texts(named):
            ModelSpec.parse(text)
        return named

    @field_validator("teams")
    @classmethod
    def one_team_each(cls, teams: dict[str, tuple[BrandId, ...]]) -> dict[str, tuple[BrandId, ...]]:
        """A brand's calls are counted once."""
        brands = [brand for held in teams.values() for brand in held]
        if twice := sorted({brand for brand in brands if brands.count(brand) > 1}):
            raise ValueError(f"{', '.join(twice)} is in two teams; a brand has one")
        return teams

    @model_validator(mode="after")
    def places_apart(self) -> Self:
        """Names tell places apart in reports."""
        names = [place.name for place in self.places]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two places are called {', '.join(twice)}")
        return self

    def specs(self, role: ModelRole) -> tuple[ModelSpec, ...]:
        """The role's models in order; none for the built-in."""
        named: Named = getattr(self, role.value)
        found = tuple(ModelSpec.parse(text) for text in texts(named))
        return tuple(spec for spec in found if spec.provider is not Provider.BUILTIN)

    def team_of(self, brand: BrandId) -> str:
        """The team a brand belongs to; "" for none."""
        return next((team for team, brands in self.teams.items() if brand in brands), "")


def texts(named: Named) -> tuple[str, ...]:
    """One or several names as several."""
    return (named,) if isinstance(named, str) else named
