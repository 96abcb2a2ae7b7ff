"""The miniature OpenID Connect issuer of the local stack and the tests, and of nothing else.

It vouches for the sample people without asking who they are, so no production setting takes it: a
real issuer (Keycloak, or that of the city) stands in its place. It speaks the same protocol:
discovery, keys with rotation, authorization code with PKCE, client credentials.

What a command needs (``keys``, ``minting``, ``people``) is kept apart from the server (``server``).
"""
