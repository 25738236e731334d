"""Settings: every mistake is told at once, and no secret is ever shown."""

import io
import re
from pathlib import Path

import pytest
import structlog
import yaml

from workers.runtime import telemetry
from workers.runtime.settings import SettingsInvalid, load

SECRET = "hunter2-hunter2"
WEBHOOK = "whsec_" + "c2VjcmV0" * 4
EXAMPLE = Path(__file__).parents[4] / "config" / "accounts.example.yaml"
EXAMPLE_SECRETS = dict.fromkeys(re.findall(r"TROMBONE_SECRET_\w+", EXAMPLE.read_text()), SECRET) | {
    "TROMBONE_SECRET_ACME_WEBHOOK": WEBHOOK
}
TOKEN_OF_ACME = "accounts.yaml, acme.channels.sms.0.credentials.auth_token"
RABBIT = {"TROMBONE_BROKER_URL": "amqp://u:p@broker/", "TROMBONE_MEDIA_KEYS": "k1:0123456789abcdef"}


def problems(environ: dict[str, str] | None = None, config: Path | None = None, **overrides: object) -> list[str]:
    with pytest.raises(SettingsInvalid) as invalid:
        load(environ or {}, config, **overrides)
    return str(invalid.value).splitlines()


def account(**connection: object) -> dict[str, object]:
    used = {"provider": "twilio", "address": "+1", **connection}
    return {"acme": {"name": "Acme", "channels": {"sms": [used]}}}


@pytest.fixture
def logged():
    """What is written while logs are set up as a process does."""
    stream = io.StringIO()
    yield stream
    structlog.reset_defaults()


def test_without_anything_the_embedded_system_runs():
    """No variable, no file: memory, a folder and SQLite."""
    settings = load({})
    assert settings.endpoints.broker_url.get_secret_value() == "memory://"
    assert settings.accounts == {}
    assert {"sms", "webchat", "email", "whatsapp", "instagram"} <= set(settings.channels)


def test_the_example_of_accounts_loads(tmp_path):
    """What newcomers copy must work."""
    (tmp_path / "accounts.yaml").write_text(EXAMPLE.read_text())
    settings = load({**EXAMPLE_SECRETS, "TROMBONE_CONFIG": str(tmp_path)})
    connection = settings.connection("acme", "sms")
    assert connection is not None
    assert connection.credentials == {"account_sid": "AC" + "0" * 32, "auth_token": SECRET}


def test_a_file_of_the_folder_replaces_ours_and_the_others_stay(tmp_path):
    """A deployment writes only what it wants otherwise."""
    queues = yaml.safe_load((EXAMPLE.parent / "queues.yaml").read_text())
    (tmp_path / "queues.yaml").write_text(yaml.safe_dump(queues | {"delivery_limit": 9}))
    settings = load({}, tmp_path)
    assert settings.queues.delivery_limit == 9
    assert settings.channels == load({}).channels


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"TROMBONE_BROKERURL": "amqp://x"}, "TROMBONE_BROKERURL: there is no such setting"),
        ({"TROMBONE_PUBLIC_URL": "ftp://x"}, "TROMBONE_PUBLIC_URL: URL scheme should be 'http' or 'https'"),
        ({"TROMBONE_LEASE_SECONDS": "0"}, "TROMBONE_LEASE_SECONDS: Input should be greater than 0"),
        ({"TROMBONE_LOG_LEVEL": "loud"}, "TROMBONE_LOG_LEVEL: String should match pattern"),
        ({"TROMBONE_STORE_URL": "/data"}, "TROMBONE_STORE_URL: begins with one of file:, s3://"),
        ({"TROMBONE_DATABASE_URL": "mysql://x"}, "TROMBONE_DATABASE_URL: begins with one of sqlite:///"),
        ({"TROMBONE_BROKER_URL": "amqp://x/"}, "TROMBONE_MEDIA_KEYS: must be set"),
    ],
)
def test_a_wrong_variable_is_told(environ, problem):
    """By its name, with what is wrong."""
    (line,) = problems(environ)
    assert line.startswith(problem)


