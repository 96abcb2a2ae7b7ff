"""What decisions refuse alike, whatever the kind of case."""

from collections.abc import Collection

from casework.domain.case.commands import ReceivedMaterial
from casework.domain.case.state import Case, Stage
from casework.domain.errors import DomainError


def require_stage(case: Case, *stages: Stage) -> None:
    """Refuse with ``WRONG_STAGE`` unless the case is at one of these stages."""
    if case.stage not in stages:
        wanted = "、".join(stage.label for stage in stages)
        raise DomainError(
            "WRONG_STAGE", f"本件目前处于“{case.stage.label}”，此操作须在“{wanted}”阶段办理"
        )


def require_text(text: str, field: str, name: str) -> None:
    """Refuse with ``FIELD_REQUIRED`` if a reason or the like is blank."""
    if not text.strip():
        raise DomainError("FIELD_REQUIRED", f"请填写{name}", field)


def require_listed(materials: tuple[ReceivedMaterial, ...], listed: Collection[str]) -> None:
    """Refuse with ``UNKNOWN_MATERIAL`` what is not on the list of materials."""
    for place, material in enumerate(materials, start=1):
        if material.code not in listed:
            codes = "、".join(sorted(listed)) or "无"
            raise DomainError(
                "UNKNOWN_MATERIAL", f"第 {place} 项不在材料目录中，可用：{codes}", "materials"
            )
