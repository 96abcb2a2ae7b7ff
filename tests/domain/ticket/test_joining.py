"""Tickets joined into each other: somebody always answers, however old what was read is."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from casework.domain.case.commands import Command, ProposeTakingBack, TakeBack
from casework.domain.errors import DomainError
from casework.domain.kinds.ticket.commands import (
    AnswerTicket,
    HotlineReturned,
    JoinTicket,
    ReturnTicket,
    SignTicket,
)
from casework.domain.kinds.ticket.procedure import answers_for
from casework.domain.kinds.ticket.state import Resolution, Ticket, TicketStage
from casework.domain.policy import Role
from tests.domain.rating.unfolding import Unfolding
from tests.domain.ticket import given_ticket
from tests.examples import examples

MANY = 4
SENT_BACK = {"to": "区住房保障部门", "reason": "不属于本单位职责"}
ANSWER = {"resolution": Resolution.RESOLVED, "answer": "已办理"}
ACTS: dict[str, tuple[type[Command], Role, dict[str, Any]]] = {
    "sign": (SignTicket, Role.OFFICER, {}),
    "send back": (ReturnTicket, Role.OFFICER, SENT_BACK),
    "answer": (AnswerTicket, Role.OFFICER, ANSWER),
    "propose": (ProposeTakingBack, Role.OFFICER, {"reason": "误办结"}),
    "take back": (TakeBack, Role.SUPERVISOR, {"granted": True, "reason": "同意"}),
    "return": (HotlineReturned, Role.SYSTEM, {"reason": "并非同一事项"}),
}
INDEX = st.integers(0, MANY - 1)


@dataclass
class Office:
    """Tickets by time of receipt; ``read``: what the register said of each, one by one."""

    tickets: list[Unfolding[Ticket]] = field(
        default_factory=lambda: [given_ticket(caller=None) for _ in range(MANY)]
    )
    read: list[list[TicketStage]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.note()

    def note(self) -> None:
        self.read.append([each.case.stage for each in self.tickets])

    def act(self, number: int, act: str) -> None:
        command, role, said = ACTS[act]
        self._try(number, command, role, said)

    def join(self, number: int, into: int, age: int) -> None:
        """As the API does, by what it read ``age`` acts before."""
        stage = self.read[-1 - min(age, len(self.read) - 1)][into]
        if answers_for(stage, came_before=into < number):
            said = {"into": f"310106-TICK-0000-000{into}", "reason": "同一事项"}
            self._try(number, JoinTicket, Role.OFFICER, said)

    def _try(self, number: int, command: type[Command], role: Role, said: dict[str, Any]) -> None:
        try:
            self.tickets[number].do(command, role, **said)
        except DomainError:
            return
        self.note()

    def answering(self, number: int) -> Ticket:
        """The ticket that answers for one."""
        seen = {number}
        while into := self.tickets[number].case.joined_into:
            number = int(into[-1])
            assert number not in seen, "joined in a circle"
            seen.add(number)
        return self.tickets[number].case


@given(st.data())
@examples(20, night=1000)
def test_a_chain_of_joined_tickets_ends_where_somebody_answers(data: st.DataObject) -> None:
    office = Office()
    for _ in range(data.draw(st.integers(1, 14))):
        number = data.draw(INDEX)
        if data.draw(st.booleans()):
            office.join(number, data.draw(INDEX), data.draw(st.integers(0, 3)))
        else:
            office.act(number, data.draw(st.sampled_from(sorted(ACTS))))
        for each in range(MANY):
            joined = office.tickets[each].case.stage is TicketStage.JOINED
            assert joined == bool(office.tickets[each].case.joined_into)
            if joined:
                stage = office.answering(each).stage
                assert stage not in {TicketStage.RECEIVED, TicketStage.RETURNED}
                assert stage is not TicketStage.JOINED


def test_two_that_are_joined_at_the_same_moment_are_not_joined_into_each_other() -> None:
    office = Office()
    for number in (0, 1):
        office.act(number, "sign")
    office.join(1, 0, 0)
    office.join(0, 1, 1)  # as the register stood before
    assert [each.case.stage for each in office.tickets[:2]] == [
        TicketStage.ANSWER,
        TicketStage.JOINED,
    ]