def test_every_mistake_is_told_at_once():
    """An operator does not mend one to meet the next."""
    accounts = account(credentials={"auth_token": {"env": "TROMBONE_SECRET_MISSING"}}, provider="vonage")
    queues = load({}).queues.model_dump()
    queues["workers"]["fetcher"]["ladder"] = [1, 7]
    environ = {**RABBIT, "TROMBONE_PRODUCTION": "true", "TROMBONE_FETCH_ALLOW": "127.0.0.1:1, 10.0.0.1:2"}
    assert problems(environ, accounts=accounts, queues=queues) == [
        "queues.yaml, workers.fetcher.ladder: 7 is not one of the tiers",
        "accounts.yaml, acme.channels.sms.0: no provider 'vonage' of 'sms' in channels.yaml",
        f"{TOKEN_OF_ACME}: environment variable TROMBONE_SECRET_MISSING is not set",
        "TROMBONE_FETCH_ALLOW: private addresses are not fetched in production",
    ]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"adress": "+1"}, "accounts.yaml, acme.channels.sms.0.adress: there is no such setting"),
        ({"address": 7}, "accounts.yaml, acme.channels.sms.0.address: Input should be a valid string"),
    ],
    ids=["an unknown key", "a wrong value"],
)
def test_a_mistake_hides_no_other(tmp_path, wrong, told):
    """A secret that is missing is told beside it, and so is a variable."""
    accounts = account(credentials={"auth_token": {"env": "TROMBONE_SECRET_MISSING"}}, **wrong)
    queues = yaml.safe_load((EXAMPLE.parent / "queues.yaml").read_text())
    (tmp_path / "queues.yaml").write_text(yaml.safe_dump(queues | {"tiers": "often"}))
    environ = {"TROMBONE_LOG_LEVEL": "loud", "TROMBONE_STORE_URL": "/data"}
    assert problems(environ, tmp_path, accounts=accounts) == [
        "TROMBONE_LOG_LEVEL: String should match pattern '^(?i:debug|info|warning|error|critical)$'",
        "queues.yaml, tiers: Input should be a valid list",
        told,
        f"{TOKEN_OF_ACME}: environment variable TROMBONE_SECRET_MISSING is not set",
        "TROMBONE_STORE_URL: begins with one of file:, s3://",
    ]


def test_a_file_of_channels_that_is_wrong_accuses_no_account(tmp_path):
    """What its own providers are called nobody knows yet."""
    (tmp_path / "channels.yaml").write_text("fax: {acme_fax: {inbound: 7}}")
    lines = problems({}, tmp_path, accounts=account(provider="acme_fax"))
    assert {line.partition(",")[0] for line in lines} == {"channels.yaml"}


def test_every_unknown_key_is_told(tmp_path):
    """In every file, with its place."""
    (tmp_path / "accounts.yaml").write_text("acme: {name: Acme, chanels: {}}\n")
    (tmp_path / "queues.yaml").write_text("tiers: [1]\ndelivery_limit: 5\nworkers: {}\nladders: []\n")
    assert problems({}, tmp_path) == [
        "queues.yaml, ladders: there is no such setting",
        "accounts.yaml, acme.channels: is missing",
        "accounts.yaml, acme.chanels: there is no such setting",
    ]


def test_files_that_cannot_be_read_are_told_by_line(tmp_path):
    """Without quoting the line, which may hold a secret."""
    (tmp_path / "accounts.yaml").write_text(f"acme:\n  name: [{SECRET}\n")
    (tmp_path / "queues.yaml").write_bytes(b"\xff\xfe\x00tiers")
    (tmp_path / "renditions.yaml").write_text("[1, 2]")
    found = problems({}, tmp_path)
    assert [line.partition(":")[0] for line in found] == ["queues.yaml", "accounts.yaml, line 3"]
    assert SECRET not in "\n".join(found)


def test_a_file_of_the_wrong_shape_is_told(tmp_path):
    """A list where names are wanted."""
    (tmp_path / "accounts.yaml").write_text("[1, 2]")
    assert problems({}, tmp_path) == ["accounts.yaml: Input should be a valid dictionary"]


def test_a_folder_that_does_not_exist_is_told(tmp_path):
    """Nobody runs for weeks on settings that were never read."""
    (line,) = problems({"TROMBONE_CONFIG": str(tmp_path / "nowhere")})
    assert line.endswith("there is no such folder")


@pytest.mark.parametrize(
    "credential", [{}, {"value": "x", "env": "TROMBONE_SECRET_X"}, {"env": "TROMBONE_SECRET_X", "file": "/x"}]
)
def test_a_credential_has_one_origin(credential):
    """Neither none nor two."""
    given = {"TROMBONE_SECRET_X": SECRET}
    (line,) = problems(given, accounts=account(credentials={"auth_token": credential}))
    assert line.endswith("give one of value, env and file")


def test_a_credential_can_lie_in_a_file(tmp_path):
    """As container platforms hand secrets over; the line end that editors leave is no part of it."""
    (tmp_path / "token").write_text(f"{SECRET}\n")
    settings = load({}, accounts=account(credentials={"auth_token": {"file": str(tmp_path / "token")}}))
    connection = settings.connection("acme", "sms")
    assert connection is not None
    assert connection.credentials == {"auth_token": SECRET}
    assert SECRET in telemetry.secrets_in(settings)


