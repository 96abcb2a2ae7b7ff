"""Authlib's clients over httpx, without its call at each start for another HTTP library."""

import warnings

from authlib.deprecate import AuthlibDeprecationWarning

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "The httpx module", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client
    from authlib.integrations.starlette_client import OAuth, OAuthError

__all__ = ["AsyncOAuth2Client", "OAuth", "OAuthError"]
