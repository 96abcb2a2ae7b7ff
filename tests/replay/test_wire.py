"""What crosses Temporal is as it was at the last landing.

A field that is added with a default is no break: write the file anew, ``python -m
tests.replay.wire > tests/replay/wire.json``, and see in the difference that nothing else is.
"""

from pathlib import Path

from tests.replay.wire import written

LANDED = Path(__file__).with_name("wire.json")


def test_names_fields_and_literals_are_those_of_the_last_landing() -> None:
    assert written() == LANDED.read_text(encoding="utf-8")
