import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import LinkError
from tests.fakes.source import Pieces, whole

from .support import (
    GONE,
    JSON,
    TEXT,
    TOKEN,
    answered,
    both,
    code_of,
    coded,
    error_of,
    fields,
    in_session,
    plain,
)

HEAD = "import logger\ntry:\n    import sensors\nexcept ImportError:\n    pass\n\n"
END = "\nversion='1001'"
APP = HEAD + "class WorkerTask:\n    def call(self):\n        return 1 & 3\n" + END
READABLE = "the file cannot be decrypted - use ASCII in it, or switch payload_encryption off"


def body(text, encrypted):
    return coded(text) if encrypted else (200, TEXT, text.encode())


def app_file(gateway):
    return whole(gateway.app_file("1001", "worker_task.py"))


# lists


@both
def test_app_files(encrypted):
    names = ["worker_task.py", "management_task.py"]
    gateway, script = in_session(answered(names, encrypted), encrypted=encrypted)
    assert gateway.app_files("1001") == names
    expected = {"token": TOKEN, "version": "1001", "list": True}
    assert fields(script, encrypted) == ("apps/get/", expected)


@pytest.mark.parametrize("value", [None, {}, "a", 1, [1], ["a", None], [["a"]], ["a"] * 257])
def test_app_files_of_another_shape(value):
    gateway, script = in_session(plain(value))
    assert code_of(gateway.app_files, "1") == "wrong"


def test_as_many_files_as_are_taken():
    names = [str(i) for i in range(256)]
    gateway, script = in_session(plain(names), plain([]))
    assert gateway.app_files("1") == names
    assert gateway.app_files("1") == []


# an app's file


@both
def test_app_file(encrypted):
    gateway, script = in_session(body(APP, encrypted), encrypted=encrypted)
    assert app_file(gateway) == APP.encode()
    expected = {"token": TOKEN, "version": "1001", "file_name": "worker_task.py"}
    assert fields(script, encrypted) == ("apps/get/", expected)
    assert script.limits[-1] == (851994 if encrypted else 262144)


def test_the_limits_are_the_same_text():
    pieces = -(-262144 // 12)
    assert pieces * 39 == 851994


def test_app_file_in_other_languages():
    text = "# grüß dich 😀\n" + END
    gateway, script = in_session(body(text, False))
    assert app_file(gateway) == text.encode()
    gateway, script = in_session(body(text, True), encrypted=True)
    assert error_of(app_file, gateway) == ("wrong", READABLE)


@given(st.text(st.characters(max_codepoint=127)), st.integers(1, 200), st.booleans())
def test_app_file_in_pieces_of_any_size(text, cut, encrypted):
    text += END
    gateway, script = in_session(body(text, encrypted), encrypted=encrypted, cut=cut)
    assert app_file(gateway) == text.encode()


@pytest.mark.parametrize("cut", [1, 5, 1000])
@both
def test_every_shorter_file_is_cut(cut, encrypted):
    text = "import logger\nx = 1" + END
    for size in range(len(text)):
        if size == 14:
            continue  # the answer for no file
        gateway, script = in_session(body(text[:size], encrypted), encrypted=encrypted, cut=cut)
        code, said = error_of(app_file, gateway)
        assert (code, said) == ("cut_file", "the file 'worker_task.py' came without its end mark")


@both
def test_other_ends_are_cut(encrypted):
    for end in (END + "\n", "\nversion='1002'", '\nversion="1001"', END + " ", "<html></html>"):
        gateway, script = in_session(body(HEAD + end, encrypted), encrypted=encrypted)
        assert code_of(app_file, gateway) == "cut_file"


def test_the_mark_alone_and_a_long_version():
    for version in ("", "1", "v" * 253):
        text = "version='%s'" % version
        gateway, script = in_session(body(text, False), body("x" * 99, False))
        assert whole(gateway.app_file(version, "f")) == text.encode()
        assert code_of(whole, gateway.app_file(version, "f")) == "cut_file"


@pytest.mark.parametrize("cut", [1, 3, 14, 99])
@both
def test_no_such_file(cut, encrypted):
    gateway, script = in_session(body("import logger\n", encrypted), encrypted=encrypted, cut=cut)
    assert error_of(app_file, gateway) == (
        "not_found",
        "app '1001' has no file 'worker_task.py'",
    )


def test_only_that_whole_answer_means_no_such_file():
    for text in ("ximport logger\n", "import logger", "import logger\nx"):
        gateway, script = in_session(body(text, False))
        assert code_of(app_file, gateway) == "cut_file"


def test_a_page_is_no_file():
    gateway, script = in_session((200, TEXT, b"<html>log in</html>"))
    assert code_of(app_file, gateway) == "cut_file"


def test_errors_instead_of_a_file():
    gateway, script = in_session((500, JSON, b'"oops"'), GONE)
    assert code_of(app_file, gateway) == "trouble"
    assert code_of(app_file, gateway) == "session"
    assert not gateway.in_session()
    assert code_of(app_file, gateway) == "session"


@pytest.mark.parametrize("cut", [1, 99])
def test_a_clear_file_in_an_encrypted_session(cut):
    for text in (APP, "<html>", "import logger\n"):
        gateway, script = in_session(body(text, False), encrypted=True, cut=cut)
        assert code_of(app_file, gateway) == "not_encrypted"


def test_an_encrypted_file_that_is_cut_or_damaged():
    coded = body(APP, True)[2]
    for damaged in (coded[:-1], coded[:20], coded[:100] + b"x" + coded[101:], coded + b"&"):
        gateway, script = in_session((200, TEXT, damaged), encrypted=True)
        assert error_of(app_file, gateway) == ("wrong", READABLE)
    gateway, script = in_session((200, TEXT, coded[:-39]), encrypted=True)
    assert code_of(app_file, gateway) == "cut_file"


@both
def test_a_file_stays_at_its_end(encrypted):
    gateway, script = in_session(body(APP, encrypted), encrypted=encrypted)
    file = gateway.app_file("1001", "worker_task.py")
    assert whole(file) == APP.encode()
    assert whole(file) == b""


@both
def test_an_error_within_a_file_goes_on(encrypted):
    def cut(data):
        yield data[:90]
        raise LinkError("cut", "the answer ended early")

    gateway, script = in_session(body(APP, encrypted), encrypted=encrypted)
    file = gateway.app_file("1001", "worker_task.py")
    script.body = Pieces(cut(body(APP, encrypted)[2]))
    with pytest.raises(LinkError, match="ended early"):
        whole(file)


# a file of the OS


@both
def test_os_file(encrypted):
    text = "version = 'v1' # a & b\n"
    gateway, script = in_session(body(text, encrypted), body("", encrypted), encrypted=encrypted)
    assert whole(gateway.os_file("v1", "Python", "version.py")) == text.encode()
    assert fields(script, encrypted) == (
        "pythings/get/",
        {"token": TOKEN, "version": "v1", "platform": "Python", "file_name": "version.py"},
    )
    assert whole(gateway.os_file("v1", "Python", "empty.py")) == b""


@given(st.binary(), st.integers(1, 50))
def test_os_file_byte_for_byte(content, cut):
    gateway, script = in_session((200, TEXT, content), cut=cut)
    assert whole(gateway.os_file("v1", "p", "f")) == content


def test_no_such_os_file():
    words = "Hi, Pythings Cloud here. Could not find platform 'P' or version 'V'."
    gateway, script = in_session(plain(words, 404))
    assert code_of(gateway.os_file, "V", "P", "f") == "not_found"
