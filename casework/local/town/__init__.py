"""The fake town: the outside parties of the local stack and of the tests, and of nothing else.

A mail server, an SMS gateway, the superior's system, the hotline 12345, the archive holders and the
courier in one process. It speaks their protocols, keeps what it took in a SQLite file, and can be
told what to answer, when, and when to fail.
"""

from casework.local.town.server import Town, TownSettings, running_town, serve

__all__ = ["Town", "TownSettings", "running_town", "serve"]
