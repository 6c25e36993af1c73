"""The payload cipher against the recorded vectors."""

import pytest
from cryptography.hazmat.primitives import ciphers
from cryptography.hazmat.primitives.ciphers import algorithms, modes
from hypothesis import given
from hypothesis import strategies as st

from app.cloud.cipher import CipherError, SessionCipher

A = 5233100606242806050955395731361295
B = 57811460909138771071931939740208549692  # 2b7e151628aed2a6abf7158809cf4f3c

VECTORS = (
    (B, "{}", "21745452565773413990635075880228185420&"),
    (B, "null", "268482816633265778559675523318587312825"),
    (
        B,
        "ABCDEFGHIJKLMNOPQRSTUVWX",
        "113439499589958589832238156262691305257283713603065350364293303068033993926380",
    ),
    (A, "{}", "18519615085775307448362962321018693109&"),
    (A, "abcd", "290927771321689914520588353236733078552"),
    (
        A,
        '{"token": "x"}',
        "246669080428523921132403056856624540812288625266296576017541334937952354350737",
    ),
    (
        B,
        '{"token": "x"}',
        "25570241507016621062941287759478956290088314997459932009033564616584480188799&",
    ),
    (B, "a & b", "248451774512145134741199223788156854260"),
    (B, "x=1\n", "162243446770332653607358615453080565969"),
    (1, "abcd", "7007054111789201267810462221170022864&&"),
    (1, "&&&&", "265334499618881155331397942044940096374"),
)


@pytest.mark.parametrize(("key", "text", "coded"), VECTORS)
def test_recorded_vectors(key, text, coded):
    assert SessionCipher(key).encrypt(text) == coded
    assert SessionCipher(key).decrypt(coded) == text.replace("&", "")


def test_an_empty_text_is_empty():
    assert SessionCipher(A).encrypt("") == ""
    assert SessionCipher(A).decrypt("") == ""


@given(st.text(st.characters(max_codepoint=127)), st.integers(0, 2**128 - 1))
def test_what_is_ascii_comes_back_less_its_ampersands(text, key):
    coded = SessionCipher(key).encrypt(text)
    assert len(coded) == 39 * -(-len(text) // 12)
    assert SessionCipher(key).decrypt(coded) == text.replace("&", "")


def test_text_that_is_not_ascii_overflows():
    with pytest.raises(CipherError):
        SessionCipher(A).encrypt("ééééééééééé")
    # In the first group it fits the block, and is not to be decrypted.
    with pytest.raises(CipherError):
        SessionCipher(A).decrypt(SessionCipher(A).encrypt("éééé"))


def test_a_group_that_is_not_utf8():
    aes = ciphers.Cipher(algorithms.AES(A.to_bytes(16, "big")), modes.ECB()).encryptor()
    coded = int.from_bytes(aes.update(0xFFFEFDFC.to_bytes(16, "big")), "big")
    with pytest.raises(CipherError):
        SessionCipher(A).decrypt(str(coded))


@pytest.mark.parametrize("coded", ["&" * 39, "x" * 39, "-1", "9" * 39, "١" * 39, "1 2"])
def test_what_is_no_block_is_refused(coded):
    with pytest.raises(CipherError):
        SessionCipher(A).decrypt(coded)


def test_a_longer_key_is_refused():
    with pytest.raises(CipherError):
        SessionCipher(2**128)
