import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.cloud.body import Decrypted
from adapters.cloud.cipher import decrypt, encrypt
from domain.errors import CloudError
from tests.fakes.source import Pieces, pieces, whole

from .support import CloudCipher, block, code_of

KEY_A = 5233100606242806050955395731361295
KEY_B = 57811460909138771071931939740208549692

# key, text, ciphertext, the text that the cloud decrypts
VECTORS = [
    (KEY_B, "{}", "21745452565773413990635075880228185420&", "{}"),
    (KEY_B, "null", "268482816633265778559675523318587312825", "null"),
    (
        KEY_B,
        "ABCDEFGHIJKLMNOPQRSTUVWX",
        "113439499589958589832238156262691305257283713603065350364293303068033993926380",
        "ABCDEFGHIJKLMNOPQRSTUVWX",
    ),
    (KEY_A, "{}", "18519615085775307448362962321018693109&", "{}"),
    (KEY_A, "abcd", "290927771321689914520588353236733078552", "abcd"),
    (
        KEY_A,
        '{"token": "x"}',
        "246669080428523921132403056856624540812288625266296576017541334937952354350737",
        '{"token": "x"}',
    ),
    (
        KEY_B,
        '{"token": "x"}',
        "25570241507016621062941287759478956290088314997459932009033564616584480188799&",
        '{"token": "x"}',
    ),
    (KEY_B, "a & b", "248451774512145134741199223788156854260", "a  b"),
    (KEY_B, "x=1\n", "162243446770332653607358615453080565969", "x=1\n"),
    (1, "abcd", "7007054111789201267810462221170022864&&", "abcd"),
]
ASCII = st.text(st.characters(max_codepoint=127))


@pytest.mark.parametrize(("key", "text", "coded", "theirs"), VECTORS)
def test_as_recorded(key, text, coded, theirs):
    assert encrypt(block(key), text) == coded
    assert decrypt(block(key), coded.encode()) == text.encode()
    assert CloudCipher(key).decrypt(coded) == theirs


def test_a_text_of_padding_is_read_as_empty_by_the_cloud_and_by_us():
    coded = "265334499618881155331397942044940096374"
    assert encrypt(block(1), "&&&&") == coded
    assert CloudCipher(1).decrypt(coded) == ""
    assert decrypt(block(1), coded.encode()) == b""


def test_only_the_last_piece_loses_its_padding():
    text = "x = a & b &&&" + "&" * 11 + "end & all" * 3 + "&"
    assert decrypt(block(), encrypt(block(), text).encode()) == text[:-1].encode()


def test_nothing_is_nothing():
    assert encrypt(block(), "") == ""
    assert decrypt(block(), b"") == b""


@given(ASCII)
def test_round_trips_with_the_cloud(text):
    ours = encrypt(block(), text)
    assert ours == CloudCipher().encrypt(text)
    assert CloudCipher().decrypt(ours) == text.replace("&", "")
    assert decrypt(block(), ours.encode()) == text.rstrip("&").encode()


@given(ASCII, st.lists(st.integers(0, 400)))
def test_pieces_cut_anywhere_give_the_whole(text, cuts):
    coded = encrypt(block(), text).encode()
    places = zip([0, *sorted(cuts)], [*sorted(cuts), len(coded)])
    cut = Pieces(coded[start : max(start, end)] for start, end in places)
    assert whole(Decrypted(cut, block())) == text.rstrip("&").encode()


def test_byte_by_byte_text_comes_as_soon_as_it_is_certain():
    coded = encrypt(block(), "a" * 12 + "b" * 12 + "c").encode()
    bytewise = (coded[i : i + 1] for i in range(len(coded)))
    found = pieces(Decrypted(Pieces(bytewise), block()))
    assert next(found) == b"a" * 12
    assert len(list(bytewise)) == len(coded) - 78
    assert list(found) == [b"b" * 12]


def _slots(*slots):
    number = sum(slot * 10 ** (11 * i) for i, slot in enumerate(slots))
    digits = str(int.from_bytes(block().encrypt(number.to_bytes(16, "big")), "big"))
    return digits.ljust(39, "&").encode()


SPACES = 0x20202020


@pytest.mark.parametrize(
    "coded",
    [
        b"1",
        b"1" * 38,
        b"1" * 40,
        b"&" * 39,
        b"12&3" + b"&" * 35,
        b"-" + b"1" * 38,
        b"1_1" + b"1" * 36,
        b" " + b"1" * 38,
        b"+" + b"1" * 38,
        b"9" * 39,  # more than 128 bits
        str(2**128).encode(),
        "١".encode() * 19 + b"1",
        _slots(SPACES | 0x80, SPACES, SPACES),
        _slots(SPACES, SPACES | 0x80000000, SPACES),
        _slots(SPACES, SPACES, SPACES | 0x8000),
        _slots(SPACES + 2**32, SPACES, SPACES),
        _slots(SPACES, SPACES, SPACES, 1),  # a fourth slot
    ],
)
def test_what_is_not_ours_is_wrong(coded):
    assert code_of(decrypt, block(), coded) == "wrong"


def test_every_128_bit_number_is_taken_as_a_block():
    assert decrypt(block(), _slots(SPACES, SPACES, SPACES)) == b" " * 12
    assert decrypt(block(), _slots(0, 0, 0x7F7F7F7F)) == b"\0" * 8 + b"\x7f" * 4


def test_text_beyond_ascii_cannot_be_decrypted():
    assert code_of(decrypt, block(), CloudCipher().encrypt("grüß").encode()) == "wrong"


def test_text_beyond_ascii_hardly_ever_passes_for_another_text():
    texts = ["x = 'a%sz'" % chr(code) for code in range(0xA0, 0x800)]
    passed = 0
    for text in texts:
        try:
            decrypt(block(), CloudCipher().encrypt(text).encode())
            passed += 1
        except CloudError as error:
            assert error.code == "wrong"
    assert passed < len(texts) / 100
