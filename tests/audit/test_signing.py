"""What was signed before is still verified: digests are kept for years, libraries are not."""

import base64
import hashlib

import pytest

from casework.security.audit.digests import PublicKeys

TEXT = '{"date":"2026-11-23","district":"310106","heads":2}'


@pytest.mark.parametrize(
    ("der", "signature"),
    [
        pytest.param(
            "MCowBQYDK2VwAyEAF34i8rkogNOao+FVsv8lSsfFY6thqv3DnaZXX9ZwcPI=",
            "dhQm1o9epwW9raYcl2hDhPUekQLF4YzSzb7zQm4Ts7K9lUqIQ9jOTYxSffK_KPvE2gWP4ePh7mmFKJSDBLm0"
            "Cw==",
            id="EdDSA",
        ),
        pytest.param(
            "MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELGVZqy7dXQFLzZPcoaOQFUk08PsnzxZ7TrBJUspL4wjDVKw5"
            "1sCmtqbLlSX+W8QrPxla+/iIhCKryx/FJq8TOw==",
            "rIku1qSIhjVR6AnXRpGqYWZnVQd3t0lUXvqrnlerS1FuGegEJ7kYHQosL0isacU--q_X-"
            "clkHYPSlDO2Jz3ZnA==",
            id="ES256",
        ),
        pytest.param(
            "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA1wLFBjMKb3cDo1k9fx6Q3jeJV8NtrJAbHlmBdWq8"
            "Dq4qKKJtpzmNgDMcEbtHgwXIcNa+4UfqKOUIb3N8V3atPzErZy0tYyd/Eb1B9qgxVOaL+6w8eymU6N3qFG2O"
            "7EfxOrFBEEdDBbB/YqYEL4zrTi//lgN5Lry1szoydv5+DV/w6sZvpm3sPqdoUelWEy/8ASUwqcpjIU4mJA27"
            "IY9FPlxPACP7jTcZp4Lut18smwW4hG/B00iQzKzP7UQxO1AICLA6/XnIvwiy7kGQ6np5MKkOS+aizCMAQfR5"
            "LnmsRu1ASfo+g/JSyzDZjKlss9RU4gCpBioMAgCWw2bKXu+yXQIDAQAB",
            "emEWQ0_tFuPFiDmVuMYjvNvI2LTEbRvigibzKLTyNXOfFHp2wDMz1ePa51pQUKy9tDdxMCJHVFmztX9Z6Vra"
            "vi2Q15_WXI5KaNtYah_x1ESCtR6L5FVkgVCJWNKx5OE4ovitejE8zicGCv4izezTmjqdXQffT3VlfqvRz50_"
            "hb739_A2luLrHwplC9e78HSGjA93PXrwOSlcElb6voJXnBPPN1JfsexkvFiJJeFNRaO7pIqVg5EpEBZC_-pE"
            "ak2U1GPh0rydlaw-"
            "A5M04CF5dKMeDyOQK4PXM2tZMpuK5MrMSqcgiEzv8UqWu9dCnM5Sk716fPHooMrbbafDBgWzxQ==",
            id="PS256",
        ),
    ],
)
def test_signatures_of_earlier_releases_are_verified(der: str, signature: str) -> None:
    """Made by PyJWT 2.15, by which releases before this one signed."""
    pem = f"-----BEGIN PUBLIC KEY-----\n{der}\n-----END PUBLIC KEY-----\n".encode()
    keys, kid = PublicKeys([pem]), hashlib.sha256(base64.b64decode(der)).hexdigest()[:16]
    assert keys.verify(TEXT, kid, signature)
    assert not keys.verify(TEXT + " ", kid, signature)
    assert not keys.verify(TEXT, kid, "A" + signature[1:])
