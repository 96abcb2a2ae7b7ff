"""All commands, in the groups that ``casework --help`` shows."""

import os
import sys
from functools import partial
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from casework import __version__
from casework.cli.calling import login
from casework.cli.cases import acts as doing
from casework.cli.cases import (
    at_desk,
    cases,
    consultations,
    disclosing,
    due,
    explaining,
    figures,
    guide,
    history,
    in_bulk,
    letters,
    loads,
    of_kind,
    reading,
    reassigning,
    reports,
    showing,
    submitting,
    together,
    units,
)
from casework.cli.operating import (
    auditing,
    authority,
    benching,
    calendar,
    catalogue,
    digests,
    doctor,
    erasing,
    keys,
    mail,
    outbox,
    parts,
    register,
    rehearsing,
    rollout,
    stack,
    webhooks,
)
from casework.cli.orders import (
    measures,
    orders,
    outreach,
    policy,
    rebalancing,
    staff,
    suspensions,
)
from casework.cli.talent_service import (
    absences,
    cycles,
    permits,
    ratings,
    relations,
    requests,
    rounds,
    services,
    talents,
)
from casework.cli.terms.errors import REFUSED, UNUSABLE, CommandError
from casework.cli.terms.screen import note, say

INTERRUPTED = 130
NOBODY_READS = 141  # what a shell says of a command that SIGPIPE has ended


