"""Why the catalogue gives no answer."""

from collections.abc import Sequence
from datetime import date

from casework.domain.errors import DomainError
from casework.policy.catalogue.documents import Finding


class CatalogueError(Exception):
    """The catalogue has faults and is not used: ``findings`` lists all of them."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__("\n".join(str(finding) for finding in findings))
        self.findings = tuple(findings)


class UnknownItemError(DomainError):
    """No such service item in any district."""

    def __init__(self) -> None:
        super().__init__("UNKNOWN_ITEM", "事项目录中没有此事项代码", "item")


class UnknownDistrictError(DomainError):
    """No such district in the catalogue."""

    def __init__(self) -> None:
        super().__init__("UNKNOWN_DISTRICT", "事项目录中没有此行政区划代码", "district")


class NotInForceError(DomainError):
    """The item is known but not offered in that district on that day."""

    def __init__(self, name: str, district_name: str, on: date) -> None:
        super().__init__("NOT_IN_FORCE", f"{on}，{district_name}不办理“{name}”", "item")
