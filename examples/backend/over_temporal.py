"""A backend that speaks to Casework over Temporal alone, with nothing but `casework-contract`.

    backend="--name points-portal --code backend --key portal.pem"
    python over_temporal.py $backend submit START.json
    python over_temporal.py $backend supplement CASE_NO MATERIAL…
    python over_temporal.py $backend withdraw CASE_NO REASON
    python over_temporal.py $backend outcome CASE_NO

Each answer is one line of JSON. A refusal is one, too, and the exit code is then 1.
"""

import argparse
import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from casework.contract import (
    Actor,
    Client,
    MaterialForm,
    ReceivedMaterial,
    Role,
    Signer,
    StartApplication,
    Supplement,
    WithdrawApplication,
    WorkflowFailureError,
    WorkflowUpdateFailedError,
    act,
    connect,
    outcome_of,
    refusal_of,
    submit,
)

START = TypeAdapter(StartApplication)
ANY: TypeAdapter[Any] = TypeAdapter(Any)


async def said(client: Client, asked: argparse.Namespace, sent: bytes) -> object:
    """The answer to one command; ``sent``: the start to be submitted."""
    actor = Actor(code=asked.code, role=Role.SYSTEM)
    match asked.what:
        case "submit":
            return await submit(client, START.validate_json(sent))
        case "supplement":
            files = (
                ReceivedMaterial(code=each, form=MaterialForm.ELECTRONIC) for each in asked.more
            )
            return await act(client, asked.about, Supplement(actor=actor, materials=tuple(files)))
        case "withdraw":
            reason = " ".join(asked.more)
            return await act(client, asked.about, WithdrawApplication(actor=actor, reason=reason))
        case _:
            return await outcome_of(client, asked.about)


def typed() -> argparse.Namespace:
    """What was typed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", default="127.0.0.1:7233")
    parser.add_argument("--namespace", default="default")
    parser.add_argument("--name", required=True, help="under which its key was made")
    parser.add_argument("--code", required=True, help="of the system, as in the roster")
    parser.add_argument("--key", required=True, type=Path, help="its private key (PEM)")
    parser.add_argument("what", choices=("submit", "supplement", "withdraw", "outcome"))
    parser.add_argument("about", help="a file with a start, or a case number")
    parser.add_argument("more", nargs="*")
    return parser.parse_args()


async def main(asked: argparse.Namespace, key: bytes, sent: bytes) -> int:
    """Do what was typed; 1 if it was refused."""
    signer = Signer.read(asked.name, key)
    client = await connect(asked.address, signer, namespace=asked.namespace)
    try:
        answer = await said(client, asked, sent)
    except (WorkflowUpdateFailedError, WorkflowFailureError) as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        answer = refused
    print(json.dumps(ANY.dump_python(answer, mode="json"), ensure_ascii=False))
    return int(answer is not None and hasattr(answer, "code"))


if __name__ == "__main__":
    words = typed()
    start = Path(words.about).read_bytes() if words.what == "submit" else b""
    sys.exit(asyncio.run(main(words, words.key.read_bytes(), start)))
