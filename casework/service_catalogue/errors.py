"""Why the catalogue of talent service gives no answer."""

from casework.domain.errors import DomainError


class UnknownServiceError(DomainError):
    """No such service on the list."""

    def __init__(self, service: str) -> None:
        super().__init__("SERVICE_UNKNOWN", f"人才服务项目清单中没有“{service}”", "service")


class UnknownPlatformError(DomainError):
    """No platform serves that district."""

    def __init__(self, district: str) -> None:
        super().__init__(
            "PLATFORM_UNKNOWN", f"没有行政区划代码“{district}”的人才服务平台", "district"
        )
