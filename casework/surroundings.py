"""What a process asks of its surroundings before it starts: API and worker, each for itself.

In the local stack keys are made on first use and people log in by choosing a name, so nothing of
it may be reached from elsewhere. In production nothing of it may be left.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from casework import temporal
from casework.settings import Settings, SettingsError, is_loopback

Part = Literal["api", "worker"]


def require_fit(settings: Settings, part: Part) -> None:
    """Refuse surroundings that do not fit the environment, in one line.

    Raises:
        SettingsError: naming every variable that is wrong, and what would be right.
    """
    if settings.environment == "local":
        if faults := list(_reachable_from_elsewhere(settings)):
            raise SettingsError(
                f"{'; '.join(faults)}: set CASEWORK_ENVIRONMENT=production, or stay on this machine"
            )
        return
    if faults := [*_of_every_part(settings, part), *_OF_A_PART[part](settings)]:
        raise SettingsError(f"CASEWORK_ENVIRONMENT=production: {'; '.join(faults)}")


def _reachable_from_elsewhere(settings: Settings) -> Iterator[str]:
    if not is_loopback(settings.api_host):
        yield "CASEWORK_API_HOST is open to others"
    if not is_loopback(temporal.target(settings).rpartition(":")[0]):
        yield "TEMPORAL_ADDRESS is another machine"
    if settings.database_url and not _own_database(settings.database):
        yield "CASEWORK_DATABASE_URL is another machine"


def _of_every_part(settings: Settings, part: Part) -> Iterator[str]:
    if not settings.database_url:
        yield "CASEWORK_DATABASE_URL is not set"
    if not settings.encrypt_payloads:
        yield "CASEWORK_ENCRYPT_PAYLOADS must be true"
    yield from _https("CASEWORK_OIDC_ISSUER", settings.oidc_issuer)
    yield from _https("CASEWORK_API_PUBLIC_URL", settings.api_public_url)
    if settings.roster_file is None:
        yield "CASEWORK_ROSTER_FILE is not set, and the sample is no roster"
    if settings.service_roster_file is None:
        yield "CASEWORK_SERVICE_ROSTER_FILE is not set, and the sample is no roster"
    yield from _there("CASEWORK_ROSTER_FILE", settings.roster_file)
    yield from _there("CASEWORK_SERVICE_ROSTER_FILE", settings.service_roster_file)
    yield from _there("CASEWORK_KEY_RING_FILE", settings.key_ring_file)
    signing = settings.signing_key_file or settings.home / "keys" / f"{part}.signing.pem"
    yield from _there("CASEWORK_SIGNING_KEY_FILE", signing)


def _of_the_api(settings: Settings) -> Iterator[str]:
    yield from _there("CASEWORK_HOME", settings.pseudonyms_key_file)
    yield from _there("CASEWORK_SCIM_FILE", settings.scim_file)
    yield from _there("CASEWORK_SESSION_KEY_FILE", settings.session_key_file)
    yield from _there("CASEWORK_OIDC_CLIENT_SECRET_FILE", settings.oidc_client_secret_file)


def _of_the_worker(settings: Settings) -> Iterator[str]:
    yield from _there("CASEWORK_DIGEST_KEY_FILE", settings.digest_key_file)
    yield from _there("CASEWORK_SMTP_PASSWORD_FILE", settings.smtp_password_file)
    parties = [
        ("SMS", settings.sms_url, settings.sms_token_file),
        ("SUPERIOR", settings.superior_url, settings.superior_token_file),
    ]
    for party, url, token in parties:
        yield from _there(f"CASEWORK_{party}_TOKEN_FILE", token)
        if url == f"http://127.0.0.1:{settings.town_port}":
            yield f"CASEWORK_{party}_URL is not set, and the fake town is nobody"
        elif token and not is_loopback(urlsplit(url).hostname or ""):
            yield from _https(f"CASEWORK_{party}_URL", url)
    where_given = [
        ("SEAL", settings.seal_url, settings.seal_token_file),
        ("HOTLINE", settings.hotline_url, settings.hotline_token_file),
    ]
    for party, given, token in where_given:
        yield from _there(f"CASEWORK_{party}_TOKEN_FILE", token)
        if given and not is_loopback(urlsplit(given).hostname or ""):
            yield from _https(f"CASEWORK_{party}_URL", given)


_OF_A_PART = {"api": _of_the_api, "worker": _of_the_worker}


def _there(variable: str, file: Path | None) -> Iterator[str]:
    if file is not None and not file.is_file():
        yield f"{variable}: there is no file {file}"


def _https(variable: str, url: str) -> Iterator[str]:
    if urlsplit(url).scheme != "https":
        yield f"{variable} must be an https address"


def _own_database(url: str) -> bool:
    try:
        place = make_url(url)
    except ArgumentError:
        return False
    hosts = [place.host or "", *_every(place.query.get("host", ()))]
    return all(not host or host.startswith("/") or is_loopback(host) for host in hosts)


def _every(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else value
