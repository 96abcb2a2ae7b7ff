"""Log events, not sentences: structlog renders, also what the standard library logs.

Of an exception the log has types, codes and places. Its message is left out, and so are the values
of variables: what others raise quotes what it was given, which may be about a person.
"""

import logging
import sys
import traceback
from collections.abc import Callable, Iterator

import structlog
from structlog.typing import EventDict, WrappedLogger

WATCHED = (
    "catalogue_not_ready",
    "catalogue_not_taken",
    "connection_refused",
    "issuer_away",
    "letter_lost",
    "login_refused",
    "mail_left",
    "mail_unread",
    "material_damaged",
    "material_lost",
    "message_refused",
    "message_unreadable",
    "not_up_to_date",
    "other",
    "proof_refused",
    "rates_alone",
    "register_away",
    "request_failed",
    "rule_broke",
    "temporal_refused",
)
"""The warnings that are counted, each by its event; every further one counts as ``other``."""


def count_warnings(count: Callable[[str], None]) -> None:
    """Call ``count`` with one of `WATCHED` for each warning or error of this process from now on.

    To be called after `configure_log`. A message that is said again is counted again.
    """
    logging.getLogger().addHandler(_Counting(count))


class _Counting(logging.Handler):
    def __init__(self, count: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._count = count

    def emit(self, record: logging.LogRecord) -> None:
        said = record.msg.get("event") if isinstance(record.msg, dict) else record.msg
        # By a fixed list alone: what others log may quote anything.
        self._count(said if said in WATCHED else "other")


def configure_log(*, json: bool) -> None:
    """Set up logging of a process: JSON lines, or readable lines for a terminal."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso"),
        where_it_failed,
    ]
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    # httpx logs whole addresses; what stands in them is nobody's business here.
    logging.getLogger("httpx").setLevel(logging.WARNING)


def where_it_failed(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Put types and places of an exception, and of what caused it, in the exception's stead."""
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["exception"] = "\ncaused by ".join(_told(error))
    return event


def _told(error: BaseException) -> Iterator[str]:
    """The error and its causes, last first; ``type`` is the code of an error from Temporal."""
    seen: BaseException | None = error
    while seen is not None:
        code = getattr(seen, "type", None)
        name = type(seen).__qualname__ + (f" {code}" if isinstance(code, str) else "")
        yield "\n".join((name, *traceback.format_tb(seen.__traceback__))).rstrip()
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
