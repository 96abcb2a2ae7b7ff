"""A notice book in memory, with the people of the tests."""

from dataclasses import dataclass, field
from datetime import datetime

from casework.letters.texts import Contact

PEOPLE = {
    "applicant": Contact(name="王小明", email="wang@mail.example", phone="13800001234"),
    "employer": Contact(name="某某公司"),
}


@dataclass
class Book:
    """``crashes``: so many notings fail before one works."""

    people: dict[str, Contact] = field(default_factory=lambda: dict(PEOPLE))
    references: dict[str, str] = field(default_factory=dict)
    refusals: dict[str, str] = field(default_factory=dict)
    crashes: int = 0

    async def contact(self, case_no: str, recipient: str) -> Contact:  # noqa: ARG002 - one case
        return self.people[recipient]

    async def queue_instead(
        self, case_no: str, seq: int, recipient: str, key: str, channel: str
    ) -> None:
        letter = f"{case_no}:{seq}:{recipient}:"
        assert key.startswith(letter + channel)
        assert any(refused.startswith(letter) for refused in self.refusals)

    async def queue_by_new_way(
        self, case_no: str, seq: int, recipient: str, key: str, channel: str
    ) -> None:
        assert key == f"{case_no}:{seq}:{recipient}:{channel}"

    async def sent(self, key: str) -> str | None:
        return self.references.get(key)

    async def mark_sent(self, key: str, reference: str, at: datetime) -> None:
        assert at.tzinfo
        if self.crashes:
            self.crashes -= 1
            raise ConnectionError("the register is away")
        self.references[key] = reference

    async def mark_refused(self, key: str, problem: str, at: datetime) -> None:
        assert at.tzinfo
        self.refusals[key] = problem
