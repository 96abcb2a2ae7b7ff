"""The table of authority as a command."""

from pathlib import Path

from tests.cli.conftest import Run

PAGE = Path(__file__).parents[2] / "docs" / "authority.md"


def test_the_table_is_the_page(run: Run) -> None:
    done = run("authority", "table")
    assert (done.exit_code, done.stdout) == (0, PAGE.read_text(encoding="utf-8"))
