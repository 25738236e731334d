"""Schema and codec agree on values that nobody thought of: generated from each side, tried on the other."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import schemas
from schemas.codec import Unreadable, decode, encode
from schemas.registry import Contract, Registry
from tests.contracts.files import SCHEMAS, read, validator
from tests.contracts.from_schema import documents
from tests.contracts.from_structs import events

CONTRACTS = Registry.found_in(schemas).contracts()
BRIEF = settings(
    max_examples=15,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def event_of(contract: Contract) -> str:
    return contract.newest.event_type


@pytest.mark.parametrize("contract", CONTRACTS, ids=event_of)
def test_the_codec_reads_what_the_schema_allows(contract: Contract) -> None:
    """Unknown fields, nulls, `1.0` for one and odd spellings of times included; and what it read, it can write."""
    schema = read(SCHEMAS / event_of(contract) / f"v{contract.version}.json")
    check = validator(schema)

    @BRIEF
    @given(documents(schema))
    def agree(document: object) -> None:
        assert [error.message for error in check.iter_errors(document)] == []
        event = decode(json.dumps(document).encode())
        assert decode(encode(event)) == event

    agree()


@pytest.mark.parametrize("contract", CONTRACTS, ids=event_of)
def test_the_schema_allows_what_the_codec_writes(contract: Contract) -> None:
    """Whatever a struct can hold is a valid event on the wire, and comes back as it was."""
    check = validator(read(SCHEMAS / event_of(contract) / f"v{contract.version}.json"))

    @BRIEF
    @given(events(contract.newest))
    def agree(event: object) -> None:
        body = encode(event)  # type: ignore[arg-type]
        assert [error.message for error in check.iter_errors(json.loads(body))] == []
        assert decode(body) == event

    agree()


@BRIEF
@given(st.binary(max_size=200) | st.text().map(str.encode))
def test_bytes_that_are_no_event_are_unreadable_and_nothing_else(body: bytes) -> None:
    """Whatever a queue holds, decoding it raises the one exception that the runtime expects."""
    with pytest.raises(Unreadable):
        decode(body, outer=True)
