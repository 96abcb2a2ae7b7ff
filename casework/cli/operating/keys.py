"""``casework keys``: the ring of master keys, and who signs decisions. No key is ever shown."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from casework.cli.calling.identity import load_settings, people, require_home
from casework.cli.operating.register import reaching_register
from casework.cli.terms.errors import RefusedError, UnusableError
from casework.cli.terms.screen import Json, moment, note, say, show_json, show_table

if TYPE_CHECKING:
    from casework.security.keys.ring import KeyRing
    from casework.security.proof.signers import Known
    from casework.settings import Settings

signer = typer.Typer(help="Who may sign decisions (凭证签发方).", no_args_is_help=True)

app = typer.Typer(help="Keys (密钥).", no_args_is_help=True)
app.add_typer(signer, name="signer")


@app.callback()
def _group() -> None:
    """Keys (密钥)."""


@app.command()
def init() -> None:
    """Make the key ring, and the keys of pseudonyms and sessions, where there are none.

    The local stack does so by itself.
    """
    from casework.security.keyfiles import init_key
    from casework.security.keys.ring import init_ring

    settings = load_settings()
    require_home(settings)
    with reaching_register():
        for file in (settings.pseudonyms_key_file, settings.session_key_file):
            if init_key(file):
                say(f"{file} made: every API process needs the same")
    if settings.key_ring_file.exists():
        raise RefusedError(f"there is a key ring at {settings.key_ring_file}")
    with reaching_register():
        init_ring(settings.key_ring_file, at=_now())
    say(f"{settings.key_ring_file} made: keep a copy of it apart from the copies of the database")


@app.command("list")
def list_(*, json: Json = False) -> None:
    """List the master keys, and count the secrets of cases (密钥一览)."""
    settings = load_settings()
    with reaching_register():
        ring = _ring(settings)
        kept, erased = asyncio.run(_counted(settings))
    active = ring.active
    if json:
        keys = [
            {"id": key.id, "made_at": key.made_at.isoformat(), "active": key.id == active}
            for key in ring.keys
        ]
        show_json({"keys": keys, "secrets": kept, "erased": erased})
        return
    show_table(
        ["编号", "生成时间", "用途"],
        [
            (key.id, moment(key.made_at.isoformat()), "加密与解密" if key.id == active else "解密")
            for key in ring.keys
        ],
        title=f"主密钥（办件密钥 {kept} 个，已依法删除 {erased} 个）",
    )


@app.command()
def rotate() -> None:
    """Add a master key that seals from now on; those of before go on reading (更换密钥)."""
    settings = load_settings()
    with reaching_register():
        new = _ring(settings).rotate(at=_now())
    say(f"{new.id} seals from now on; what was sealed before stays readable")


@app.command(name="copy-secrets")
def copy_secrets(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Replaced as a whole.")],
) -> None:
    """Copy the secrets of all cases into a file, for a register that is lost (备份办件密钥).

    Keep it apart from the copies of the register, and keep only the newest.
    """
    from casework.security.keyfiles import replace_file

    with reaching_register():
        copy = asyncio.run(_copied(load_settings()))
        replace_file(file, copy.encode())
    say(f"{len(copy.splitlines())} secrets and erasures in {file}")


async def _copied(settings: "Settings") -> str:
    from casework.cli.operating.register import open_register
    from casework.store.sealing.copies import copy_of_secrets

    async with open_register(settings) as opened, opened() as session:
        return await copy_of_secrets(session)


def _ring(settings: "Settings") -> "KeyRing":
    from casework.security.keys.ring import KeyRing

    if not settings.key_ring_file.exists():
        raise RefusedError(f"no key ring at {settings.key_ring_file}: `casework keys init`")
    return KeyRing(settings.key_ring_file)


async def _counted(settings: "Settings") -> tuple[int, int]:
    from casework.cli.operating.register import open_register
    from casework.store.sealing.erasure import counted

    async with open_register(settings) as opened, opened() as session:
        return await counted(session)


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - the command is a composition root


@signer.command("add")
def add_signer(
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
    from casework.security.proof.parts import RIGHTS
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


@signer.command("list")
def list_signers(*, json: Json = False) -> None:
    """List whose proofs count (签发方一览)."""
    from casework.security.proof.verifying import SignersFolder

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
    from casework.security.proof.parts import key_of, make_key

    known = make_key(settings, part)
    say(f"{known.kid} is known to the workers; {part} signs by {key_of(settings, part)}")


def _add_backend(settings: "Settings", name: str, codes: list[str], to: Path | None) -> None:
    from casework.security.proof.parts import add_backend

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
