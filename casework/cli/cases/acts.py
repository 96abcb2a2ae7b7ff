"""``casework do VERB NO``: every verb of an application."""

import typer

from casework.cli.cases.verbs import add_verbs
from casework.domain.kinds.application.commands import APPLICATION_VERBS

app = typer.Typer(
    help="Do something with a case (办理); the officer of the case acts unless --as says who.",
    no_args_is_help=True,
)
add_verbs(app, "applications", APPLICATION_VERBS)
