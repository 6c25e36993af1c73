"""Dialogues with a SIM800, in the forms of its manual, and the events in them.

Each: (name, steps, events). A step is (command or "", most announced bytes, the answer). An
event is a letter for its kind (Echo, Info, Final, Prompt, Urc, Data) and the line or the bytes.
"""

from __future__ import annotations

Step = tuple[str, int, bytes]
Dialogue = tuple[str, list[Step], list[str]]


def n(*lines: str) -> bytes:
    """Return lines as the modem sends them, each between line ends."""
    return "".join("\r\n%s\r\n" % line for line in lines).encode("latin-1")


def e(command: str, *lines: str) -> bytes:
    """Return the same behind the echo of a command."""
    return command.encode() + b"\r" + n(*lines)


def ask(command: str, *lines: str, most: int = 0) -> list[Step]:
    """Return the step of one command, not echoed, with its answer."""
    return [(command, most, n(*lines))]


_HEAD = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n"
_POST = 'AT+HTTPPARA="URL","cloud.example/api/v1/apps/management/"'

ALL: list[Dialogue] = [
    # synchronising
    ("attention", ask("AT", "OK"), ["F OK"]),
    ("attention, echoed", [("AT", 0, e("AT", "OK"))], ["E AT", "F OK"]),
    (
        "autobauding: several at once",
        [("AT", 0, b"AT\rAT\rAT\r\r\nOK\r\n\r\nOK\r\n\r\nOK\r\n")],
        ["E AT\rAT\rAT", "F OK", "U OK", "U OK"],
    ),
    ("noise of a wrong rate", [("AT", 0, b"\x80\xfe\x00\xf8")], []),
    (
        "noise, then the right rate",
        [("AT", 0, b"\x80\xfe\x00"), ("AT", 0, e("AT", "OK"))],
        ["U \x80\xfe\x00AT", "F OK"],
    ),
    ("noise before an answer", [("AT", 0, b"\xff\xff" + n("OK"))], ["U \xff\xff", "F OK"]),
    ("echo off", [("ATE0", 0, e("ATE0", "OK"))], ["E ATE0", "F OK"]),
    ("lower case", [("ate0", 0, e("ate0", "OK"))], ["E ate0", "F OK"]),
    ("fixed rate", ask("AT+IPR=115200", "OK"), ["F OK"]),
    ("rate that it has not", ask("AT+IPR=123", "ERROR"), ["F ERROR"]),
    ("error codes", ask("AT+CMEE=1", "OK"), ["F OK"]),
    # identification
    (
        "firmware",
        ask("AT+GMR", "Revision:1418B05SIM800L24", "OK"),
        ["I Revision:1418B05SIM800L24", "F OK"],
    ),
    ("serial number", ask("AT+GSN", "865067020757418", "OK"), ["I 865067020757418", "F OK"]),
    (
        "serial number with an interruption",
        ask("AT+GSN", "SMS Ready", "865067020757418", "OK"),
        ["U SMS Ready", "I 865067020757418", "F OK"],
    ),
    ("battery", ask("AT+CBC", "+CBC: 0,84,4012", "OK"), ["I +CBC: 0,84,4012", "F OK"]),
    # starting
    (
        "start at a fixed rate",
        [("", 0, n("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"))],
        ["U RDY", "U +CFUN: 1", "U +CPIN: READY", "U Call Ready", "U SMS Ready"],
    ),
    (
        "start without a SIM",
        [("", 0, n("RDY", "+CFUN: 1", "+CPIN: NOT INSERTED"))],
        ["U RDY", "U +CFUN: 1", "U +CPIN: NOT INSERTED"],
    ),
    (
        "start with a line of nulls",
        [("", 0, b"\x00\x00\x00" + n("RDY"))],
        ["U \x00\x00\x00", "U RDY"],
    ),
    (
        "restart in the middle of a command",
        [("AT+CSQ", 0, b"AT+C" + n("RDY", "+CFUN: 1"))],
        ["E AT+C", "U RDY", "U +CFUN: 1"],
    ),
    (
        "restart in the middle of an answer",
        [("AT+CSQ", 0, b"\r\n+CSQ: 2" + n("RDY"))],
        ["I +CSQ: 2", "U RDY"],
    ),
    (
        "battery, which warns",
        ask("AT+CBC", "UNDER-VOLTAGE WARNNING", "+CBC: 0,3,3480", "OK"),
        ["U UNDER-VOLTAGE WARNNING", "I +CBC: 0,3,3480", "F OK"],
    ),
    ("power down", ask("AT+CPOWD=1", "NORMAL POWER DOWN"), ["F NORMAL POWER DOWN"]),
    ("power lost", [("", 0, n("UNDER-VOLTAGE WARNNING"))], ["U UNDER-VOLTAGE WARNNING"]),
    (
        "brown-out in an answer",
        ask("AT+CSQ", "+CSQ: 9,0", "UNDER-VOLTAGE POWER DOWN"),
        ["I +CSQ: 9,0", "U UNDER-VOLTAGE POWER DOWN"],
    ),
    (
        "too much voltage",
        ask("AT", "OVER-VOLTAGE WARNNING", "OK"),
        ["U OVER-VOLTAGE WARNNING", "F OK"],
    ),
    # SIM
    ("SIM ready", ask("AT+CPIN?", "+CPIN: READY", "OK"), ["I +CPIN: READY", "F OK"]),
    ("SIM locked", ask("AT+CPIN?", "+CPIN: SIM PIN", "OK"), ["I +CPIN: SIM PIN", "F OK"]),
    ("SIM blocked", ask("AT+CPIN?", "+CPIN: SIM PUK", "OK"), ["I +CPIN: SIM PUK", "F OK"]),
    ("no SIM", ask("AT+CPIN?", "+CME ERROR: 10"), ["F +CME ERROR: 10"]),
    (
        "no SIM, in words",
        ask("AT+CPIN?", "+CME ERROR: SIM not inserted"),
        ["F +CME ERROR: SIM not inserted"],
    ),
    ("tries left", ask("AT+SPIC", "+SPIC: 3,10,3,10", "OK"), ["I +SPIC: 3,10,3,10", "F OK"]),
    (
        "PIN accepted",
        ask("AT+CPIN=1234", "OK") + [("", 0, n("+CPIN: READY", "SMS Ready", "Call Ready"))],
        ["F OK", "U +CPIN: READY", "U SMS Ready", "U Call Ready"],
    ),
    (
        "PIN accepted, told first",
        ask("AT+CPIN=1234", "+CPIN: READY", "OK"),
        ["I +CPIN: READY", "F OK"],
    ),
    ("PIN refused", ask("AT+CPIN=1111", "+CME ERROR: 16"), ["F +CME ERROR: 16"]),
    ("SIM pulled out", [("", 0, n("+CPIN: NOT READY"))], ["U +CPIN: NOT READY"]),
    # network
    ("signal", ask("AT+CSQ", "+CSQ: 20,0", "OK"), ["I +CSQ: 20,0", "F OK"]),
    ("no signal", ask("AT+CSQ", "+CSQ: 99,99", "OK"), ["I +CSQ: 99,99", "F OK"]),
    ("searching", ask("AT+CREG?", "+CREG: 0,2", "OK"), ["I +CREG: 0,2", "F OK"]),
    ("at home", ask("AT+CREG?", "+CREG: 0,1", "OK"), ["I +CREG: 0,1", "F OK"]),
    (
        "roaming, with the cell",
        ask("AT+CREG?", '+CREG: 2,5,"00C3","1A2B"', "OK"),
        ['I +CREG: 2,5,"00C3","1A2B"', "F OK"],
    ),
    ("denied", ask("AT+CREG?", "+CREG: 0,3", "OK"), ["I +CREG: 0,3", "F OK"]),
    (
        "registration told unasked",
        [("", 0, n("+CREG: 2", '+CREG: 1,"00C3","1A2B"'))],
        ["U +CREG: 2", 'U +CREG: 1,"00C3","1A2B"'],
    ),
    (
        "registration told between question and answer",
        ask("AT+CSQ", "+CREG: 1", "+CSQ: 18,0", "+CGREG: 1", "OK"),
        ["U +CREG: 1", "I +CSQ: 18,0", "U +CGREG: 1", "F OK"],
    ),
    (
        "operator",
        ask("AT+COPS?", '+COPS: 0,0,"I TIM"', "OK"),
        ['I +COPS: 0,0,"I TIM"', "F OK"],
    ),
    ("no operator", ask("AT+COPS?", "+COPS: 0", "OK"), ["I +COPS: 0", "F OK"]),
    (
        "operator with letters of its own",
        ask("AT+COPS?", '+COPS: 0,0,"T\xe9l\xe9"', "OK"),
        ['I +COPS: 0,0,"T\xe9l\xe9"', "F OK"],
    ),
    (
        "scan, longer than a line is kept",
        ask("AT+COPS=?", "+COPS: " + '(2,"A","A","20801"),' * 12, "OK"),
        [("I +COPS: " + '(2,"A","A","20801"),' * 12)[: 2 + 160], "F OK"],
    ),
    ("attached", ask("AT+CGATT?", "+CGATT: 1", "OK"), ["I +CGATT: 1", "F OK"]),
    ("radio off", ask("AT+CFUN=0", "+CPIN: NOT READY", "OK"), ["U +CPIN: NOT READY", "F OK"]),
    (
        "network time",
        [("", 0, n('*PSUTTZ: 2026,11,23,7,16,20,"+4",0', "DST: 0"))],
        ['U *PSUTTZ: 2026,11,23,7,16,20,"+4",0', "U DST: 0"],
    ),
    # calls and messages
    (
        "a call comes in",
        ask("AT+CSQ", "RING", "+CSQ: 7,0", "OK"),
        ["U RING", "I +CSQ: 7,0", "F OK"],
    ),
    ("a message comes in", [("", 0, n('+CMTI: "SM",3'))], ['U +CMTI: "SM",3']),
    ("a text is asked for", [('AT+CMGS="+391"', 0, b"\r\n> ")], ["P >"]),
    (
        "a text is sent",
        [('AT+CMGS="+391"', 0, b"\r\n> "), ("", 0, b"hello\x1a" + n("+CMGS: 4", "OK"))],
        ["P >", "U hello\x1a", "I +CMGS: 4", "F OK"],
    ),
    ("a text is refused", ask('AT+CMGS="+391"', "+CMS ERROR: 500"), ["F +CMS ERROR: 500"]),
    ("no carrier", ask("ATD123;", "NO CARRIER"), ["F NO CARRIER"]),
    ("data mode", ask("ATD*99#", "CONNECT 115200"), ["F CONNECT 115200"]),
    # bearer
    (
        "bearer closed",
        ask("AT+SAPBR=2,1", '+SAPBR: 1,3,"0.0.0.0"', "OK"),
        ['I +SAPBR: 1,3,"0.0.0.0"', "F OK"],
    ),
    (
        "bearer open",
        ask("AT+SAPBR=2,1", '+SAPBR: 1,1,"10.4.100.193"', "OK"),
        ['I +SAPBR: 1,1,"10.4.100.193"', "F OK"],
    ),
    ("bearer set", ask('AT+SAPBR=3,1,"APN","internet"', "OK"), ["F OK"]),
    ("bearer refused", ask("AT+SAPBR=1,1", "ERROR"), ["F ERROR"]),
    ("bearer closed already", ask("AT+SAPBR=0,1", "ERROR"), ["F ERROR"]),
    ("bearer lost", [("", 0, n("+SAPBR 1: DEACT"))], ["U +SAPBR 1: DEACT"]),
    (
        "bearer lost while asked for",
        ask("AT+SAPBR=2,1", "+SAPBR 1: DEACT", '+SAPBR: 1,3,"0.0.0.0"', "OK"),
        ["U +SAPBR 1: DEACT", 'I +SAPBR: 1,3,"0.0.0.0"', "F OK"],
    ),
    ("context lost", [("", 0, n("+PDP: DEACT"))], ["U +PDP: DEACT"]),
    ("context shut", ask("AT+CIPSHUT", "SHUT OK"), ["F SHUT OK"]),
    # HTTP
    ("HTTP begins", ask("AT+HTTPINIT", "OK"), ["F OK"]),
    ("HTTP has begun before", ask("AT+HTTPINIT", "ERROR"), ["F ERROR"]),
    ("address, echoed", [(_POST, 0, e(_POST, "OK"))], ["E " + _POST, "F OK"]),
    (
        "data to send",
        [("AT+HTTPDATA=16,5000", 0, n("DOWNLOAD")), ("", 0, n("OK"))],
        ["P DOWNLOAD", "F OK"],
    ),
    (
        "data to send, echoed",
        [
            ("AT+HTTPDATA=2,5000", 0, e("AT+HTTPDATA=2,5000", "DOWNLOAD")),
            ("", 0, b"{}" + n("OK")),
        ],
        ["E AT+HTTPDATA=2,5000", "P DOWNLOAD", "U {}", "F OK"],
    ),
    (
        "request and answer",
        ask("AT+HTTPACTION=1", "OK") + [("", 0, n("+HTTPACTION: 1,200,67"))],
        ["F OK", "U +HTTPACTION: 1,200,67"],
    ),
    (
        "request on old firmware",
        ask("AT+HTTPACTION=1", "OK") + [("", 0, n("+HTTPACTION:1,200,67"))],
        ["F OK", "U +HTTPACTION:1,200,67"],
    ),
    (
        "the answer before the OK",
        ask("AT+HTTPACTION=1", "+HTTPACTION: 1,601,0", "OK"),
        ["U +HTTPACTION: 1,601,0", "F OK"],
    ),
    (
        "bearer lost in a request",
        ask("AT+HTTPACTION=1", "OK") + [("", 0, n("+SAPBR 1: DEACT", "+HTTPACTION: 1,601,0"))],
        ["F OK", "U +SAPBR 1: DEACT", "U +HTTPACTION: 1,601,0"],
    ),
    (
        "body",
        [("AT+HTTPREAD=0,512", 512, b'\r\n+HTTPREAD: 13\r\n{"a":"OK\r\n"}\n' + n("OK"))],
        ["I +HTTPREAD: 13", 'D {"a":"OK\r\n"}\n', "F OK"],
    ),
    (
        "body of line ends",
        [("AT+HTTPREAD=0,9", 9, b"\r\n+HTTPREAD: 6\r\n\r\n> \r\n\r\nOK\r\n")],
        ["I +HTTPREAD: 6", "D \r\n> \r\n", "F OK"],
    ),
    (
        "body of all bytes",
        [("AT+HTTPREAD=0,256", 256, b"\r\n+HTTPREAD: 256\r\n" + bytes(range(256)) + n("OK"))],
        ["I +HTTPREAD: 256", "D " + bytes(range(256)).decode("latin-1"), "F OK"],
    ),
    (
        "body, and an interruption before it",
        [("AT+HTTPREAD=0,4", 4, n("RING") + b"\r\n+HTTPREAD: 4\r\nbody" + n("OK"))],
        ["U RING", "I +HTTPREAD: 4", "D body", "F OK"],
    ),
    ("no body", ask("AT+HTTPREAD=0,4", "+HTTPREAD: 0", "OK", most=4), ["I +HTTPREAD: 0", "F OK"]),
    (
        "body shorter than announced",
        [("AT+HTTPREAD=0,20", 20, b"\r\n+HTTPREAD: 20\r\nshort" + n("OK"))],
        ["I +HTTPREAD: 20", "D short\r\nOK\r\n"],
    ),
    (
        "the next question after a body that was short",
        [
            ("AT+HTTPREAD=0,20", 20, b"\r\n+HTTPREAD: 20\r\nshort" + n("OK")),
            ("AT", 0, n("OK")),
        ],
        ["I +HTTPREAD: 20", "D short\r\nOK\r\n", "F OK"],
    ),
    (
        "body longer than asked for",
        [("AT+HTTPREAD=0,4", 4, b"\r\n+HTTPREAD: 9\r\nbody+more" + n("OK"))],
        ["I +HTTPREAD: 9", "D body", "U +more", "F OK"],
    ),
    (
        "length that is none",
        [("AT+HTTPREAD=0,4", 4, b"\r\n+HTTPREAD: 99999999999999\r\nbody" + n("OK"))],
        ["I +HTTPREAD: 99999999999999", "U body", "F OK"],
    ),
    (
        "head",
        [("AT+HTTPHEAD", 1024, b"\r\n+HTTPHEAD: 70\r\n" + _HEAD.encode()[:70] + n("OK"))],
        ["I +HTTPHEAD: 70", "D " + _HEAD[:70], "F OK"],
    ),
    ("no head on this firmware", ask("AT+HTTPHEAD", "ERROR"), ["F ERROR"]),
    ("TLS", ask("AT+HTTPSSL=1", "OK"), ["F OK"]),
    ("no TLS on this firmware", ask("AT+HTTPSSL=1", "ERROR"), ["F ERROR"]),
    ("HTTP ends", ask("AT+HTTPTERM", "OK"), ["F OK"]),
    ("HTTP has ended before", ask("AT+HTTPTERM", "+CME ERROR: 3"), ["F +CME ERROR: 3"]),
    # late, split, merged
    ("an answer that comes too late", [("", 0, n("+CSQ: 20,0", "OK"))], ["U +CSQ: 20,0", "U OK"]),
    (
        "a late answer before the next question",
        [("", 0, b"\r\n+HTTPAC"), ("AT+CSQ", 0, b"TION: 1,200,4\r\n" + n("+CSQ: 20,0", "OK"))],
        ["U +HTTPACTION: 1,200,4", "I +CSQ: 20,0", "F OK"],
    ),
    (
        "line ends in disorder",
        [("AT+CSQ", 0, b"\n\n+CSQ: 20,0\n\r\r\r\n\nOK\n")],
        ["I +CSQ: 20,0", "F OK"],
    ),
    (
        "a line that is all prompt",
        [("AT", 0, b"\r\n> > OK\r\n" + n("OK"))],
        ["P >", "P >", "F OK", "U OK"],
    ),
    (
        "a line without an end",
        [("AT", 0, b"\r\n" + b"x" * 500 + n("OK"))],
        ["U " + "x" * 160, "F OK"],
    ),
    ("two questions at once", [("AT", 0, n("OK", "OK"))], ["F OK", "U OK"]),
]
