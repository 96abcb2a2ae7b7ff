"""Connections to the register that outlive a test: to learn anew takes longer than most tests."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from casework.store.engine import create_engine


class KeptEngine(AsyncEngine):
    """Whoever opens it next finds its connections, and what was compiled and prepared for them."""

    async def dispose(self, close: bool = True) -> None:  # noqa: FBT002 - SQLAlchemy's
        """Leave them open: `close_kept` ends them."""

    def execution_options(self, **opt: Any) -> "KeptEngine":
        return KeptEngine(self.sync_engine.execution_options(**opt))


_KEPT: dict[str, KeptEngine] = {}


def kept_engine(url: str) -> KeptEngine:
    """The engine of this process for that register, for whoever would dispose of one at its end.

    A test whose register goes away, or that breaks or counts connections, makes one of its own.
    """
    if url not in _KEPT:
        _KEPT[url] = KeptEngine(create_engine(url).sync_engine)
    return _KEPT[url]


async def close_kept(url: str) -> None:
    """Close what is kept for that register, before its server stops."""
    if url in _KEPT:
        await AsyncEngine(_KEPT.pop(url).sync_engine).dispose()
