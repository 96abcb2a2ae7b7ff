"""One item as one district offers it, and its snapshot on a day.

Temporary measures on the ways in and out of the office act here, by their effect. The others act in
the case: they skip a check (``skipped_by``), waive a material (``waived_by``), or let paper come
later. Sources: domain.md §B.2 (matrix), C.6.
"""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from casework.domain.policy import (
    Channel,
    DeliveryMethod,
    LimitName,
    MaterialRule,
    Measure,
    ServiceItem,
)
from casework.policy.catalogue import rules
from casework.policy.catalogue.rules import PLAIN, InForce, Stack, in_force
from casework.policy.catalogue.sources import MaterialName, ProfileFile

OPENS = {"EMAIL_INTAKE": Channel.EMAIL, "POST_INTAKE": Channel.POST}
ONLINE_ONLY = "RENEWAL_ONLINE_ONLY"
SELF_PRINT = "SELF_PRINT"
WINDOW_LAST = "APPOINTMENT_ONLY"

ON_WAYS = frozenset({*OPENS, ONLINE_ONLY, SELF_PRINT, WINDOW_LAST})
"""Effects on ``ServiceItem.channels`` and ``ServiceItem.delivery``."""

ON_PAPER = frozenset({"PAPER_DEFERRED", "PAPER_NO_LIMIT"})
"""Effects on the paper that is awaited after the pre-review
(``casework.domain.kinds.application.intake``).
"""

FOR_THE_CLERK = frozenset({"EDUCATION_MAILBOX", "UNIT_MAILBOX", "POSTPONABLE"})
"""Told with the item's rules (``ServiceItem.measures``), and nothing else."""


def channels(
    item: Iterable[str], office: Iterable[str], effects: Collection[str]
) -> tuple[str, ...]:
    """The ways in, in the office's order of preference; what a measure opens is open there too."""
    opened = [way for effect, way in OPENS.items() if effect in effects]
    wanted = {*item, *opened}
    ways = [way for way in dict.fromkeys([*office, *opened]) if way in wanted]
    if ONLINE_ONLY in effects:
        ways = [way for way in ways if way == Channel.ONLINE]
    return tuple(str(way) for way in _window_last(ways, effects))


def delivery(
    item: Iterable[DeliveryMethod], effects: Collection[str]
) -> tuple[DeliveryMethod, ...]:
    """The ways out in order of preference; printing comes first where the district states it."""
    ways = list(item)
    if SELF_PRINT in effects:
        ways = list(dict.fromkeys([DeliveryMethod.SELF_PRINT, *ways]))
    return tuple(DeliveryMethod(way) for way in _window_last(ways, effects))


def _window_last(ways: Iterable[str], effects: Collection[str]) -> list[str]:
    """Nobody simply comes to a window that takes appointments only, so it is named last."""
    return sorted(ways, key=lambda way: WINDOW_LAST in effects and way == Channel.WINDOW)


_UNORDERED = ("materials", "preconditions", "checks", "measures")


@dataclass(frozen=True, kw_only=True)
class Offer:
    """What the files say about one item in one district.

    ``measures``: those for that item and district, over, running and announced.
    """

    code: str
    name: str
    district: str
    profile: ProfileFile
    stack: Stack
    measures: tuple[Measure, ...]
    material_names: Mapping[str, MaterialName]

    def on(self, day: date, measures: tuple[Measure, ...] | None = None) -> ServiceItem:
        """The snapshot of that day; an offer that is checked and in force has one.

        ``measures`` take the place of those of the files.
        """
        known = self.measures if measures is None else measures
        measures = tuple(measure for measure in known if measure.holds(day))
        in_effect = {measure.effect for measure in measures}
        materials = self._materials(day, in_effect)
        plain = {field: entry for field in PLAIN if (entry := self.stack.value(field, day))}
        office = self._office(day)
        values = {field: entry.value for field, entry in plain.items()}
        values["channels"] = channels(values["channels"], office["channels"].value, in_effect)
        values["delivery"] = delivery(values["delivery"], in_effect)
        origins = plain | {f"district_{field}": entry for field, entry in office.items()}
        item = ServiceItem(
            code=self.code,
            name=self.name,
            district=self.district,
            district_name=self.profile.name,
            resolved_on=day,
            digest="",
            materials=materials,
            measures=measures,
            material_names=self._names(materials),
            provenance={field: rules.provenance(entry) for field, entry in origins.items()},
            office_opens=office["office_hours"].value.opens,
            office_closes=office["office_hours"].value.closes,
            postal_address=office["postal_address"].value if "postal_address" in office else "",
            **values,
            **self._rules(day),
        )
        return replace(item, digest=digest(item))

    def _rules(self, day: date) -> dict[str, Any]:
        """The parts that carry their own reference."""
        group = self.stack.group
        return {
            "limits": {
                LimitName(name): rules.limit(entry) for name, entry in group("limits", day).items()
            },
            "preconditions": tuple(
                rules.precondition(code, entry)
                for code, entry in group("preconditions", day).items()
            ),
            "checks": tuple(
                rules.check(kind, entry) for kind, entry in group("checks", day).items()
            ),
            "green": rules.green(self.stack.required("green", day)),
        }

    def _office(self, day: date) -> dict[str, InForce]:
        timelines = {
            field: getattr(self.profile, field)
            for field in ("channels", "office_hours", "postal_address")
        }
        entries = {field: line.at(day) for field, line in timelines.items() if line}
        return {
            field: held
            for field, entry in entries.items()
            if entry and (held := in_force(entry)) is not None
        }

    def _materials(self, day: date, in_effect: set[str]) -> tuple[MaterialRule, ...]:
        return tuple(
            rules.material(code, self.material_names[code], entry)
            for code, entry in self.stack.group("materials", day).items()
            if entry.value.waived_by not in in_effect
        )

    def _names(self, materials: tuple[MaterialRule, ...]) -> dict[str, str]:
        codes = dict.fromkeys(
            code for rule in materials for code in (rule.code, *rule.alternatives)
        )
        return {code: self.material_names[code].name for code in codes}


def digest(item: ServiceItem) -> str:
    """The first 16 hex digits of the content's sha256.

    Neither the day of resolution nor the order in which files list their entries counts.
    """
    content = asdict(item)
    del content["resolved_on"], content["digest"]
    for field in _UNORDERED:
        content[field] = sorted(content[field], key=_canonical)
    return digest_of(content)


def digest_of(content: object) -> str:
    """The first 16 hex digits of the sha256 of JSON, whatever the order of its names."""
    return hashlib.sha256(_canonical(content).encode()).hexdigest()[:16]


def _canonical(content: object) -> str:
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
