"""``casework bench``: how fast, how much, per case."""

import subprocess
import sys
from pathlib import Path

import typer

from casework.cli.terms.errors import UnusableError


def bench(ctx: typer.Context) -> None:
    """Measure, print the table, write bench/latest.json; options go to `python -m bench`."""
    if not Path("bench/__main__.py").is_file():
        raise UnusableError("no bench/ here: run it from the checkout")
    done = subprocess.run([sys.executable, "-m", "bench", *ctx.args], check=False)  # noqa: S603 - our own module
    raise typer.Exit(done.returncode)
