"""Where the cases of a rehearsal are opened, by the code that opens real ones."""

from collections.abc import Mapping
from dataclasses import dataclass

from casework.domain.case.opening import StartCase
from casework.domain.policy import MaterialForm
from casework.rehearsal.engine import Engine, PlayedCase
from casework.rehearsal.given import Given, ServiceGiven
from casework.rehearsal.opening import Arrival, arrival, forms_of
from casework.rehearsal.ordered import Surroundings
from casework.rehearsal.ordering import surroundings
from casework.rehearsal.registry import Registry
from casework.rehearsal.service_opening import ServiceArrival, forms


@dataclass(frozen=True, kw_only=True)
class Reception:
    """``reference`` is new in the register; each case adds its name to it.

    ``several``: the scenario has named its cases.
    """

    registry: Registry
    engine: Engine
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
            now = await self.engine.now()
            start = await self._service(name).start(given, cases, now)
            its_forms = forms(start)
        await self.engine.submit(start)
        return PlayedCase.of(start, name, its_forms)

    async def _application(
        self, given: Given, name: str
    ) -> tuple[StartCase, dict[str, MaterialForm]]:
        start = await self._arrival(given, name).start(self.engine)
        if given.credit_barred:
            await self.engine.bar_from_deferral(start)
        return start, forms_of(start.item.materials)

    def _arrival(self, given: Given, name: str) -> Arrival:
        reference = f"{self.reference} {name}" if self.several else self.reference
        return arrival(given, self.registry, reference, key=self.reference)

    def _service(self, name: str) -> ServiceArrival:
        return ServiceArrival(
            registry=self.registry,
            engine=self.engine,
            reference=f"{self.reference} {name}",
            key=self.reference,
        )
