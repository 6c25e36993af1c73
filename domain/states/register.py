"""register: open a session with the cloud."""

from __future__ import annotations

from domain.errors import CloudError, LinkError
from domain.levels import INFO
from domain.lifecycle import REFUSED, REGISTERED, UNREACHABLE
from domain.settings.parameters import TRUST
from domain.thing import Thing

MOST = 8  # clouds that are remembered: few Things see more than two
_END = 16  # digits of a key, set at the Thing: an attacker cannot choose them
CLOCK_TOLERANCE_S = 2  # the cloud tells whole seconds, and its answer takes time


def key_end(thing: Thing) -> str:
    """Return the last digits of the cloud's public key, which identify it better than a name."""
    return str(thing.parameters.cloud_key)[-_END:]


class Register:
    """A session's opening at the Thing's own backend; that of the settings is used later in it."""

    def __init__(self, thing: Thing) -> None:
        self.thing = thing

    def act(self) -> str:
        """Open a session; return REGISTERED, REFUSED or UNREACHABLE."""
        thing = self.thing
        if thing.carried:
            from domain.states.carried import resume

            if resume(thing):
                return REGISTERED
        identity = self._identity()
        backend, ssl = thing.backend()
        cloud = key_end(thing)
        strong = cloud in thing.journal.strong
        encrypted = thing.settings.payload_encryption or thing.exposed or (strong and not ssl)
        thing.cloud.use(backend, ssl)
        try:
            if not thing.parameters.aid:
                raise CloudError("refused", "no App id - set the parameter aid")
            epoch = thing.cloud.register(identity, encrypted, thing.parameters.cloud_key)
            if strong and encrypted and not thing.cloud.strong():
                from domain.security.downgrade import ask  # rare: a cloud seldom drops mode 2

                ask(thing, cloud)
        except LinkError as error:
            return thing.fail(error, UNREACHABLE)
        except CloudError as error:
            return thing.fail(error, REFUSED if error.code == "refused" else UNREACHABLE)
        if thing.cloud.strong() and not strong:
            thing.journal.strong = (thing.journal.strong + [cloud])[-MOST:]
            thing.save_journal()
        thing.app_told = thing.journal.app.version
        self._set_clock(epoch)
        thing.status.new_session()
        mode = 2 if thing.cloud.strong() else 1 if encrypted else 0
        thing.tell(INFO, "session", backend=backend, tls=ssl, encrypted=encrypted, mode=mode)
        return REGISTERED

    def _set_clock(self, epoch: int) -> None:
        """Set the clock if it is wrong by more than the tolerance.

        The cloud cuts fractions of a second: moving a right clock by those would put readings of
        different seconds into the same one."""
        known = self.thing.clock.epoch()
        if known is None or abs(epoch - known) > CLOCK_TOLERANCE_S:
            self.thing.clock.set_epoch(epoch)

    def _identity(self) -> dict[str, object]:
        thing = self.thing
        return {
            "tid": thing.parameters.tid,
            "aid": thing.parameters.aid,
            "app_version": thing.journal.app.version or "0",
            "pythings_version": thing.version,
            "pool": thing.parameters.pool or None,
            "frozen": TRUST not in thing.storage.names(),
            "platform": thing.system.platform(),
            "identity": 1,
        }
