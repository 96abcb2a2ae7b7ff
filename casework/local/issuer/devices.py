"""How a command logs in: the device flow (RFC 8628), refresh tokens, revocation (RFC 7009)."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from authlib.oauth2.rfc6749 import OAuth2Request
from authlib.oauth2.rfc6749.grants import RefreshTokenGrant
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

from casework.local.issuer.clients import IssuerClient
from casework.local.issuer.people import Person

ASKED_LASTS = timedelta(minutes=10)
REFRESHED_FOR = timedelta(hours=12)
INTERVAL_SECONDS = 1

_METHODS = ["none"]


@dataclass(kw_only=True)
class Device:
    """What a command asked for, and who has said in the browser that it may act for them."""

    user_code: str
    client_id: str
    scope: str
    until: datetime
    now: datetime
    person: Person | None = None

    def get_client_id(self) -> str:
        return self.client_id

    def get_scope(self) -> str:
        return self.scope

    def get_user_code(self) -> str:
        return self.user_code

    def is_expired(self) -> bool:
        return self.now >= self.until


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """By which a command gets its next token, once."""

    token: str = field(repr=False)
    client_id: str
    scope: str
    person: Person
    until: datetime

    def get_scope(self) -> str:
        return self.scope

    def check_client(self, client: IssuerClient) -> bool:
        return client.client_id == self.client_id


class Devices:
    """What has been asked for and given out, in memory: a restart asks everybody to log in anew."""

    def __init__(self) -> None:
        self.asked: dict[str, Device] = {}  # by device code
        self.refreshing: dict[str, Refresh] = {}

    def waiting(self, user_code: str, now: datetime) -> Device | None:
        """Return what waits for an answer under the code that a person read."""
        typed = user_code.strip().upper()
        for each in self.asked.values():
            if each.user_code == typed and each.person is None and now < each.until:
                return each
        return None

    def refresh_token(self, client_id: str, person: Person, scope: str, now: datetime) -> str:
        """Give out the token by which the next one is asked for."""
        token = secrets.token_urlsafe(32)
        self.refreshing[token] = Refresh(
            token=token, client_id=client_id, scope=scope, person=person, until=now + REFRESHED_FOR
        )
        return token


class DeviceEndpoint(DeviceAuthorizationEndpoint):
    """Where a command asks for a code that its person types in a browser."""

    CLIENT_AUTH_METHODS = _METHODS
    EXPIRES_IN = int(ASKED_LASTS.total_seconds())
    INTERVAL = INTERVAL_SECONDS

    def get_verification_uri(self) -> str:
        return f"{self.server.issuer.url}/device"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        now = self.server.now()
        self.server.devices.asked[data["device_code"]] = Device(
            user_code=data["user_code"],
            client_id=client_id,
            scope=scope or "",
            now=now,
            until=now + ASKED_LASTS,
        )


class DeviceGrant(DeviceCodeGrant):
    """The token, once the person has said yes."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS

    def query_device_credential(self, device_code: str) -> Device | None:
        found: Device | None = self.server.devices.asked.get(device_code)
        if found:
            found.now = self.server.now()
        return found

    def query_user_grant(self, user_code: str) -> tuple[Person, bool] | None:
        asked = self.server.devices.asked
        for device_code, device in asked.items():
            if device.user_code == user_code and device.person is not None:
                del asked[device_code]  # good once
                return device.person, True
        return None

    def should_slow_down(self, _device: Device) -> bool:
        return False


class RefreshGrant(RefreshTokenGrant):
    """The next token, for the refresh token of the last: each is good once."""

    TOKEN_ENDPOINT_AUTH_METHODS = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> Refresh | None:
        found: Refresh | None = self.server.devices.refreshing.get(refresh_token)
        return found if found and self.server.now() < found.until else None

    def authenticate_user(self, refresh_token: Refresh) -> Person:
        return refresh_token.person

    def revoke_old_credential(self, refresh_token: Refresh) -> None:
        self.server.devices.refreshing.pop(refresh_token.token, None)


class Revocation(RevocationEndpoint):
    """Where a command that logs out gives its refresh token back."""

    CLIENT_AUTH_METHODS = _METHODS

    def query_token(self, token: str, _hint: str | None) -> Refresh | None:
        found: Refresh | None = self.server.devices.refreshing.get(token)
        return found

    def revoke_token(self, token: Refresh, _request: OAuth2Request) -> None:
        self.server.devices.refreshing.pop(token.token, None)
