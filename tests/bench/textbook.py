"""AES-128 in plain Python, as the standard writes it (FIPS 197): the yardstick of ciphers."""

from __future__ import annotations


def _box() -> list[int]:
    """Return the substitution table (FIPS 197 5.1.1), computed."""
    box, p, q = [0] * 256, 1, 1
    while True:
        p ^= (p << 1) ^ (0x11B if p & 0x80 else 0)
        for shift in (1, 2, 4):
            q ^= q << shift
        q &= 0xFF
        q ^= 0x09 if q & 0x80 else 0
        turned = [(q << n | q >> (8 - n)) & 0xFF for n in range(5)]
        box[p & 0xFF] = turned[0] ^ turned[1] ^ turned[2] ^ turned[3] ^ turned[4] ^ 0x63
        p &= 0xFF
        if p == 1:
            break
    box[0] = 0x63
    return box


_SUB = _box()
_TWICE = [(n << 1) ^ (0x11B if n & 0x80 else 0) for n in range(256)]
_ROWS = [0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11]


class Aes:
    """A key, to encrypt blocks of 16 bytes with."""

    def __init__(self, key: bytes) -> None:
        words = [list(key[at : at + 4]) for at in range(0, 16, 4)]
        turn = 1
        for at in range(4, 44):
            word = list(words[at - 1])
            if at % 4 == 0:
                word = [_SUB[n] for n in word[1:] + word[:1]]
                word[0] ^= turn
                turn = _TWICE[turn]
            words.append([a ^ b for a, b in zip(words[at - 4], word)])
        self._keys = [sum(words[at : at + 4], []) for at in range(0, 44, 4)]

    def encrypt(self, block: bytes) -> bytes:
        """Return a block, encrypted."""
        state = [a ^ b for a, b in zip(block, self._keys[0])]
        for key in self._keys[1:-1]:
            state = [_SUB[state[at]] for at in _ROWS]
            mixed: list[int] = []
            for at in range(0, 16, 4):
                column = state[at : at + 4]
                whole = column[0] ^ column[1] ^ column[2] ^ column[3]
                for n in range(4):
                    mixed.append(column[n] ^ whole ^ _TWICE[column[n] ^ column[(n + 1) % 4]])
            state = [a ^ b for a, b in zip(mixed, key)]
        return bytes(_SUB[state[at]] ^ b for at, b in zip(_ROWS, self._keys[-1]))

    def decrypt(self, block: bytes) -> bytes:
        """Raise NotImplementedError: the yardstick only encrypts."""
        raise NotImplementedError
