"""Clock jumps of the Thing, the cloud, or both, at each management exchange."""

from __future__ import annotations

from collections.abc import Iterator

from tests.fault.scenarios import SCENARIOS, Played, accepts_more, steady
from tests.fault.scenarios import play as play_scenario
from tests.fault.world import Watch, World

THING, CLOUD, BOTH = "thing", "cloud", "both"
_DAY = 86400
JUMPS = (1, -1, 3600, -3600, _DAY, -_DAY, 5 * 365 * _DAY, -5 * 365 * _DAY, 20 * 365 * _DAY)
EXCHANGES = 12


def cases(quick: bool) -> Iterator[str]:
    """Yield `scenario:whose:exchange,seconds`; exchanges count from the start of the scenario."""
    for scenario in SCENARIOS:
        found = [
            "%s:%s:%d,%d" % (scenario, whose, exchange, jump)
            for whose in (THING, CLOUD, BOTH)
            for exchange in range(1, EXCHANGES + 1)
            for jump in JUMPS
        ]
        yield from found[::59] if quick else found


def play(case: str, watch: Watch | None = None) -> Played:
    """Play one case; raise `Broken` if the Thing violates a guarantee."""
    scenario, whose, place = case.split(":")
    exchange, jump = map(int, place.split(","))
    world = World(watch)
    steady(world)
    before = world.faults
    _Jump(world, whose, exchange, jump)
    outcome = play_scenario(world, scenario)
    world.run(lambda: world.faults > before, "exchange %d" % exchange)
    if whose != THING:  # an OS that is expired by the cloud's clock is rightly refused
        world.cloud.epoch -= jump
        world.say("WORLD", cloud="tells the time again")
    accepts_more(world)
    if scenario != "starts":  # its power cuts lose readings that were in memory only
        world.check_readings(set(range(1, world.count)))
    return Played(outcome, world.faults - before)


class _Jump:
    """A clock jump right before the management exchange number `exchange`."""

    def __init__(self, world: World, whose: str, exchange: int, jump: int) -> None:
        self.world, self.whose, self.left, self.jump = world, whose, exchange, jump
        world.cloud.on_call = self.called

    def called(self, name: str) -> None:
        """Count the Thing's management exchanges, and set the clocks before the chosen one."""
        self.left -= name == "management"
        if self.left:
            return
        world, clock = self.world, self.world.cloud.clock  # the Thing's clock
        world.cloud.on_call = None
        known = clock.epoch()
        if self.whose != CLOUD and known is not None:
            clock.set_epoch(known + self.jump)
        if self.whose != THING:
            world.cloud.epoch += self.jump
        world.fault("clock jump", whose=self.whose, seconds=self.jump)
