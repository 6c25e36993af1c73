import pytest

from adapters.cloud.keys import PUBLIC_MODULUS, seal, seal_key

from .support import Crypto, error_of, key_found

CHECK = 1498403738388990989609625012842703798900907217543031869690673712282436076619237498070627685688058719992391551416411863005010532498725573501184069432502462747384020667261810749438145535186818267962450545998358225392924928491618294973209570655221544648861926887226844098033494719953851154824425066708168756139  # noqa: E501
CHECK_1234 = 1481070546398383101119862183447255435369983996264757026217571159536612473474239956690320437421019879921606160575428295696586341564852568694342250915878218474566049348304044165097333916127855305332555903379562029809425393571365002152139074989240777965902523150511214805356381379052647246670129665985458519074  # noqa: E501

SMALL_KEYS = [0, 1, 9, 10**38, 2**128 - 1, 57811460909138771071931939740208549692]


def test_seals_as_recorded():
    assert seal(b"1234", CHECK) == CHECK_1234


def test_the_public_clouds_modulus():
    assert PUBLIC_MODULUS.bit_length() == 1022
    assert PUBLIC_MODULUS % 10**20 == 31403548343252478723563 % 10**20
    assert PUBLIC_MODULUS % 2 == 1


@pytest.mark.parametrize("key", SMALL_KEYS)
def test_the_cloud_finds_the_key(pair, key):
    modulus = pair.public_numbers.n
    sealed = seal_key(Crypto(), key.to_bytes(16, "big"), modulus)
    text = pow(sealed, pair.d, modulus).to_bytes(120, "big")
    assert key_found(text) == key
    before, digits, after = text[:40], text[40:79], text[79:]
    assert digits == b"%039d" % key
    for letters in (before, after):
        assert letters.isalpha() and letters.islower()
        assert len(set(letters)) > 5


def test_a_sealed_key_is_never_the_same_twice():
    crypto = Crypto()
    key = bytes(16)
    assert seal_key(crypto, key, PUBLIC_MODULUS) != seal_key(crypto, key, PUBLIC_MODULUS)


def test_a_modulus_must_hold_the_text():
    number = int.from_bytes(b"abc", "big")
    assert seal(b"abc", number + 1) == pow(number, 65537, number + 1)
    expected = ("wrong", "the cloud's public key is too short - check cloud_key")
    assert error_of(seal, b"abc", number) == expected
    assert error_of(seal_key, Crypto(), bytes(16), 2**950) == expected
