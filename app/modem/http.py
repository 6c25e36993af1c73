"""The simulated modem's bearer, and HTTP over it (SIM800 Series AT Command Manual V1.09)."""

from __future__ import annotations

from app.modem.internet import HttpAnswer, Request
from app.modem.machine import ANSWER_S, SimulatedModem
from app.modem.replies import ERROR, OK, Handler, error, fields

ADDRESS = "10.4.100.193"
_MOST = 319488  # bytes of a request or an answer (§11.2.4)


def _sapbr(modem: SimulatedModem, text: str) -> str:
    found = fields(text)
    if len(found) < 2 or found[1] != "1" or '"' in "".join(found):
        return ERROR
    if found[0] == "3" and len(found) == 4:
        modem.access[found[2]] = found[3]
    elif found[0] == "2":
        state = '1,"%s"' % ADDRESS if modem.bearer else '3,"0.0.0.0"'
        modem.line("+SAPBR: 1," + state)
    elif found[0] == "1":
        modem.after(1.5, lambda: _bearer(modem))
        return ""
    elif found[0] == "0":
        if not modem.bearer:
            return ERROR
        modem.bearer = False
    else:
        return ERROR
    return OK


def _bearer(modem: SimulatedModem) -> None:
    """Open the bearer, if the access point, the network and the faults allow it."""
    fault = modem.faults.at("bearer")
    if fault:
        modem.tell("fault", {"fault": fault})
    if fault == "off_network":
        modem.register()
    apn = modem.access.get("APN", "")
    good = apn == (modem.profile.apn or apn) and modem.access.get("CONTYPE") == "GPRS"
    opens = good and not modem.bearer and not fault and modem.registration() in (1, 5)
    modem.bearer = modem.bearer or opens
    modem.final(OK if opens else ERROR)


def _http_init(modem: SimulatedModem, _text: str) -> str:
    if modem.http is not None:
        return error(modem, 3)
    modem.http = {}
    modem.data = b""
    modem.answer = HttpAnswer(0)
    return OK


def _http_term(modem: SimulatedModem, _text: str) -> str:
    if modem.http is None:
        return error(modem, 3)
    modem.http = modem.job = None
    return OK


def _http_para(modem: SimulatedModem, text: str) -> str:
    name, _, value = text[1:].partition(",")
    value = value.strip('"')
    if modem.http is None or '"' in value or not value:
        return error(modem, 3)
    modem.http[name.strip('"')] = value
    return OK


def _http_ssl(modem: SimulatedModem, text: str) -> str:
    if not modem.profile.tls or modem.http is None or text not in ("=0", "=1"):
        return ERROR
    modem.http["SSL"] = text[1:]
    return OK


def _http_data(modem: SimulatedModem, text: str) -> str:
    found = fields(text)
    good = len(found) == 2 and found[0].isdigit() and found[1].isdigit()
    if modem.http is None or not good or not 1 <= int(found[0]) <= _MOST:
        return error(modem, 3)
    modem.data = b""
    modem.wanted = size = int(found[0])
    modem.inputs += 1
    number = modem.inputs
    modem.line("DOWNLOAD")

    def late() -> None:
        if modem.wanted and modem.inputs == number:
            modem.wanted = 0
            modem.final(OK)  # it sends the data received so far

    # Wait in the host's time: the host is no faster, however fast the modem's time passes.
    modem.after((int(found[1]) + size) / 1000 * modem.profile.speed, late)
    return ""


def _http_action(modem: SimulatedModem, text: str) -> str:
    http = modem.http
    if http is None or "URL" not in http or http.get("CID") != "1" or text not in ("=0", "=1"):
        return error(modem, 3)
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
    return OK


def _http_head(modem: SimulatedModem, _text: str) -> str:
    if not modem.profile.heads or modem.http is None:
        return ERROR
    return _announced(modem, "+HTTPHEAD", modem.answer.head)


def _http_read(modem: SimulatedModem, text: str) -> str:
    found = fields(text) if text else ["0", str(_MOST)]
    if modem.http is None or len(found) != 2 or not (found[0] + found[1]).isdigit():
        return error(modem, 3)
    start, size = int(found[0]), int(found[1])
    data = modem.answer.body[start : start + size]
    fault = modem.faults.at("read")
    if fault:
        modem.tell("fault", {"fault": fault})
    if fault == "short_read":
        data = data[: max(1, len(data) // 2)]
    return _announced(modem, "+HTTPREAD", data, len(data) // 2 if fault == "cut_read" else 0)


def _announced(modem: SimulatedModem, name: str, data: bytes, lost: int = 0) -> str:
    modem.put(b"\r\n%s: %d\r\n" % (name.encode(), len(data)))
    modem.put(data[: len(data) - lost])
    modem.after(ANSWER_S / 4, modem.final)
    return ""


HANDLERS: tuple[tuple[str, Handler], ...] = (
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