@pytest.mark.parametrize("content", [None, b"", b" \n", b"\xff\xfe\xff"])
def test_a_file_without_a_secret_is_told(tmp_path, content):
    """Missing, empty or not text: said at start, not when the first customer writes."""
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    (line,) = problems({}, accounts=account(credentials={"auth_token": {"file": str(path)}}))
    assert line == f"accounts.yaml, acme.channels.sms.0.credentials.auth_token: {path} cannot be read, or is empty"


HOOK = {"id": "helpdesk", "url": "https://x.example/", "secret": {"value": WEBHOOK}, "events": ["message.changed"]}


def with_webhooks(*hooks: object) -> dict[str, object]:
    return {"acme": {"name": "Acme", "channels": {}, "webhooks": list(hooks)}}


def test_a_webhooks_secrets_come_resolved(tmp_path):
    """The new one signs first; neither prints."""
    path = tmp_path / "old"
    path.write_text(f"{WEBHOOK}\n")
    new = WEBHOOK.replace("c2", "c3")
    hook = HOOK | {"secret": {"env": "TROMBONE_SECRET_NEW"}, "previous_secret": {"file": str(path)}}
    settings = load({"TROMBONE_SECRET_NEW": new}, accounts=with_webhooks(hook))
    (subscriber,) = settings.subscribers()
    assert (subscriber.account, subscriber.webhook, subscriber.secrets) == ("acme", "helpdesk", (new, WEBHOOK))
    assert not [one for one in (new, WEBHOOK) if one in f"{subscriber!r} {settings!r}"]
    assert {new, WEBHOOK} <= telemetry.secrets_in(settings)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"secret": {"value": SECRET}}, "accounts.yaml, acme.webhooks.helpdesk: a secret is wrong: "),
        (
            {"secret": {"env": "TROMBONE_SECRET_NO"}},
            "accounts.yaml, acme.webhooks.helpdesk.secret: environment ",
        ),
        ({"url": "ftp://x.example"}, "accounts.yaml, acme.webhooks.0.url: "),
        ({"events": []}, "accounts.yaml, acme.webhooks.0.events: "),
        ({"events": ["ticket.closed"]}, "accounts.yaml, acme.webhooks.0.events.0: "),
        ({"id": "a b"}, "accounts.yaml, acme.webhooks.0.id: "),
    ],
)
def test_a_wrong_webhook_is_told(change, problem):
    """Before the first notice, and without its secret."""
    (line,) = problems({}, accounts=with_webhooks(HOOK | change))
    assert line.startswith(problem)
    assert SECRET not in line


def test_a_webhooks_name_is_there_once():
    """Its place in the conversations is kept under it."""
    assert problems({}, accounts=with_webhooks(HOOK, HOOK)) == ["accounts.yaml, acme.webhooks: helpdesk is there twice"]


def test_an_address_belongs_to_one_connection():
    """Else a customer's message would be two tenants'."""
    rival = {"rival": account()["acme"]}
    (line,) = problems({}, accounts=account() | rival)
    assert line == "accounts.yaml, rival.channels.sms.0.address: +1 is taken by accounts.yaml, acme.channels.sms.0"


def test_the_kind_of_number_changes_only_what_it_says():
    """Of a toll-free number the rate, of a long code the sizes; everything else is the provider's."""
    settings = load({}, accounts=account(options={"number_type": "long_code"}))
    connection = settings.connection("acme", "sms")
    assert connection is not None
    usual, long_code = settings.limits("sms", "twilio").outbound, settings.limits_of(connection).outbound
    assert (usual.max_message_bytes.value, long_code.max_message_bytes.value) == (600_000, 1_000_000)
    assert long_code.kinds["video"].max_bytes.value == 1_000_000
    assert long_code.kinds["video"].media_types == usual.kinds["video"].media_types
    assert long_code.max_text == usual.max_text
    toll_free = settings.limits("sms", "twilio").of({"number_type": "toll_free"}).outbound
    assert toll_free.messages_per_second is not None
    assert (usual.messages_per_second, toll_free.messages_per_second.value, toll_free.kinds) == (None, 3, usual.kinds)


def test_a_kind_of_number_that_nobody_knows_is_told():
    """Instead of limits that are not the number's."""
    (line,) = problems({}, accounts=account(options={"number_type": "alphanumeric"}))
    assert line == "accounts.yaml, acme.channels.sms.0.options.number_type: one of long_code, toll_free, short_code"