class Commands(TyperGroup):
    """Ends a command that fails as expected with one line and its exit code, never a traceback."""

    def main(self, *, standalone_mode: bool = True, **given: Any) -> Any:  # type: ignore[override]  # noqa: ANN401 - as Typer's
        """Run the command of the arguments, and end the process if it is `standalone_mode`."""
        run = partial(super().main, standalone_mode=False, **given)
        if not standalone_mode:
            return run()
        try:
            code = run()
        except typer.TyperException as error:
            _end_badly(error)
        except typer.Abort:
            note("aborted")
            sys.exit(REFUSED)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: typer.Context) -> object:  # type: ignore[override]
        """Run the command."""
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except CommandError as error:
            note(str(error))
            raise typer.Exit(error.exit_code) from None
        except KeyboardInterrupt:
            note("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # What is left in the buffer must not be written at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(NOBODY_READS) from None
        except OSError as error:
            note(f"cannot use {error.filename}: {error.strerror}" if error.filename else str(error))
            raise typer.Exit(UNUSABLE) from None
        return done


def _end_badly(error: typer.TyperException) -> NoReturn:
    """Say what is wrong with the words of the command; without any its help has been shown."""
    said = " ".join(str(getattr(error, "format_message", error.__str__)()).split())
    context = getattr(error, "ctx", None)
    if said:
        note(f"{said} (see `{context.command_path} -h`)" if context else said)
    sys.exit(getattr(error, "exit_code", REFUSED))


app = typer.Typer(
    name="casework",
    cls=Commands,
    help="Casework: talent-service cases (人才服务办件) from submission to the last owed file.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    pretty_exceptions_enable=False,
)


def _tell_version(wanted: bool) -> None:  # noqa: FBT001 - as Typer calls it
    if wanted:
        say(f"casework {__version__}")
        raise typer.Exit


@app.callback()
def _all(
    *,
    _version: Annotated[
        bool,
        typer.Option("--version", callback=_tell_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Casework: talent-service cases (人才服务办件) from submission to the last owed file."""


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
for _name, _group in of_kind.groups():
    app.add_typer(_group, name=_name, rich_help_panel=_CASES)
app.command(rich_help_panel=_CASES)(letters.letters)
app.add_typer(letters.app, name="letter", rich_help_panel=_CASES)
app.command(rich_help_panel=_CASES)(reassigning.reassign)
app.command(rich_help_panel=_CASES)(together.handover)
app.command(rich_help_panel=_CASES)(in_bulk.changes)
app.add_typer(in_bulk.app, name="bulk", rich_help_panel=_CASES)
app.command(rich_help_panel=_CASES)(loads.loads)
app.command(rich_help_panel=_CASES)(figures.figures)
app.add_typer(consultations.app, name="consultations", rich_help_panel=_CASES)
app.add_typer(units.app, name="units", rich_help_panel=_CASES)
app.command("what-if", rich_help_panel=_CASES)(loads.what_if)
app.command(rich_help_panel=_CASES)(reports.report)
app.command(rich_help_panel=_CASES)(disclosing.accesses)
app.command(rich_help_panel=_CASES)(digests.digests)
app.command(rich_help_panel=_CASES)(outbox.outbox)
app.add_typer(at_desk.view, name="view", rich_help_panel=_CASES)
app.add_typer(at_desk.phrase, name="phrase", rich_help_panel=_CASES)
app.command(rich_help_panel=_CASES)(login.login)
app.command(rich_help_panel=_CASES)(login.logout)
app.command(rich_help_panel=_CASES)(login.token)

_SERVICE = "Talent service (人才服务)"
app.add_typer(talents.app, name="talent", rich_help_panel=_SERVICE)
app.add_typer(permits.app, name="permit", rich_help_panel=_SERVICE)
app.add_typer(cycles.app, name="cycle", rich_help_panel=_SERVICE)
app.add_typer(requests.app, name="request", rich_help_panel=_SERVICE)
app.add_typer(ratings.app, name="rating", rich_help_panel=_SERVICE)
app.add_typer(rounds.app, name="round", rich_help_panel=_SERVICE)
app.add_typer(absences.app, name="absence", rich_help_panel=_SERVICE)
app.add_typer(relations.app, name="relation", rich_help_panel=_SERVICE)
app.add_typer(services.app, name="service", rich_help_panel=_SERVICE)

_ORDERS = "Orders for many cases (指令)"
app.add_typer(orders.app, name="order", rich_help_panel=_ORDERS)
app.add_typer(suspensions.app, name="suspension", rich_help_panel=_ORDERS)
app.add_typer(measures.app, name="measure", rich_help_panel=_ORDERS)
app.add_typer(policy.app, name="policy", rich_help_panel=_ORDERS)
app.add_typer(staff.app, name="staff", rich_help_panel=_ORDERS)
app.add_typer(rebalancing.app, name="rebalance", rich_help_panel=_ORDERS)
app.add_typer(calendar.app, name="calendar", rich_help_panel=_ORDERS)
app.add_typer(outreach.app, name="outreach", rich_help_panel=_ORDERS)

_RULES = "Rules (政策与期限)"
app.command(rich_help_panel=_RULES)(due.due)
app.command(rich_help_panel=_RULES)(guide.guide)
app.add_typer(catalogue.app, name="catalogue", rich_help_panel=_RULES)
app.add_typer(authority.app, name="authority", rich_help_panel=_RULES)
app.add_typer(mail.app, name="mail", rich_help_panel=_RULES)
app.command(rich_help_panel=_RULES)(rehearsing.rehearse)

_PARTS = "One part each"
app.command(rich_help_panel=_PARTS)(parts.worker)
app.command(rich_help_panel=_PARTS)(parts.api)
app.command(rich_help_panel=_PARTS)(parts.town)
app.add_typer(parts.issuer, name="issuer", hidden=True)
app.command(rich_help_panel=_PARTS)(parts.migrate)

_UPKEEP = "Upkeep"
app.command(rich_help_panel=_UPKEEP)(doctor.doctor)
app.command(rich_help_panel=_UPKEEP)(erasing.erase)
app.add_typer(webhooks.app, name="webhook", rich_help_panel=_UPKEEP)
app.add_typer(keys.app, name="keys", rich_help_panel=_UPKEEP)
app.add_typer(register.app, name="register", rich_help_panel=_UPKEEP)
app.add_typer(auditing.app, name="audit", rich_help_panel=_UPKEEP)
app.add_typer(history.app, name="history", rich_help_panel=_UPKEEP)
app.add_typer(rollout.app, name="rollout", rich_help_panel=_UPKEEP)
app.command(
    rich_help_panel=_UPKEEP,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)(benching.bench)
