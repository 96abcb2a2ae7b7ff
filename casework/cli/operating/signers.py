"""``casework keys signer``: whose proofs count, and keys for those who make them."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings, people, require_home
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, note, say, show_json, show_table

if TYPE_CHECKING:
    from casework.security.proof.signers import Known
    from casework.settings import Settings

app = typer.Typer(help="Who may sign decisions (凭证签发方).", no_args_is_help=True)


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="api, worker, or the name of a backend")],
    *,
    code: Annotated[
        list[str] | None,
        typer.Option(help="In whose name a backend speaks, as a system; repeatable."),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Where a backend's private key goes; by default CASEWORK_HOME/keys/backends."
        ),
    ] = None,
) -> None:
    """Make a key pair; its public key is known to the workers from now on (登记签发方).

    The keys of ``api`` and ``worker`` are made where these look for them, unless they are there.
    """
    from casework.security.proof.part import RIGHTS
    from casework.settings import SettingsError

    settings = load_settings()
    require_home(settings)
    try:
        if name not in RIGHTS:
            _add_backend(settings, name, code or [], to)
        elif code or to:
            raise RefusedError(f"{name} is a part of Casework: neither --code nor --to")
        else:
            _add_part(settings, name)
    except (SettingsError, OSError) as error:
        raise UnusableError(f"cannot make the key: {error}") from None


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List whose proofs count (签发方一览)."""
    from casework.security.proof.signers import SignersFolder

    signers = SignersFolder(load_settings().signers_dir).all()
    if json:
        show_json([_plain(each) for each in signers])
        return
    show_table(
        ["编号", "签发方", "可代表", "角色"],
        [
            (
                each.kid,
                each.name,
                "任何人" if each.rights.is_for_anyone else _listed(each.rights.may_speak_for),
                _listed(role.value for role in each.rights.roles) or "不限",
            )
            for each in signers
        ],
        title="凭证签发方",
    )


def _add_part(settings: "Settings", part: str) -> None:
    from casework.security.proof.part import key_of, make_key

    known = make_key(settings, part)
    say(f"{known.kid} is known to the workers; {part} signs by {key_of(settings, part)}")


def _add_backend(settings: "Settings", name: str, codes: list[str], to: Path | None) -> None:
    from casework.security.proof.part import add_backend

    if not codes:
        raise RefusedError("a backend speaks in its own name: --code CODE")
    file = (to or settings.home / "keys" / "backends" / f"{name}.pem").resolve()
    if file.exists():
        raise RefusedError(f"{file} is there already: --to another place")
    try:
        known = add_backend(settings, name, tuple(codes), file)
    except ValueError as error:
        raise RefusedError(str(error)) from None
    say(f"{known.kid} is known to the workers; give {file} to {name}, and to nobody else")
    if unbound := [code for code in codes if code not in people()]:
        note(f"{_listed(unbound)}: in no roster, and may do nothing until bound there (systems)")


def _plain(known: "Known") -> dict[str, object]:
    return {
        "kid": known.kid,
        "name": known.name,
        "may_speak_for": known.rights.may_speak_for,
        "roles": known.rights.roles,
    }


def _listed(words: Iterable[str]) -> str:
    return "、".join(words)
