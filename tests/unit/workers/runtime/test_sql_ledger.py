"""The ledger under any interleaving: crashes, time and redeliveries between each two steps."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from deliver.outgoing import Receipt
from tests.workbench import ACCOUNT, StandingClock
from workers.runtime.database import Database
from workers.runtime.ledger import Claim, Doubt, Gates, PartName, Rate, Settled
from workers.runtime.sql_ledger import SqlLedger

ANSWERS = {
    "accepted": Receipt("accepted", external_id="SM1"),
    "taken_but_silent": Receipt("ambiguous"),
    "silent": Receipt("ambiguous"),
    "throttled": Receipt("not_accepted", retry_after_seconds=1),
    "refused": Receipt("refused"),
}
"""What the provider says; it takes the message in the first two cases."""
TAKEN = ("accepted", "taken_but_silent")
STEPS = st.tuples(
    st.sampled_from([*["first", "second"] * 4, "crash first", "crash second", "time", "time", "report", "agent"]),
    st.sampled_from(list(ANSWERS)),
)
PARTS = count()


def by(who: str, answer: str) -> list[tuple[str, str]]:
    """Claim, call and outcome."""
    return [(who, answer)] * 3


@dataclass
class World:
    """Two deliverers with the same part in hand, a provider, and an agent who may ask for another try."""

    ledger: SqlLedger
    clock: StandingClock
    gates: Gates
    name: PartName = field(default_factory=lambda: PartName(ACCOUNT, "sms", "c", "m", f"p{next(PARTS)}"))
    hands: dict[str, tuple[Claim, Receipt | None]] = field(default_factory=dict)
    taken: int = 0
    asked_again: int = 0

    def step(self, what: str, answer: str) -> None:
        match what.split():
            case ["crash", who]:
                self.hands.pop(who, None)
            case ["time"]:
                self.clock.at += timedelta(seconds=50)
            case ["report"]:
                if self.taken:
                    self.ledger.resolve(self.name.part, ANSWERS["accepted"])
            case ["agent"]:
                if isinstance(self.claim(), Doubt):
                    self.asked_again += 1
                    self.ledger.reopen(self.name.part, f"click {self.asked_again}")
            case [who]:
                self.work(who, answer)

    def work(self, who: str, answer: str) -> None:
        """One step of three: claim, call, write down."""
        claim, receipt = self.hands.pop(who, (None, None))
        if claim is None:
            standing = self.claim()
            if isinstance(standing, Claim):
                self.hands[who] = (standing, None)
        elif receipt is None:
            self.taken += answer in TAKEN
            self.hands[who] = (claim, ANSWERS[answer])
        else:
            self.ledger.settle(claim, receipt, down="silent" in answer)

    def claim(self) -> object:
        return self.ledger.claim(self.name, lease_seconds=90, gates=self.gates)


@pytest.fixture
def database(tmp_path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path}/ledger.db")
    opened.migrate()
    yield opened
    opened.close()


@pytest.mark.parametrize("gates", [Gates(), Gates("host", Rate("number", 30, "waiting_for_address"))])
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(steps=[*by("first", "taken_but_silent"), *by("second", "accepted")])
@example(steps=[*by("first", "accepted")[:2], ("crash first", ""), ("time", ""), *by("second", "accepted")])
@example(steps=[*by("first", "accepted")[:2], *[("time", "")] * 2, *by("second", "accepted")])
@example(steps=[*by("first", "throttled"), *by("second", "accepted")[:2], *by("first", "accepted")])
@given(steps=st.lists(STEPS, min_size=5, max_size=20))
def test_no_interleaving_sends_a_part_twice(database: Database, gates: Gates, steps: list[tuple[str, str]]):
    """The provider takes it at most once, and once more only for each time an agent asked for that."""
    clock = StandingClock()
    world = World(SqlLedger(database, clock), clock, gates)
    for what, answer in steps:
        world.step(what, answer)
        assert world.taken <= 1 + world.asked_again


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=15))
def test_what_is_settled_stays_settled(database: Database, steps: list[tuple[str, str]]):
    """Whatever happens after an acceptance, its receipt is the answer."""
    clock = StandingClock()
    world = World(SqlLedger(database, clock), clock, Gates())
    claim = world.claim()
    assert isinstance(claim, Claim)
    world.ledger.settle(claim, ANSWERS["accepted"])
    for what, answer in steps:
        world.step(what, answer)
    standing = world.claim()
    assert isinstance(standing, Settled)
    assert standing.receipt == ANSWERS["accepted"]
