"""Who calls: access tokens of the OpenID Connect issuer in force, read as an `Actor`."""

from casework.identity.claims import Claims, TokenError, actor_of
from casework.identity.published import IssuerAwayError, PublishedKeys
from casework.identity.verifier import LEEWAY, TokenVerifier

__all__ = [
    "LEEWAY",
    "Claims",
    "IssuerAwayError",
    "PublishedKeys",
    "TokenError",
    "TokenVerifier",
    "actor_of",
]
