"""What the commands of the simulated modem do (SIM800 Series AT Command Manual V1.09)."""

from __future__ import annotations

from typing import Callable

from app.modem.internet import Answer, Request
from app.modem.machine import ANSWER_S, Machine

FIRMWARE = "1418B05SIM800L24"
IMEI = "865067020757418"
ADDRESS = "10.4.100.193"
_MOST = 319488  # bytes of a request or an answer (§11.2.4)
_RATES = (0, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200)

# A handler gets what stands behind the name (`?`, `=...` or nothing); gives the final result code,
# "" if that comes later.
Handler = Callable[[Machine, str], str]

_OK, _ERROR = "OK", "ERROR"


def execute(modem: Machine, line: str) -> None:
    """Answer a command line."""
    text = line[2:]
    upper = text.upper()
    for name, handler in _HANDLERS:
        if upper.startswith(name) and upper[len(name) : len(name) + 1] in ("", "?", "="):
            final = handler(modem, text[len(name) :])
            break
    else:
        final = _basic(modem, upper)
    if final:
        modem.final(final)


def _basic(modem: Machine, text: str) -> str:
    if text in ("E0", "E1", "E"):
        modem.echo = text == "E1"
    return _OK if text in ("", "E0", "E1", "E", "Z", "&F", "&W", "V1") else _ERROR


def _error(modem: Machine, number: int) -> str:
    return "+CME ERROR: %d" % number if modem.errors else _ERROR


def _fields(text: str) -> list[str]:
    """Of `=a,"b",c`; a quote within a string ends it, and what follows is refused."""
    return [field.strip().strip('"') for field in text[1:].split(",")]


def _cmee(modem: Machine, text: str) -> str:
    if text not in ("=0", "=1", "=2"):
        return _ERROR
    modem.errors = int(text[1:])
    return _OK


def _ipr(modem: Machine, text: str) -> str:
    if text == "?":
        modem.line("+IPR: %d" % modem.rate)
        return _OK
    if not text[1:].isdigit() or int(text[1:]) not in _RATES:
        return _ERROR
    modem.final(_OK)  # still at the old rate
    modem.rate = int(text[1:])
    return ""


def _gmr(modem: Machine, _text: str) -> str:
    modem.line("Revision:" + FIRMWARE)
    return _OK


def _gsn(modem: Machine, _text: str) -> str:
    modem.line(IMEI)
    return _OK


def _cbc(modem: Machine, _text: str) -> str:
    modem.line("+CBC: 0,84,4012")
    return _OK


def _csq(modem: Machine, _text: str) -> str:
    there = modem.radio and modem.options.network != "none"
    modem.line("+CSQ: %s" % ("%d,0" % modem.options.signal if there else "99,99"))
    return _OK


def _cpin(modem: Machine, text: str) -> str:
    sim = modem.options.sim
    if sim == "none":
        return _error(modem, 10)
    blocked = sim == "puk" or modem.pin_tries <= 0
    if text == "?":
        state = "SIM PUK" if blocked else "READY" if modem.unlocked else "SIM PIN"
        modem.line("+CPIN: " + state)
        return _OK
    if blocked or modem.unlocked:
        return _error(modem, 12 if blocked else 3)
    if _fields(text)[0] != modem.options.pin:
        modem.pin_tries -= 1
        modem.tell("wrong_pin", {"left": modem.pin_tries})
        return _error(modem, 16)
    modem.pin_tries = 3
    modem.unlocked = True
    modem.register()
    modem.after(0.5, lambda: modem.line("+CPIN: READY"))
    return _OK


def _spic(modem: Machine, _text: str) -> str:
    modem.line("+SPIC: %d,10,3,10" % modem.pin_tries)
    return _OK


def _creg(modem: Machine, text: str) -> str:
    if text == "?":
        modem.line("+CREG: 0,%d" % modem.registration())
    return _OK


def _cops(modem: Machine, text: str) -> str:
    if text == "=?":
        modem.after(5.0, lambda: modem.line('+COPS: (2,"Sim Net","Sim","00101"),,(0-4),(0-2)'))
        modem.after(5.0, modem.final)
        return ""
    if text == "?":
        modem.line('+COPS: 0,0,"Sim Net"' if modem.registration() in (1, 5) else "+COPS: 0")
    return _OK


def _cfun(modem: Machine, text: str) -> str:
    if text == "?":
        modem.line("+CFUN: %d" % modem.radio)
    elif text == "=1,1":
        modem.line(_OK)
        modem.power_lost(restart=True, said="")
        return ""
    elif text in ("=0", "=1"):
        modem.lose_bearer()
        modem.radio = text == "=1"
        modem.register()
    else:
        return _ERROR
    return _OK


def _cpowd(modem: Machine, _text: str) -> str:
    modem.power_down()
    return ""


def _sapbr(modem: Machine, text: str) -> str:
    fields = _fields(text)
    if len(fields) < 2 or fields[1] != "1" or '"' in "".join(fields):
        return _ERROR
    if fields[0] == "3" and len(fields) == 4:
        modem.access[fields[2]] = fields[3]
    elif fields[0] == "2":
        state = '1,"%s"' % ADDRESS if modem.bearer else '3,"0.0.0.0"'
        modem.line("+SAPBR: 1," + state)
    elif fields[0] == "1":
        modem.after(1.5, lambda: _bearer(modem))
        return ""
    elif fields[0] == "0":
        if not modem.bearer:
            return _ERROR
        modem.bearer = False
    else:
        return _ERROR
    return _OK


