"""The options of `serve` for what the cloud sends by itself: the e-mail of alarms."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app.cloud.cli.people import password_of
from app.cloud.errors import CloudError

if TYPE_CHECKING:
    from app.cloud.alarms.mail import MailServer

SMTP_PASSWORD = "PYTHINGS_SMTP_PASSWORD"  # noqa: S105 - the name of a variable


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


def mail_of(args: argparse.Namespace) -> MailServer | None:
    """Return the mail server, None without one; raises CloudError."""
    if not args.smtp:
        if args.mail_from or args.smtp_password_file:
            raise CloudError("--mail-from and --smtp-password-file are for --smtp.")
        return None
    from app.cloud.alarms.mail import server_of  # the other subcommands must not wait for it

    file = args.smtp_password_file
    password = password_of(file, "") if file else os.environ.get(SMTP_PASSWORD, "")
    return server_of(args.smtp, args.mail_from or "", password)
