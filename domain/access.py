"""Who may do what: principals, their roles in a brand, and the few things roles allow.

A principal is a person or a program that has shown who it is. What is not granted is refused; a brand that is not
granted looks like one that is not there (Promise 8).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.errors import Forbidden, NotFound
from domain.values import BrandId, Model


class Action(StrEnum):
    """What can be allowed."""

    READ = "read"              # the brand's library, rules, and every run of the brand
    CREATE = "create"          # begin runs, carry one's own on, upload, check
    APPROVE = "approve"        # say yes to final files, for a person
    ADMINISTER = "administer"  # carry on and end runs of others, see what everybody spends


class Role(StrEnum):
    """What a principal is in a brand. Roles add up: who creates and approves has both."""

    VIEWER = "viewer"
    CREATOR = "creator"
    APPROVER = "approver"
    ADMIN = "admin"


ALLOWS: Mapping[Role, frozenset[Action]] = {
    Role.VIEWER: frozenset({Action.READ}),
    Role.CREATOR: frozenset({Action.CREATE}),
    Role.APPROVER: frozenset({Action.READ, Action.APPROVE}),
    Role.ADMIN: frozenset(Action),
}
"""A creator alone sees its own runs and nobody else's; the library and the rules are read with any role."""


class Principal(Model):
    """Somebody who has shown who they are. `id` is stable and unique ("key:…", "jwt:…", "local:…"); `name` is shown."""

    id: str
    name: str
    kind: Literal["local", "key", "jwt"]
    grants: dict[BrandId, frozenset[Role]] = Field(description="roles by brand")

    def may(self, brand: BrandId, action: Action) -> bool:
        """Whether a role in this brand allows the action."""
        return any(action in ALLOWS[role] for role in self.grants.get(brand, ()))

    def brand(self, asked: BrandId | None = None) -> BrandId:
        """The brand to work for: the one asked for among one's own, or the only one there is.

        Raises NotFound for any other, in the same words whether it exists or not, and when several are granted and
        none is named.
        """
        granted = sorted(brand for brand, roles in self.grants.items() if roles)
        if asked is None and len(granted) == 1:
            return granted[0]
        if asked in granted:
            return str(asked)
        hint = f"yours: {', '.join(granted)}" if granted else "ask an administrator for a role in a brand"
        if asked is None:
            raise NotFound("the request does not say for which brand", where="brand", hint=hint)
        raise NotFound(f"There is no brand {asked!r}.", where="brand", hint=hint)


class Caller(Model):
    """A principal at work for one of its brands. Made only where a principal was established, never from words."""

    principal: Principal
    brand: BrandId

    def allowed(self, action: Action) -> bool:
        """Whether this caller may."""
        return self.principal.may(self.brand, action)

    def must(self, action: Action) -> None:
        """Raises Forbidden unless this caller may."""
        if not self.allowed(action):
            needed = ", ".join(role.value for role, actions in ALLOWS.items() if action in actions)
            raise Forbidden(
                f"{self.principal.name} may not {action.value} here",
                where=self.brand,
                hint=f"this takes one of the roles {needed}; an administrator grants it",
            )
