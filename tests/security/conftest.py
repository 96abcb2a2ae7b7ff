"""The local stack as a newcomer starts it."""

from tests.e2e.conftest import hall

__all__ = ["hall"]