def _bearer(modem: Machine) -> None:
    """Open it, if all is as it must be."""
    fault = modem.faults.at("bearer")
    if fault:
        modem.tell("fault", {"fault": fault})
    if fault == "off_network":
        modem.register()
    apn = modem.access.get("APN", "")
    good = apn == (modem.options.apn or apn) and modem.access.get("CONTYPE") == "GPRS"
    opens = good and not modem.bearer and not fault and modem.registration() in (1, 5)
    modem.bearer = modem.bearer or opens
    modem.final(_OK if opens else _ERROR)


def _http_init(modem: Machine, _text: str) -> str:
    if modem.http is not None:
        return _error(modem, 3)
    modem.http = {}
    modem.data = b""
    modem.answer = Answer(0)
    return _OK


def _http_term(modem: Machine, _text: str) -> str:
    if modem.http is None:
        return _error(modem, 3)
    modem.http = modem.job = None
    return _OK


def _http_para(modem: Machine, text: str) -> str:
    name, _, value = text[1:].partition(",")
    value = value.strip('"')
    if modem.http is None or '"' in value or not value:
        return _error(modem, 3)
    modem.http[name.strip('"')] = value
    return _OK


def _http_ssl(modem: Machine, text: str) -> str:
    if not modem.options.tls or modem.http is None or text not in ("=0", "=1"):
        return _ERROR
    modem.http["SSL"] = text[1:]
    return _OK


def _http_data(modem: Machine, text: str) -> str:
    fields = _fields(text)
    good = len(fields) == 2 and fields[0].isdigit() and fields[1].isdigit()
    if modem.http is None or not good or not 1 <= int(fields[0]) <= _MOST:
        return _error(modem, 3)
    modem.data = b""
    modem.wanted = size = int(fields[0])
    modem.inputs += 1
    number = modem.inputs
    modem.line("DOWNLOAD")

    def late() -> None:
        if modem.wanted and modem.inputs == number:
            modem.wanted = 0
            modem.final(_OK)  # it sends what it has

    # The host is no faster than it is, however fast the modem's time goes by.
    modem.after((int(fields[1]) + size) / 1000 * modem.options.speed, late)
    return ""


def _http_action(modem: Machine, text: str) -> str:
    http = modem.http
    if http is None or "URL" not in http or http.get("CID") != "1" or text not in ("=0", "=1"):
        return _error(modem, 3)
    headers = {"User-Agent": http.get("UA", "SIMCom_MODULE")}
    if "CONTENT" in http:
        headers["Content-Type"] = http["CONTENT"]
    request = Request(
        http["URL"],
        http.get("SSL") == "1",
        modem.data if text == "=1" else None,
        headers,
        float(http.get("TIMEOUT", "120")),
    )
    fault = modem.faults.at("request") if modem.bearer else ""
    if fault:
        modem.tell("fault", {"fault": fault, "url": request.url})
    if fault == "bearer_drop":
        modem.after(0.3, modem.lose_bearer)
    if fault == "lost_answer":
        modem.begin(request)
        modem.after(0.5, modem.lose_bearer)
    elif fault.isdigit() or not modem.bearer or fault == "bearer_drop":
        status = int(fault) if fault.isdigit() else 601
        method = int(text[1:])
        modem.after(1.0, lambda: modem.line("+HTTPACTION: %d,%d,0" % (method, status)))
    elif fault != "hang":
        modem.begin(request)
    return _OK


def _http_head(modem: Machine, _text: str) -> str:
    if not modem.options.heads or modem.http is None:
        return _ERROR
    return _announced(modem, "+HTTPHEAD", modem.answer.head)


def _http_read(modem: Machine, text: str) -> str:
    fields = _fields(text) if text else ["0", str(_MOST)]
    if modem.http is None or len(fields) != 2 or not (fields[0] + fields[1]).isdigit():
        return _error(modem, 3)
    start, size = int(fields[0]), int(fields[1])
    data = modem.answer.body[start : start + size]
    fault = modem.faults.at("read")
    if fault:
        modem.tell("fault", {"fault": fault})
    if fault == "short_read":
        data = data[: max(1, len(data) // 2)]
    return _announced(modem, "+HTTPREAD", data, len(data) // 2 if fault == "cut_read" else 0)


def _announced(modem: Machine, name: str, data: bytes, lost: int = 0) -> str:
    modem.put(b"\r\n%s: %d\r\n" % (name.encode(), len(data)))
    modem.put(data[: len(data) - lost])
    modem.after(ANSWER_S / 4, modem.final)
    return ""


_HANDLERS: tuple[tuple[str, Handler], ...] = (
    ("+CMEE", _cmee),  # §3.2.20
    ("+IPR", _ipr),  # §2.2.41
    ("+GMR", _gmr),  # §2.2.36
    ("+GSN", _gsn),  # §2.2.38
    ("+CBC", _cbc),  # §3.2.52
    ("+CSQ", _csq),  # §3.2.35
    ("+CPIN", _cpin),  # §3.2.28
    ("+SPIC", _spic),  # §6.2.3
    ("+CREG", _creg),  # §3.2.32
    ("+COPS", _cops),  # §3.2.22
    ("+CFUN", _cfun),  # §3.2.42
    ("+CPOWD", _cpowd),  # §6.2.2
    ("+SAPBR", _sapbr),  # §9.2.1
    ("+HTTPINIT", _http_init),  # §11.2.1
    ("+HTTPTERM", _http_term),  # §11.2.2
    ("+HTTPPARA", _http_para),  # §11.2.3
    ("+HTTPSSL", _http_ssl),  # SSL application note
    ("+HTTPDATA", _http_data),  # §11.2.4
    ("+HTTPACTION", _http_action),  # §11.2.5
    ("+HTTPREAD", _http_read),  # §11.2.6
    ("+HTTPHEAD", _http_head),  # §11.2.9
)
