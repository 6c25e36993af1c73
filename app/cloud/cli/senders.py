"""The options of `serve` for the cloud's own sending: the e-mail of alarms, and MQTT."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.cloud.cli.people import password_of
from app.cloud.errors import CloudFailure

if TYPE_CHECKING:
    from app.cloud.alarms.mail import MailServer
    from app.cloud.mqtt.broker import Broker

SMTP_PASSWORD = "PYTHINGS_SMTP_PASSWORD"  # noqa: S105 - the name of a variable
MQTT_PASSWORD = "PYTHINGS_MQTT_PASSWORD"  # noqa: S105 - the name of a variable


def add_senders(leaf: argparse.ArgumentParser) -> None:
    """Add the options."""
    leaf.add_argument(
        "--smtp",
        metavar="URL",
        help="the mail server of alarms: smtps://USER@HOST, or smtp:// with STARTTLS",
    )
    leaf.add_argument("--mail-from", metavar="ADDRESS", help="the sender of its e-mail")
    leaf.add_argument(
        "--smtp-password-file",
        type=Path,
        metavar="FILE",
        help=f"its first line is the password of USER; or {SMTP_PASSWORD}",
    )
    _add_mqtt(leaf)


def _add_mqtt(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument(
        "--mqtt", metavar="URL", help="publish readings and states: mqtts://USER@HOST, or mqtt://"
    )
    leaf.add_argument(
        "--mqtt-password-file",
        type=Path,
        metavar="FILE",
        help=f"its first line is the password of USER; or {MQTT_PASSWORD}",
    )
    leaf.add_argument("--mqtt-ca", type=Path, metavar="FILE", help="the broker's CA (PEM)")
    leaf.add_argument(
        "--mqtt-prefix", default="pythings", metavar="TOPIC", help="of its topics (%(default)s)"
    )
    leaf.add_argument(
        "--mqtt-discovery",
        default="homeassistant",
        metavar="TOPIC",
        help="of Home Assistant's discovery messages (%(default)s); none: send none",
    )
    leaf.add_argument(
        "--mqtt-messages",
        action="store_true",
        help="let its users send messages to Things, by the topic PREFIX/AID/TID/message",
    )


def mqtt_of(args: argparse.Namespace) -> Broker | None:
    """Return the MQTT broker, None without one; raises CloudFailure."""
    file = args.mqtt_password_file
    if not args.mqtt:
        if file or args.mqtt_ca or args.mqtt_messages:
            raise CloudFailure(
                "--mqtt-password-file, --mqtt-ca and --mqtt-messages are for --mqtt."
            )
        return None
    from app.cloud.mqtt.broker import broker_of  # the other subcommands must not wait for it

    password = password_of(file, "") if file else os.environ.get(MQTT_PASSWORD, "")
    discovery = "" if args.mqtt_discovery == "none" else args.mqtt_discovery
    ca, prefix = args.mqtt_ca, args.mqtt_prefix
    return broker_of(args.mqtt, password, ca, prefix, discovery, args.mqtt_messages)


def mail_of(args: argparse.Namespace) -> MailServer | None:
    """Return the mail server, None without one; raises CloudFailure."""
    if not args.smtp:
        if args.mail_from or args.smtp_password_file:
            raise CloudFailure("--mail-from and --smtp-password-file are for --smtp.")
        return None
    from app.cloud.alarms.mail import server_of  # the other subcommands must not wait for it

    file = args.smtp_password_file
    password = password_of(file, "") if file else os.environ.get(SMTP_PASSWORD, "")
    return server_of(args.smtp, args.mail_from or "", password)
