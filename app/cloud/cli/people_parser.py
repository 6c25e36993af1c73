"""The command line of `pythings cloud person`, `token` and `audit`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from app.cloud.cli import people

if TYPE_CHECKING:
    _Commands = argparse._SubParsersAction[argparse.ArgumentParser]
    _Leaf = Callable[..., argparse.ArgumentParser]
    _Group = Callable[[_Commands, str, str], _Commands]

ROLES = ("viewer", "developer", "owner")


def add_people(commands: _Commands, group: _Group, leaf: _Leaf) -> None:
    """Add the subcommands, made by `group` and `leaf`."""
    person = group(commands, "person", "make accounts of people and give them roles")
    leaf(person, "list", people.person_list, "list accounts")
    it = leaf(person, "add", people.person_add, "make an account; its password is asked for")
    it.add_argument("name")
    it.add_argument("--owner", action="store_true", help="of the whole cloud")
    _add_password(it)
    it = leaf(person, "password", people.person_password, "set a person's password")
    it.add_argument("name")
    _add_password(it)
    it = leaf(person, "role", people.person_role, "give a person a role in an app, or none")
    it.add_argument("name")
    it.add_argument("aid")
    it.add_argument("role", choices=(*ROLES, "none"))
    it = leaf(person, "close", people.person_close, "let a person in no more")
    it.add_argument("name")
    it = leaf(person, "open", people.person_open, "let a person in again")
    it.add_argument("name")
    token = group(commands, "token", "make and revoke API tokens")
    leaf(token, "list", people.token_list, "list API tokens")
    it = leaf(token, "create", people.token_create, "make an API token; it is shown this once")
    it.add_argument("name", help="what it is for")
    it.add_argument("--person", help="in whose name (needed with the data folder)")
    it.add_argument("--role", choices=ROLES, default="viewer", help="the most it allows")
    it.add_argument("--days", type=int, default=90, help="how long it lasts (%(default)s)")
    it = leaf(token, "revoke", people.token_revoke, "revoke an API token")
    it.add_argument("id", type=int)
    it = leaf(commands, "audit", people.audit, "list who changed what, newest first")
    it.add_argument("--last", type=int, default=50, help="how many (%(default)s)")


def _add_password(leaf: argparse.ArgumentParser) -> None:
    leaf.add_argument("--password-file", type=Path, help="its first line, instead of asking")
