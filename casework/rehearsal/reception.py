"""Where the cases of a rehearsal are opened, by the code that opens real ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.case.opening import StartCase
from casework.domain.policy import MaterialForm
from casework.rehearsal.case_time import CaseTime
from casework.rehearsal.given import Given, ServiceGiven
from casework.rehearsal.opening import Arrival, arrival, bar_from_deferral, forms_of
from casework.rehearsal.ordered import Surroundings
from casework.rehearsal.ordering import surroundings
from casework.rehearsal.played import PlayedCase, submit
from casework.rehearsal.registry import Registry
from casework.rehearsal.service_opening import ServiceArrival, forms
from casework.store.engine import Sessions


@dataclass(frozen=True, kw_only=True)
class Reception:
    """``reference`` is new in the register; each case adds its name to it.

    ``several``: the scenario has named its cases.
    """

    registry: Registry
    sessions: Sessions
    time: CaseTime
    reference: str
    several: bool = False

    def place(self, given: Given | ServiceGiven, name: str) -> Surroundings:
        """Where the case of that name will stand; raises what opening it would be refused for."""
        if isinstance(given, Given):
            return surroundings(self._arrival(given, name).question())
        return self._service(name).place(given)

    async def open(
        self, given: Given | ServiceGiven, name: str, cases: Mapping[str, PlayedCase]
    ) -> PlayedCase:
        """Open a case now, called ``name``; ``cases`` are those that there are.

        Raises:
            DomainError: what production would refuse it for.
        """
        if isinstance(given, Given):
            start, its_forms = await self._application(given, name)
        else:
            now = await self.time.now()
            start = await self._service(name).start(given, cases, now)
            its_forms = forms(start)
        return await submit(self.time.environment.client, start, name, its_forms)

    async def _application(
        self, given: Given, name: str
    ) -> tuple[StartCase, dict[str, MaterialForm]]:
        start = await self._arrival(given, name).start(self.sessions, self.time.shift)
        if given.credit_barred:
            await bar_from_deferral(self.sessions, start)
        return start, forms_of(start.item.materials)

    def _arrival(self, given: Given, name: str) -> Arrival:
        reference = f"{self.reference} {name}" if self.several else self.reference
        return arrival(given, self.registry, reference, key=self.reference)

    def _service(self, name: str) -> ServiceArrival:
        return ServiceArrival(
            registry=self.registry,
            sessions=self.sessions,
            reference=f"{self.reference} {name}",
            key=self.reference,
            shift=self.time.shift,
        )
