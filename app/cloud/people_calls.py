"""The calls of the management API that are about people, API tokens and the audit."""

from __future__ import annotations

from app.cloud.caller import Caller, Row, part


class PeopleCalls(Caller):
    """A client of the people, their API tokens and the audit. Every method raises AdminError."""

    def people(self) -> list[Row]:
        """Return the accounts of people: name, owner, active, created, roles."""
        return list(self.get("people"))

    def add_person(self, name: str, password: str, owner: bool = False) -> Row:
        """Make an account of a person."""
        return dict(self.send("POST", "people", name=name, password=password, owner=owner))

    def set_password(self, name: str, password: str) -> None:
        """Set a person's password; their sessions end."""
        self.send("PUT", f"people/{part(name)}/password", password=password)

    def set_active(self, name: str, active: bool) -> Row:
        """Allow a person to log in, or no longer."""
        return dict(self.send("PATCH", f"people/{part(name)}", active=active))

    def set_role(self, aid: str, name: str, role: str | None) -> None:
        """Give a person a role in an app, or none."""
        path = f"apps/{part(aid)}/roles/{part(name)}"
        if role is None:
            self.send("DELETE", path)
        else:
            self.send("PUT", path, role=role)

    def tokens(self) -> list[Row]:
        """Return the API tokens: id, name, person, role, created, expires."""
        return list(self.get("tokens"))

    def make_token(self, name: str, role: str, days: int, person: str | None) -> str:
        """Make an API token and return it."""
        given = {"name": name, "role": role, "days": days, "person": person}
        return str(self.send("POST", "tokens", **given)["token"])

    def revoke_token(self, number: int) -> None:
        """Revoke an API token."""
        self.send("DELETE", f"tokens/{number}")

    def audit(self, last: int = 100) -> list[Row]:
        """Return the `last` changes, newest first: `time, who, action, aid, target, detail`."""
        return list(self.get("audit", limit=last))
