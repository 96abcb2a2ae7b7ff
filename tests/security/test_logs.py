"""What an exception says and what its frames hold stays out of the logs."""

import io
import logging
from collections.abc import Iterator

import pytest
import structlog
from temporalio.exceptions import ApplicationError

from casework.log import configure_log
from tests.security.marks import MARKS, Marked
from tests.security.searching import in_bytes

WHO = Marked(7)


@pytest.fixture(params=[False, True], ids=["terminal", "json"])
def written(request: pytest.FixtureRequest) -> Iterator[io.StringIO]:
    """All that is logged from now on."""
    root = logging.getLogger()
    before, level = root.handlers, root.level
    configure_log(json=request.param)
    (handler,) = root.handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream := io.StringIO())
    yield stream
    root.handlers = before
    root.setLevel(level)
    structlog.reset_defaults()


def _fail() -> None:
    try:
        _send(WHO.words("信"))
    except ValueError as error:
        raise ApplicationError(WHO.name, type="NOTICE_REFUSED") from error


def _send(letter: str) -> None:
    raise ValueError(f"550 nobody at {WHO.mail}: {letter}")


@pytest.mark.parametrize("ours", [True, False], ids=["structlog", "standard library"])
def test_an_exception_is_told_by_types_codes_and_places(
    written: io.StringIO, *, ours: bool
) -> None:
    try:
        _fail()
    except ApplicationError:
        if ours:
            structlog.get_logger("worker").exception("sending_failed")
        else:
            logging.getLogger("temporalio.activity").exception("Completing activity as failed")
    log = written.getvalue()
    assert in_bytes(log.encode(), MARKS, "the log") == set()
    for told in (
        "ApplicationError NOTICE_REFUSED",
        "caused by ValueError",
        "test_logs.py",
        "_fail",
    ):
        assert told in log


def test_an_exception_that_is_handed_over_is_told_too(written: io.StringIO) -> None:
    logging.getLogger("asyncio").error("failed", exc_info=ValueError(WHO.number))
    assert "ValueError" in written.getvalue()
    assert WHO.number not in written.getvalue()
