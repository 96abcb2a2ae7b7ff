"""The two ways of sealing: AES-256-GCM, and SM4-GCM (GB/T 32907, GB/T 36624)."""

from enum import StrEnum
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from casework.security.keys.errors import AlteredError

_TAG_BYTES = 16


class Algorithm(StrEnum):
    """Written beside all that is sealed; stored for ever."""

    A256GCM = "A256GCM"
    SM4GCM = "SM4GCM"


_KEY_BYTES = {Algorithm.A256GCM: 32, Algorithm.SM4GCM: 16}


class Aead(Protocol):
    """Seals with a tag over the content and what is bound to it."""

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes: ...

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        """Raise `AlteredError` unless all three are what was sealed."""


def aead(algorithm: Algorithm, material: bytes, *, info: bytes) -> Aead:
    """Derive a data key (HKDF with SHA-256, RFC 5869) and return what seals with it."""
    derivation = HKDF(algorithm=hashes.SHA256(), length=_KEY_BYTES[algorithm], salt=None, info=info)
    key = derivation.derive(material)
    return AesGcm(key) if algorithm is Algorithm.A256GCM else Sm4Gcm(key)


class AesGcm:
    """AES in GCM, by the length of its key."""

    def __init__(self, key: bytes) -> None:
        self._gcm = AESGCM(key)

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        return self._gcm.encrypt(nonce, data, bound)

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        try:
            return self._gcm.decrypt(nonce, data, bound)
        except (InvalidTag, ValueError):
            raise AlteredError from None


class Sm4Gcm:
    """SM4 in GCM; the tag stands at the end, as with `AesGcm`."""

    def __init__(self, key: bytes) -> None:
        self._key = algorithms.SM4(key)

    def encrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        encryptor = Cipher(self._key, modes.GCM(nonce)).encryptor()
        encryptor.authenticate_additional_data(bound)
        return encryptor.update(data) + encryptor.finalize() + encryptor.tag

    def decrypt(self, nonce: bytes, data: bytes, bound: bytes) -> bytes:
        body, tag = data[:-_TAG_BYTES], data[-_TAG_BYTES:]
        try:
            decryptor = Cipher(self._key, modes.GCM(nonce, tag)).decryptor()
            decryptor.authenticate_additional_data(bound)
            return decryptor.update(body) + decryptor.finalize()
        except (InvalidTag, ValueError):
            raise AlteredError from None
