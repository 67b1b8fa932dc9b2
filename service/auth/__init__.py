"""Sign-in: who calls, for which brand, and how much of their share is left.

What a role allows is in `domain/access.py`.
"""

from service.auth.limits import AtOnce, Rate
from service.auth.sign_in import LOCAL_ROLES, SignIn
from service.auth.tokens import TokenReader

__all__ = ["LOCAL_ROLES", "AtOnce", "Rate", "SignIn", "TokenReader"]
