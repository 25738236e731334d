"""Vectors of Twilio's documentation and SDK (twilio-python, tests/unit/test_request_validator.py, read 2026-11-22)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.sms.twilio_signature import FORM, port_variants, sign, signature_matches

TOKEN = "12345"
URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
BODY = b"Digits=1234&To=%2B18005551212&From=%2B14158675309&Caller=%2B14158675309&CallSid=CA1234567890ABCDE"
SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
JSON_BODY = b'{"property": "value", "boolean": true}'
JSON_URL = f"{URL}&bodySHA256=0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620"
JSON_SIGNATURE = "a9nBmqA0ju/hNViExpshrM61xv4="


@pytest.mark.parametrize(
    ("url", "signature"),
    [
        pytest.param(URL, SIGNATURE, id="as documented"),
        pytest.param(URL.replace(".com", ".com:1234"), SIGNATURE, id="signed without our port"),
        pytest.param(
            URL.replace(".com", ".com:1234").replace("https", "http"),
            "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            id="signed with our port over http",
        ),
        pytest.param(URL, "kvajT1Ptam85bY51eRf/AJRuM3w=", id="signed with 443"),
        pytest.param(URL.replace("https", "http"), "0ZXoZLH/DfblKGATFgpif+LLRf4=", id="signed with 80"),
    ],
)
def test_genuine_signatures_pass(url, signature):
    """Twilio signs now with the port, now without; each vector of its SDK passes."""
    assert signature_matches(TOKEN, url, FORM, BODY, signature)


def test_repeated_names_are_signed_with_each_value_once():
    """The SDK takes the sorted set of a name's values, and so do we."""
    body = b"Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234"
    assert signature_matches(TOKEN, URL, FORM, body, "IK+Dwps556ElfBT0I3Rgjkr1wJU=")


def test_other_bodies_are_covered_by_their_hash_in_the_url():
    """A JSON body passes when the signed URL names its SHA-256."""
    assert signature_matches(TOKEN, JSON_URL, "application/json", JSON_BODY, JSON_SIGNATURE)


@pytest.mark.parametrize(
    ("url", "content_type", "body", "signature"),
    [
        pytest.param(URL, FORM, BODY.replace(b"1234&", b"1235&"), SIGNATURE, id="altered body"),
        pytest.param(URL, FORM, BODY + b"&Extra=1", SIGNATURE, id="added parameter"),
        pytest.param(URL, FORM, BODY + b"&Empty=", "AAAA", id="short signature"),
        pytest.param(URL + "&x=1", FORM, BODY, SIGNATURE, id="altered query"),
        pytest.param(URL.replace("mycompany", "yourcompany"), FORM, BODY, SIGNATURE, id="another host"),
        pytest.param(URL.replace("https", "http"), FORM, BODY, SIGNATURE, id="another scheme"),
        pytest.param(URL, FORM, BODY, SIGNATURE.lower(), id="lower case"),
        pytest.param(URL, FORM, BODY, "\u00e9\udc80", id="not ASCII"),
        pytest.param(JSON_URL, "application/json", JSON_BODY + b" ", JSON_SIGNATURE, id="altered JSON"),
        pytest.param(URL, "application/json", b"", SIGNATURE, id="body taken away"),
        pytest.param(URL, "multipart/form-data; boundary=x", BODY, SIGNATURE, id="a body nobody vouches for"),
        pytest.param(URL, FORM, b"&".join(b"a%d=1" % n for n in range(5000)), SIGNATURE, id="absurdly many fields"),
    ],
)
def test_anything_altered_fails(url, content_type, body, signature):
    """One changed byte anywhere, and the signature is worth nothing."""
    assert not signature_matches(TOKEN, url, content_type, body, signature)


def test_a_url_signature_does_not_vouch_for_a_json_body_without_its_hash():
    """Twilio's SDK is lenient here; a signature over the URL alone must not let any body pass."""
    empty = "https://mycompany.com/x"
    genuine = sign(TOKEN, empty, {}).decode()
    assert signature_matches(TOKEN, empty, "", b"", genuine)
    assert not signature_matches(TOKEN, empty, "application/json", b"{}", genuine)


def test_another_token_fails():
    """The key is the account's own."""
    assert not signature_matches("12346", URL, FORM, BODY, SIGNATURE)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.test", ("https://a.test", "https://a.test:443")),
        ("http://a.test:8080/x:1?y=:2", ("http://a.test/x:1?y=:2", "http://a.test:8080/x:1?y=:2")),
        ("http://[::1]:8080/", ("http://[::1]/", "http://[::1]:8080/")),
        ("http://[::1]/", ("http://[::1]/", "http://[::1]:80/")),
        ("ftp://a.test/", ("ftp://a.test/", "ftp://a.test/")),
    ],
)
def test_ports_come_and_go(url, expected):
    """Only the authority's port moves, never a colon elsewhere."""
    assert port_variants(url) == expected


@given(body=st.binary(max_size=200), claimed=st.text(max_size=40), content_type=st.sampled_from([FORM, "", "a/b"]))
def test_nothing_from_outside_makes_it_raise(body, claimed, content_type):
    """Whatever comes, the answer is yes or no."""
    assert signature_matches(TOKEN, URL, content_type, body, claimed) is False
