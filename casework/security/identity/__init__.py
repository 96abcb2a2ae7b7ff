"""Who calls: access tokens of the OpenID Connect issuer in force, read as an `Actor`."""

from casework.security.identity.published import IssuerAwayError, PublishedKeys
from casework.security.identity.verifier import LEEWAY, Claims, TokenError, TokenVerifier, actor_of

__all__ = [
    "LEEWAY",
    "Claims",
    "IssuerAwayError",
    "PublishedKeys",
    "TokenError",
    "TokenVerifier",
    "actor_of",
]