@pytest.mark.parametrize(
    ("variants", "problem"),
    [
        ({"number_type": {"long_code": {"max_txt": 1}}}, "variants.number_type.long_code.max_txt: there is no"),
        ({"number_type": {"long_code": {"max_text": {"value": 1}}}}, "variants.number_type.long_code.max_text.source"),
        ({"number_type": 7}, "variants.number_type: Input should be a valid dictionary"),
        ([], "variants: Input should be a valid dictionary"),
    ],
)
def test_a_variant_is_checked_like_the_rest(tmp_path, variants, problem):
    """A mistake in it is told with its place, and a number of it has a source too."""
    channels = yaml.safe_load((EXAMPLE.parent / "channels.yaml").read_text())
    channels["sms"]["twilio"]["variants"] = variants
    (tmp_path / "channels.yaml").write_text(yaml.safe_dump(channels))
    assert any(line.startswith(f"channels.yaml, sms.twilio.{problem}") for line in problems({}, tmp_path))


def test_sandboxes_are_for_demos(tmp_path):
    """Production refuses to fetch from private addresses; without it they may be allowed by name."""
    allowed = load({"TROMBONE_FETCH_ALLOW": "127.0.0.1:1, [::1]:2"}).endpoints.fetch_allow
    assert allowed == ["127.0.0.1:1", "[::1]:2"]
    assert load({"TROMBONE_PRODUCTION": "true"}).endpoints.production


def test_secrets_never_print():
    """Not of the environment, not of a file, not of an endpoint, not of a connection."""
    environ = {
        **RABBIT,
        **EXAMPLE_SECRETS,
        "TROMBONE_DATABASE_URL": f"postgresql://u:{SECRET}@db/x",
        "TROMBONE_STORE_URL": f"s3://key:{SECRET}@store/bucket",
    }
    settings = load(environ, accounts=account(credentials={"auth_token": {"value": SECRET}}))
    connection = settings.connection("acme", "sms")
    shown = [repr(settings), str(settings), repr(connection), str(connection), settings.model_dump_json()]
    assert connection is not None
    assert connection.credentials["auth_token"] == SECRET
    assert not any(SECRET in text for text in shown)


def test_secrets_never_reach_a_log(logged):
    """Whatever string they hide in."""
    settings = load(
        {**RABBIT, "TROMBONE_DATABASE_URL": f"postgresql://u:{SECRET}@db/x"},
        accounts=account(credentials={"auth_token": {"value": "a-token-of-twilio"}}),
    )
    telemetry.configure("info", telemetry.secrets_in(settings), stream=logged)
    structlog.get_logger().info(
        "thing.failed", url=f"https://x/?t={SECRET}", token="a-token-of-twilio", key="0123456789abcdef"
    )
    written = logged.getvalue()
    assert "thing.failed" in written
    assert not any(secret in written for secret in (SECRET, "a-token-of-twilio", "0123456789abcdef"))


def test_a_mistake_does_not_show_its_secret():
    """The value of a wrong variable is not repeated."""
    found = problems({"TROMBONE_BROKER_URL": f"http://u:{SECRET}@x", "TROMBONE_SECRET_X": SECRET})
    assert SECRET not in "\n".join(found)


def test_the_only_connection_needs_no_address():
    """And of two nobody guesses."""
    one = load({}, accounts=account())
    assert one.connection("acme", "sms") == one.connection("acme", "sms", "+1") is not None
    assert (one.connection("acme", "sms", "+2"), one.connection("acme", "webchat"), one.connection("b", "sms")) == (
        None,
        None,
        None,
    )


def test_connections_can_be_narrowed():
    """By channel, and by provider."""
    settings = load({}, accounts=account())
    assert len(settings.connections()) == len(settings.connections("sms", "twilio")) == 1
    assert settings.connections("webchat") == settings.connections("sms", "vonage") == []


def test_who_promises_a_receipt_says_in_what_time():
    """And nobody else: what is never told cannot be missed."""
    providers = [
        (f"{channel} {provider}", limits.outbound)
        for channel, providers in load({}).channels.items()
        for provider, limits in providers.items()
    ]
    promised = {name for name, limits in providers if "delivered" in limits.receipts.value}
    assert promised == {name for name, limits in providers if limits.receipt_within_seconds}
    assert promised


def test_a_file_of_ours_that_is_wrong_is_told_and_not_tried_for_ever(monkeypatch):
    """A broken installation ends like any other mistake: with a line for it."""
    monkeypatch.setattr("workers.runtime.settings._text", lambda name, _: "" if name == "queues.yaml" else "{}")
    assert "queues.yaml, tiers: is missing" in problems()
