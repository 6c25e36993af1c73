"""The simulated modem on a real line: a terminal, a port, and the command that starts it."""

from __future__ import annotations

import json
import signal
import socket
import threading
import time
from pathlib import Path

import pytest

from adapters.linux.uart import SerialUart
from app import shutdown_signals
from app.cli import modem as command
from app.modem.commands import execute
from app.modem.internet import in_background
from app.modem.machine import SimulatedModem
from app.modem.profile import ModemProfile
from app.modem.server import Line, Port, Server, Terminal
from domain.errors import DeviceError
from tests.contract import check_uart
from tests.contract.servers import PATIENCE, end
from tests.patience import PATIENCE_S

LIMIT = PATIENCE * 1000


@pytest.fixture
def run(stack):
    """Return `run(line)`, which serves a modem on a line and returns the machine."""

    def start(line: Line, **options) -> SimulatedModem:
        server = Server(line)
        fetch = in_background(server.wake)
        made = SimulatedModem(ModemProfile(**options), execute, fetch, now=time.monotonic())
        thread = threading.Thread(target=server.run, args=(made,))
        thread.start()
        stack.callback(server.close)
        stack.callback(thread.join, PATIENCE)
        stack.callback(server.stop)
        return made

    return start


def answer(uart: SerialUart, command: bytes, until: bytes = b"OK\r\n") -> bytes:
    uart.write(command)
    data = b""
    while not data.endswith(until):
        piece = uart.read(100, LIMIT)
        assert piece, data
        data += piece
    return data


@pytest.mark.parametrize("make", [Terminal, Port])
def test_a_line(make, run, stack):
    line = make()
    run(line)
    uart = SerialUart(line.name)
    stack.callback(uart.close)
    uart.open(115200)
    assert answer(uart, b"AT\r") == b"AT\r\r\nOK\r\n"
    uart.close()
    uart.open(115200)  # a second connection finds the same modem
    assert answer(uart, b"AT+GMR\r").endswith(b"\r\n\r\nOK\r\n")


def test_a_terminal_knows_the_rate(run, stack):
    line = Terminal()
    run(line, rate=9600)
    uart = SerialUart(line.name)
    stack.callback(uart.close)
    uart.open(115200)
    uart.write(b"AT\r")
    uart.open(9600)
    assert answer(uart, b"AT\r").endswith(b"AT\r\r\nOK\r\n")


def test_a_terminal_with_a_name_of_its_own(tmp_path: Path):
    name = tmp_path / "modem"
    for _ in range(2):
        line = Terminal(name)
        assert name.is_symlink()
        line = Terminal(name)  # the name of one that was killed is taken over
        assert line.name == str(name)
        line.close()
        assert not name.is_symlink()


def test_a_terminal_that_nobody_reads():
    line = Terminal()
    assert line.receive() == b""
    for _ in range(100):
        line.send(bytes(10_000))
    line.close()


def test_a_port_without_a_host():
    line = Port()
    line.send(b"lost")
    line.close()


def test_stopping_twice_and_late():
    server = Server(Port())
    server.stop()
    server.close()
    server.stop()


# the command


def test_the_command(tmp_path: Path, capsys, stack):
    before = {number: signal.getsignal(number) for number in shutdown_signals.signals()}
    for number, handler in before.items():
        stack.callback(signal.signal, number, handler)
    name = tmp_path / "modem"

    main = threading.main_thread().ident
    assert main is not None

    def use() -> None:
        uart = SerialUart(str(name))
        try:
            while not name.exists():
                time.sleep(0.01)
            uart.open(115200)
            answer(uart, b"AT\r")
            answer(uart, b"AT+CSQ\r")
        finally:
            uart.close()
            signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=use)
    thread.start()
    assert command.main(["--pty", str(name), "--json", "--fault", "garbage@1"]) == 0
    thread.join()
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event["event"] for event in events] == ["listening", "ready", "fault", "stopped"]
    assert events[0]["port"] == str(name)
    assert events[-1]["faults"] == {"garbage": 1}


@pytest.mark.parametrize(
    ("arguments", "mention"),
    [
        (["--fault", "x"], "no fault 'x'"),
        (["--speed", "0"], "not above 0"),
        (["--speed", "fast"], "speed"),
        (["--signal", "99"], "signal"),
        (["--tcp", "65536"], "there is no port 65536, but up to 65535"),
        (["--tcp=-1"], "there is no port -1"),
        (["--pty", "a", "--tcp", "1"], "not allowed"),
    ],
)
def test_wrong_usage(arguments, mention, capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(arguments)
    assert caught.value.code == 2
    assert mention in capsys.readouterr().err


def test_help_names_all_faults(capsys):
    with pytest.raises(SystemExit) as caught:
        command.main(["--help"])
    assert caught.value.code == 0
    said = capsys.readouterr().out
    assert "lost_answer" in said
    assert "exit status" in said


def test_a_port_that_is_taken(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert command.main(["--tcp", str(taken.getsockname()[1])]) == 1
    assert "choose another" in capsys.readouterr().err


def test_what_people_read(capsys):
    traffic = {"requests": 2, "air": 900, "up": 400, "down": 300, "air_per_cycle": 900}
    for event, fields in (
        ("listening", {"port": "/dev/pts/9"}),
        ("ready", {"boots": 1}),
        ("request", {"url": "cloud/x", "status": 200, "air": 500}),
        ("fault", {"fault": "601"}),
        ("off", {"restarts": True}),
        ("off", {"restarts": False}),
        ("wrong_pin", {"left": 2}),
        ("stopped", {**traffic, "cycles": 0}),
        ("stopped", {**traffic, "cycles": 1}),
    ):
        command._as_text(event, fields)
    said = capsys.readouterr().out
    assert "./pythings run --modem /dev/pts/9 --apn internet" in said
    assert "1 management cycles of 900 bytes" in said
    assert "wrong_pin left=2" in said


# a serial line over TCP keeps the port's promises too


@pytest.mark.parametrize("check", check_uart.CHECKS, ids=lambda check: check.__name__)
def test_uart_contract_over_tcp(check, serve, stack):
    def make(*incoming: bytes):
        opened = threading.Event()

        class Told(SerialUart):
            def open(self, baud: int) -> None:
                super().open(baud)
                opened.set()

        def handler(conn: socket.socket, server) -> None:
            assert opened.wait(PATIENCE_S)  # opening a line drops earlier input
            conn.sendall(b"".join(incoming))
            while True:
                data = conn.recv(1000)
                if not data:
                    break
                server.receive(data)
            end(conn, server, "close")

        server = serve(handler)
        uart = Told("socket://127.0.0.1:%d" % server.port)
        stack.callback(uart.close)
        return uart, server.written, server.close

    check(make)


def test_a_tcp_line_that_is_not_there():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(DeviceError):
        SerialUart("socket://127.0.0.1:%d" % port).open(9600)
