"""The fake town over HTTP.

The parties' own protocols (every POST takes an ``Idempotency-Key``: the same key again gets the
same answer and is counted), the outbox, and the levers for tests and visitors.
"""

from typing import Annotated

from fastapi import FastAPI, Header, HTTPException, Query

from casework.local.town.data_checks import Databases, add_data_checks
from casework.local.town.desk import (
    BehaviourOrder,
    CaseRequest,
    DecisionOrder,
    Desk,
    FaultOrder,
    OutboxEntry,
    OutboxMessage,
    TextMessage,
)
from casework.local.town.ledger import Fault, Owed, Taken

Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1)]

_NOTICE_CHANNELS = ("mail", "sms")


def town_app(desk: Desk) -> FastAPI:
    """Return the application; its docs pages are off, for they would be fetched from outside."""
    app = FastAPI(title="Fake town", docs_url=None, redoc_url=None)
    _add_parties(app, desk)
    add_data_checks(app, Databases(desk.ledger))
    _add_outbox(app, desk)
    _add_levers(app, desk)
    return app


def _add_parties(app: FastAPI, desk: Desk) -> None:
    @app.post("/messages", status_code=202)
    async def send_message(message: TextMessage, key: Key) -> dict[str, str]:
        return {"reference": desk.take_message(key, message)}

    @app.post("/reports", status_code=202)
    async def report_up(request: CaseRequest, key: Key) -> dict[str, str]:
        return {"reference": desk.take_request("/reports", key, request)}

    @app.post("/archive-calls", status_code=202)
    async def call_archive(request: CaseRequest, key: Key) -> dict[str, str]:
        return {"reference": desk.take_request("/archive-calls", key, request)}

    @app.post("/parcels", status_code=202)
    async def send_parcel(request: CaseRequest, key: Key) -> dict[str, str]:
        return {"tracking_number": desk.take_request("/parcels", key, request)}


def _add_outbox(app: FastAPI, desk: Desk) -> None:
    @app.get("/outbox")
    async def outbox(channel: Annotated[list[str] | None, Query()] = None) -> list[OutboxEntry]:
        """What was taken, oldest first: notices, or the channels asked for."""
        taken = desk.ledger.taken(channel or _NOTICE_CHANNELS)
        return [OutboxEntry.model_validate(_shown(entry)) for entry in taken]

    @app.get("/outbox/{channel}/{key:path}")
    async def message(channel: str, key: str) -> OutboxMessage:
        """One message with its text."""
        for entry in desk.ledger.taken([channel]):
            if entry.key == key:
                return OutboxMessage.model_validate({**_shown(entry), "text": entry.text})
        raise HTTPException(404, "no such message")

    @app.get("/requests")
    async def requests() -> list[Owed]:
        """Every request that was or will be answered: reports, archive calls, parcels."""
        return desk.ledger.requests()


def _add_levers(app: FastAPI, desk: Desk) -> None:
    @app.post("/reports/{reference}/decision", status_code=204)
    async def decide(reference: str, order: DecisionOrder) -> None:
        desk.decide(reference, order)

    @app.post("/behaviour", status_code=204)
    async def behave(order: BehaviourOrder) -> None:
        desk.behave(order)

    @app.post("/faults", status_code=204)
    async def plan_fault(order: FaultOrder) -> None:
        desk.ledger.plan(Fault(**order.model_dump()))

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}


def _shown(entry: Taken) -> dict[str, str | int]:
    return {
        "channel": entry.channel,
        "key": entry.key,
        "to": _masked(entry.recipient),
        "subject": entry.subject,
        "at": entry.at,
        "repeats": entry.repeats,
    }


def _masked(recipient: str) -> str:
    """Show the first three and last four characters of a number, the first of a mailbox."""
    name, at, domain = recipient.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{recipient[:3]}****{recipient[-4:]}" if recipient.isdigit() else recipient
