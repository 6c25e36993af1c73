"""The contract of crypto, with the test vectors of the standards."""

from __future__ import annotations

from typing import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from ports.crypto import Crypto

Make = Callable[[], Crypto]


def check_crypto(make: Make) -> None:
    """Run the contract on crypto made by `make()`."""
    for check in CHECKS:
        check(make)


def digests(make: Make) -> None:
    """SHA-256: NIST's examples for FIPS 180-4."""
    crypto = make()
    for data, digest in (
        (b"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        (b"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (b"a" * 1_000_000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
    ):
        assert crypto.sha256(data).hex() == digest


def digests_in_pieces(make: Make) -> None:
    crypto = make()
    assert crypto.hasher().digest() == crypto.sha256(b"")
    hasher = crypto.hasher()
    for piece in (b"", b"a", b"bc" * 1000, b""):
        hasher.update(piece)
    assert hasher.digest() == crypto.sha256(b"a" + b"bc" * 1000)


def authenticates(make: Make) -> None:
    """HMAC-SHA-256: RFC 4231, test cases 1, 2 and 6."""
    crypto = make()
    for key, data, code in (
        (
            b"\x0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe",
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            b"\xaa" * 131,
            b"Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
    ):
        assert crypto.hmac_sha256(key, data).hex() == code


def compares(make: Make) -> None:
    crypto = make()
    assert crypto.equal(b"", b"")
    assert crypto.equal(b"same", b"same")
    assert not crypto.equal(b"same", b"sane")
    assert not crypto.equal(b"same", b"same ")


def is_unpredictable(make: Make) -> None:
    crypto = make()
    assert crypto.random(0) == b""
    assert len({crypto.random(16) for _ in range(100)}) == 100
    assert set(crypto.random(10_000)) == set(range(256))
    with pytest.raises(ValueError, match=r"."):
        crypto.random(-1)


def ciphers_blocks(make: Make) -> None:
    """AES-128: FIPS 197 C.1, and AES-ECB of NIST SP 800-38A F.1.1."""
    crypto = make()
    aes = crypto.aes(bytes(range(16)))
    plain = bytes.fromhex("00112233445566778899aabbccddeeff")
    assert aes.encrypt(plain).hex() == "69c4e0d86a7b0430d8cdb78070b4c55a"
    assert aes.decrypt(aes.encrypt(plain)) == plain
    aes = crypto.aes(bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c"))
    blocks = (
        ("6bc1bee22e409f96e93d7e117393172a", "3ad77bb40d7a3660a89ecaf32466ef97"),
        ("ae2d8a571e03ac9c9eb76fac45af8e51", "f5d3d58503b9699de785895a96fdbaaf"),
        ("30c81c46a35ce411e5fbc1191a0a52ef", "43b1cd7f598ece23881b00e3ed030688"),
    )
    for clear, secret in blocks + blocks[::-1]:  # no block depends on the one before
        assert aes.encrypt(bytes.fromhex(clear)).hex() == secret
        assert aes.decrypt(bytes.fromhex(secret)).hex() == clear


def refuses_wrong_lengths(make: Make) -> None:
    crypto = make()
    for size in (0, 15, 17, 24, 32):
        with pytest.raises(ValueError, match=r"."):
            crypto.aes(bytes(size))
    aes = crypto.aes(bytes(16))
    for size in (0, 15, 17, 32):
        with pytest.raises(ValueError, match=r"."):
            aes.encrypt(bytes(size))
        with pytest.raises(ValueError, match=r"."):
            aes.decrypt(bytes(size))
    assert aes.encrypt(bytes(16)).hex() == "66e94bd4ef8a2c3b884cfa59ca342b2e"


def verifies(make: Make) -> None:
    crypto = make()
    key = rsa.generate_private_key(65537, 2048)
    other = rsa.generate_private_key(65537, 2048)
    modulus = key.public_key().public_numbers().n
    digest = crypto.sha256(b"manifest")
    signature = key.sign(b"manifest", padding.PKCS1v15(), SHA256())
    assert crypto.verify(modulus, signature, digest)

    assert not crypto.verify(modulus, signature, crypto.sha256(b"another manifest"))
    assert not crypto.verify(other.public_key().public_numbers().n, signature, digest)
    assert not crypto.verify(modulus, key.sign(b"manifest", padding.PKCS1v15(), SHA1()), digest)
    pss = padding.PSS(padding.MGF1(SHA256()), 32)
    assert not crypto.verify(modulus, key.sign(b"manifest", pss, SHA256()), digest)
    flipped = bytes([signature[0] ^ 1]) + signature[1:]
    for bad in (flipped, b"", signature[1:], signature + b"\0", b"\0" + signature, bytes(256)):
        assert not crypto.verify(modulus, bad, digest)
    for bad in (b"", digest[1:], digest + b"\0", digest.hex().encode()):
        assert not crypto.verify(modulus, signature, bad)
    for number in (0, 1, -5, 3, 2**64, modulus - 1):
        assert not crypto.verify(number, signature, digest)


CHECKS = (
    digests,
    digests_in_pieces,
    authenticates,
    compares,
    is_unpredictable,
    ciphers_blocks,
    refuses_wrong_lengths,
    verifies,
)
