"""Rows for the lists of outreaches: cases as the recorder leaves them, and what they are about."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from casework.messages.outreach import StartOutreach
from casework.store.models import (
    Cases,
    Clocks,
    ContactRequests,
    Contacts,
    Courses,
    Debts,
    Measures,
    Openings,
    ServiceItems,
    Suspensions,
)
from casework.store.outreach import open_outreach

PUDONG = "310115"
T0 = datetime(2022, 3, 1, 1, tzinfo=UTC)


@dataclass
class Town:
    """Cases in the register; each call of ``case`` is a later one."""

    session: AsyncSession
    opened: list[str] = field(default_factory=list)

    async def policy(self) -> None:
        self.session.add(
            ServiceItems(digest="policy", code="HJ_RES", district=PUDONG, name="", body={})
        )
        await self.session.flush()

    async def case(
        self,
        person: str = "",
        *,
        stage: str = "await_paper",
        district: str = PUDONG,
        item: str = "HJ_RES",
        office: str = "浦东新区人才服务中心",
        side: str = "applicant",
        measure: str = "",
    ) -> str:
        number = len(self.opened) + 1
        case_no = f"{district}-TEST-0000-{number:04}"
        self.opened.append(case_no)
        at, course = T0 + timedelta(hours=number), UUID(int=number)
        self.session.add(
            Openings(
                case_no=case_no,
                district=district,
                source="test",
                reference=str(number),
                content="",
                subject=person or f"person-{number}",
                rehearsal=timedelta(),
                started_by_run="",
            )
        )
        await self.session.flush()
        self.session.add_all(
            [
                Cases(
                    case_no=case_no,
                    district=district,
                    item=item,
                    item_name="",
                    office=office,
                    channel="online",
                    policy="policy",
                    stage=stage,
                    stage_since=at,
                    received_at=at,
                    closed_at=at if stage == "archived" else None,
                    card="none",
                    holder="",
                    green=False,
                    open_debts=0,
                    last_seq=1,
                ),
                Clocks(case_no=case_no, clock="paper", kind="paper", name="", course=course),
                Courses(
                    id=course,
                    district=district,
                    office=office,
                    alone="",
                    unit="working_days",
                    amount=5,
                    rolls=False,
                    side=side,
                    measure=measure,
                    started_on=at.date(),
                    stops=(),
                    pending=(),
                    pauses=(),
                    provisional=False,
                ),
            ]
        )
        await self.session.flush()
        return case_no

    async def owes(self, case_no: str, by_measure: str, status: str = "outstanding") -> None:
        self.session.add(
            Debts(
                case_no=case_no,
                material="paper_package",
                name="",
                mode="hold_result",
                status=status,
                reason="",
                offered_by="",
                consented_by="",
                by_measure=by_measure,
            )
        )
        await self.session.flush()

    async def close(self, case_no: str) -> None:
        case = await self.session.get_one(Cases, case_no)
        case.stage, case.closed_at = "archived", T0
        await self.session.flush()

    async def told(self, outreach: str, case_no: str, state: str = "listed", **times: Any) -> None:
        """A contact as its case has recorded it."""
        request = await self.session.get_one(ContactRequests, (outreach, case_no))
        values = {
            "district": case_no[:6],
            "about": "",
            "state": state,
            "through": request.through,
            "attempts": 0,
            "listed_at": T0,
        }
        await self.session.merge(Contacts(case_no=case_no, outreach=outreach, **values | times))
        await self.session.flush()

    async def list_of(self, outreach: str) -> dict[str, str]:
        """The list: case number → the case on which its person is told."""
        found = await self.session.execute(
            select(ContactRequests.case_no, ContactRequests.through).where(
                ContactRequests.outreach == outreach
            )
        )
        return {row.case_no: row.through for row in found}


def measure(effect: str = "PAPER_NO_LIMIT", **changes: Any) -> Measures:
    values = {
        "id": f"{effect}.{PUDONG}.20220301",
        "effect": effect,
        "name": "纸质材料递交不限时",
        "district": PUDONG,
        "items": ("HJ_RES",),
        "since": date(2022, 3, 1),
        "until": None,
        "online_accepted_from": None,
        "reference": "",
        "mark": "source",
        "origin": "catalogue",
        "version": 0,
    }
    return Measures(**values | changes)


def suspension(**changes: Any) -> Suspensions:
    values = {
        "id": "ZL-TEST",
        "scope": "district",
        "key": PUDONG,
        "first_on": date(2022, 4, 1),
        "lifted_on": None,
        "reason": "封控",
        "basis": "",
        "clocks": "applicant",
        "channels": ("window",),
        "by": "",
        "version": 1,
    }
    return Suspensions(**values | changes)


async def begin(session: AsyncSession, subject: Measures | Suspensions, name: str = "o") -> str:
    """An outreach about it."""
    kind = "measure" if isinstance(subject, Measures) else "suspension"
    session.add(subject)
    await session.flush()
    start = StartOutreach(id=name, about=subject.id, kind=kind, text="窗口交件不限时")
    await open_outreach(session, start, T0)
    return name
