"""Mail providers call the gateway with raw mails: proven, kept in the store, published."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from tests.integration.gateway_door import open_door
from tests.unit.ingest.email.mails import OURS
from tests.unit.ingest.email.test_webhooks import PASSWORD, PROVIDERS, SIGNING, mailgun_form
from workers.runtime.clock import SystemClock
from workers.runtime.settings import load


@pytest.fixture(scope="module")
def door(tmp_path_factory):
    secrets = {"thread_key": "k", "webhook_password": PASSWORD, "signing_key": SIGNING}
    credentials = {name: {"value": value} for name, value in secrets.items()}
    connections = [{"provider": name, "address": OURS, "credentials": credentials} for name in PROVIDERS]
    accounts = {"acme": {"name": "Acme", "channels": {"email": connections}}}
    with open_door(tmp_path_factory.mktemp("door")) as door:
        settings = load({}, endpoints={"public_url": "https://door.example"}, accounts=accounts)
        object.__setattr__(door.services, "settings", settings)
        yield door


def fresh(name):
    """Mailgun's signature is only good for a while."""
    _, _, request = PROVIDERS[name]
    body = mailgun_form(at=SystemClock().now()) if name == "mailgun" else request.body
    return replace(request, body=body)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_proven_mail_is_kept_and_answered(door, name):
    """For the mailbox that it was sent to."""
    request, before = fresh(name), len(door.heard.events)
    answer = door.ask("POST", f"/webhooks/email/{name}", body=request.body, headers=dict(request.headers))
    event = door.events(before + 1)[-1]
    assert answer.status == 200
    assert (event.data.provider, event.data.address, event.account) == (name, OURS, "acme")
    assert "authorization" not in event.data.headers


@pytest.mark.parametrize("name", PROVIDERS)
def test_an_unproven_mail_is_refused_and_reaches_no_queue(door, name):
    """Without its password, or with a signature of yesterday."""
    request, rows = PROVIDERS[name][2], len(door.intake_rows())
    headers = {"content-type": request.headers.get("content-type", "application/json")}
    answer = door.ask("POST", f"/webhooks/email/{name}", body=request.body, headers=headers)
    assert (answer.status, len(door.intake_rows())) == (403, rows)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_mail_for_nobody_here_is_refused(door, name):
    """Before anybody's secret is tried."""
    answer = door.ask("POST", f"/webhooks/email/{name}", body=urlencode({"recipient": "x@y.example"}).encode())
    assert answer.status == 404
