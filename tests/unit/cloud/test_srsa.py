"""The key transport, against the recorded modulus and a pair of our own."""

import json
import stat

import pytest

from app.cloud.errors import CloudFailure
from app.cloud.srsa import KeyTransportError, first_number, load_key_pair
from tests.unit.cloud.wire import transport

RECORDED = int(
    "149840373838899098960962501284270379890090721754303186969067371228243607661923749807062768"
    "568805871999239155141641186300501053249872557350118406943250246274738402066726181074943814"
    "553518681826796245054599835822539292492849161829497320957065522154464886192688722684409803"
    "3494719953851154824425066708168756139"
)
PIECE = int(
    "148107054639838310111986218344725543536998399626475702621757115953661247347423995669032043"
    "742101987992160616057542829569658634156485256869434225091587821847456604934830404416509733"
    "391612785530533255590337956202980942539357136500215213907498924077796590252315051121480535"
    "6381379052647246670129665985458519074"
)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("keys") / "srsa.json"


@pytest.fixture(scope="module")
def pair(path):
    return load_key_pair(path)


def test_the_recorded_piece():
    assert transport("1234", RECORDED) == [PIECE]


def test_the_pair_is_kept_private_and_the_same(path, pair):
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key_pair(path) == pair
    assert 1000 < pair.modulus.bit_length() <= 1024


@pytest.mark.parametrize("size", [4, 39])
def test_a_key_in_pieces(pair, size):
    key = "57811460909138771071931939740208549692"
    assert pair.decrypt(transport(key, pair.modulus, size)) == key


def test_padding_around_the_digits_is_left_out(pair):
    text = pair.decrypt(transport("q" * 40 + "123456" + "w" * 40 + "9", pair.modulus, 120))
    assert first_number(text) == 123456
    assert first_number("none") is None


@pytest.mark.parametrize("pieces", [None, "1", {}, ["1"], [1.5], [1] * 65])
def test_what_is_no_list_of_integers(pair, pieces):
    with pytest.raises(KeyTransportError):
        pair.decrypt(pieces)


def test_a_piece_that_is_not_text(pair):
    with pytest.raises(KeyTransportError):
        pair.decrypt([pow(0xFFFE, 65537, pair.modulus)])


@pytest.mark.parametrize("text", ["", "{}", "[1]", json.dumps({"modulus": "x", "private": "1"})])
def test_a_damaged_file_says_what_to_do(tmp_path, text):
    (tmp_path / "srsa.json").write_text(text)
    with pytest.raises(
        CloudFailure, match="Name it with --key-pair, or a path where there is none yet"
    ):
        load_key_pair(tmp_path / "srsa.json")
