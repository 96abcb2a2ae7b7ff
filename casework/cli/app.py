"""All commands, in the groups that ``casework --help`` shows."""

import typer
from typer.core import TyperGroup

from casework.cli import (
    auditing,
    authority,
    benching,
    calendar,
    cases,
    catalogue,
    digests,
    disclosing,
    doing,
    due,
    erasing,
    explaining,
    history,
    keys,
    measures,
    orders,
    outbox,
    outreach,
    parts,
    policy,
    reading,
    reassigning,
    register,
    rehearsing,
    showing,
    stack,
    submitting,
    suspensions,
    token,
)
from casework.cli.errors import CommandError
from casework.cli.screen import note
from casework.cli.service import (
    absences,
    cycles,
    permits,
    ratings,
    requests,
    rounds,
    services,
    talents,
)


class Commands(TyperGroup):
    """Ends a command that fails as expected with its line and its exit code."""

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command."""
        try:
            return super().invoke(ctx)
        except CommandError as error:
            note(str(error))
            raise typer.Exit(error.exit_code) from None


app = typer.Typer(
    name="casework",
    cls=Commands,
    help="Casework: talent-service cases (人才服务办件) from submission to the last owed file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_STACK = "The local stack"
app.command(rich_help_panel=_STACK)(stack.up)
app.command(rich_help_panel=_STACK)(stack.status)
app.command(rich_help_panel=_STACK)(stack.down)

_CASES = "Cases (办件)"
app.command(rich_help_panel=_CASES)(submitting.submit)
app.command(rich_help_panel=_CASES)(reading.cases)
app.command(rich_help_panel=_CASES)(reading.tasks)
app.command(rich_help_panel=_CASES)(showing.show)
app.command(rich_help_panel=_CASES)(explaining.explain)
app.add_typer(doing.app, name="do", rich_help_panel=_CASES)
app.add_typer(cases.app, name="case", rich_help_panel=_CASES)
app.command(rich_help_panel=_CASES)(reassigning.reassign)
app.command(rich_help_panel=_CASES)(disclosing.accesses)
app.command(rich_help_panel=_CASES)(digests.digests)
app.command(rich_help_panel=_CASES)(outbox.outbox)
app.command(rich_help_panel=_CASES)(token.token)

_SERVICE = "Talent service (人才服务)"
app.add_typer(talents.app, name="talent", rich_help_panel=_SERVICE)
app.add_typer(permits.app, name="permit", rich_help_panel=_SERVICE)
app.add_typer(cycles.app, name="cycle", rich_help_panel=_SERVICE)
app.add_typer(requests.app, name="request", rich_help_panel=_SERVICE)
app.add_typer(ratings.app, name="rating", rich_help_panel=_SERVICE)
app.add_typer(rounds.app, name="round", rich_help_panel=_SERVICE)
app.add_typer(absences.app, name="absence", rich_help_panel=_SERVICE)
app.add_typer(services.app, name="service", rich_help_panel=_SERVICE)

_ORDERS = "Orders for many cases (指令)"
app.add_typer(orders.app, name="order", rich_help_panel=_ORDERS)
app.add_typer(suspensions.app, name="suspension", rich_help_panel=_ORDERS)
app.add_typer(measures.app, name="measure", rich_help_panel=_ORDERS)
app.add_typer(policy.app, name="policy", rich_help_panel=_ORDERS)
app.add_typer(calendar.app, name="calendar", rich_help_panel=_ORDERS)
app.add_typer(outreach.app, name="outreach", rich_help_panel=_ORDERS)

_RULES = "Rules (政策与期限)"
app.command(rich_help_panel=_RULES)(due.due)
app.add_typer(catalogue.app, name="catalogue", rich_help_panel=_RULES)
app.add_typer(authority.app, name="authority", rich_help_panel=_RULES)
app.command(rich_help_panel=_RULES)(rehearsing.rehearse)

_PARTS = "One part each"
app.command(rich_help_panel=_PARTS)(parts.worker)
app.command(rich_help_panel=_PARTS)(parts.api)
app.command(rich_help_panel=_PARTS)(parts.town)
app.add_typer(parts.issuer, name="issuer", hidden=True)
app.command(rich_help_panel=_PARTS)(parts.migrate)

_UPKEEP = "Upkeep"
app.command(rich_help_panel=_UPKEEP)(erasing.erase)
app.add_typer(keys.app, name="keys", rich_help_panel=_UPKEEP)
app.add_typer(register.app, name="register", rich_help_panel=_UPKEEP)
app.add_typer(auditing.app, name="audit", rich_help_panel=_UPKEEP)
app.add_typer(history.app, name="history", rich_help_panel=_UPKEEP)
app.command(
    rich_help_panel=_UPKEEP,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(benching.bench)


def main() -> None:
    """Run the command of this process's arguments."""
    app()
