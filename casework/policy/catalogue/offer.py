"""One item as one district offers it, and its snapshot on a day."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from typing import Any

from casework.domain.policy import LimitName, MaterialRule, Measure, ServiceItem
from casework.policy.catalogue import effects, rules
from casework.policy.catalogue.layers import PLAIN, InForce, Stack, in_force
from casework.policy.catalogue.sources import MaterialName, ProfileFile

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
        values["channels"] = effects.channels(
            values["channels"], office["channels"].value, in_effect
        )
        values["delivery"] = effects.delivery(values["delivery"], in_effect)
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
    return hashlib.sha256(_canonical(content).encode()).hexdigest()[:16]


def _canonical(content: object) -> str:
    return json.dumps(
        content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=str
    )
