"""The subcommands on people: accounts, roles in apps, API tokens, and the audit of changes."""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Callable
from pathlib import Path

from adapters.linux import inputs
from app.cloud.cli.actions import connected, show
from app.cloud.errors import CloudFailure

_LONGEST = 4096  # bytes of a password


def person_add(args: argparse.Namespace) -> None:
    """Make an account."""
    password = password_of(args.password_file, args.name)
    with connected(args) as client:
        person = client.add_person(args.name, password, args.owner)
    show(args, person, [f"{args.name} can log in"])


def person_list(args: argparse.Namespace) -> None:
    """List accounts with their roles."""
    with connected(args) as client:
        people = client.people()
    lines = []
    for row in people:
        kind = "owner" if row["owner"] else "person"
        lines.append(f"{row['name']}  {kind}{'' if row['active'] else ', shut out'}")
        lines += [f"  {role} of {aid}" for aid, role in row["roles"].items()]
    show(args, people, lines)


def person_password(args: argparse.Namespace) -> None:
    """Set another password."""
    password = password_of(args.password_file, args.name)
    with connected(args) as client:
        client.set_password(args.name, password)
    show(args, {"name": args.name}, [f"{args.name} has another password; sessions have ended"])


def person_role(args: argparse.Namespace) -> None:
    """Give a role in an app, or none."""
    role = None if args.role == "none" else args.role
    with connected(args) as client:
        client.set_role(args.aid, args.name, role)
    show(args, {"name": args.name, "role": role}, [f"{args.name}: {args.role} of {args.aid}"])


def person_close(args: argparse.Namespace) -> None:
    """Shut a person out."""
    with connected(args) as client:
        person = client.set_active(args.name, False)
    show(args, person, [f"{args.name} is shut out; sessions and tokens have ended"])


def person_open(args: argparse.Namespace) -> None:
    """Let a person in again."""
    with connected(args) as client:
        person = client.set_active(args.name, True)
    show(args, person, [f"{args.name} can log in"])


def token_create(args: argparse.Namespace) -> None:
    """Make an API token, and print it this once."""
    with connected(args) as client:
        token = client.make_token(args.name, args.role, args.days, args.person)
    show(args, {"token": token}, [token])


def token_list(args: argparse.Namespace) -> None:
    """List API tokens."""
    with connected(args) as client:
        tokens = client.tokens()
    lines = [
        f"{row['id']}  {row['name']}  {row['role']}  {row['person']}  until {_day(row['expires'])}"
        for row in tokens
    ]
    show(args, tokens, lines)


def token_revoke(args: argparse.Namespace) -> None:
    """Revoke an API token."""
    with connected(args) as client:
        client.revoke_token(args.id)
    show(args, {"revoked": args.id}, [f"Token {args.id} is of no more use"])


def audit(args: argparse.Namespace) -> None:
    """List the last changes, each with its author."""
    with connected(args) as client:
        rows = client.audit(args.last)
    lines = [
        f"{_second(row['time'])}  {row['who']}  {row['action']}  {row['target']}  {row['detail']}"
        for row in rows
    ]
    show(args, rows, lines)


def password_of(file: Path | None, name: str, ask: Callable[[str], str] = getpass.getpass) -> str:
    """Return the password in a file's first line, or one typed twice; raises CloudFailure."""
    if file is not None:
        try:
            password = inputs.first_line(file, _LONGEST)
        except OSError as error:
            raise CloudFailure(f"Cannot read a password in {file}: {error.strerror}.") from error
        if not password:
            raise CloudFailure(f"The first line of {file} is empty. Put the password there.")
        return password
    if not sys.stdin.isatty():
        raise CloudFailure("There is no terminal to ask on: give --password-file FILE.")
    password = ask(f"Password for {name}: ")
    if password and ask("Once more: ") != password:
        raise CloudFailure("The two are not the same. Nothing was changed.")
    return password


def _day(seconds: float) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(seconds))


def _second(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))
