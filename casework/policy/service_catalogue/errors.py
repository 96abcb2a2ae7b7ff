"""Why the catalogue of talent service gives no answer."""

from casework.domain.errors import DomainError


class UnknownServiceError(DomainError):
    """No such service on the list."""

    def __init__(self) -> None:
        super().__init__("SERVICE_UNKNOWN", "人才服务项目清单中没有此项目", "service")


class UnknownPlatformError(DomainError):
    """No platform serves that district."""

    def __init__(self) -> None:
        super().__init__("PLATFORM_UNKNOWN", "该行政区划代码没有人才服务平台", "district")
