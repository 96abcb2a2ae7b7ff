"""``casework keys``: the ring of master keys. No key is ever shown."""
# ruff: noqa: PLC0415 - imported when a command runs, so that the others start fast

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import typer

from casework.cli.calling.identity import load_settings, require_home
from casework.cli.operating import signers
from casework.cli.operating.register import reaching_register
from casework.cli.terms.errors import RefusedError
from casework.cli.terms.screen import Json, moment, say, show_json, show_table

if TYPE_CHECKING:
    from casework.security.keys.ring import KeyRing
    from casework.settings import Settings

app = typer.Typer(help="Keys (密钥).", no_args_is_help=True)


app.add_typer(signers.app, name="signer")


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
