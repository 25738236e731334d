"""The page's words: whatever may be refused, French agents read it in French."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deliver import telegram
from deliver.email import outcomes
from deliver.instagram import meta_errors as instagram
from deliver.sms import telnyx_errors, twilio_errors
from deliver.whatsapp import meta_errors as whatsapp
from ingest.email import verdicts
from schemas.reasons import reasons

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "workers" / "gateway" / "page"
FRENCH = msgspec.json.decode((PAGE / "reasons.fr.json").read_bytes())
MAKERS = ("Problem", "unauthorized", "Warned", "Retry")
"""Beside `Reason`: what else gives a code that an agent may see."""


def given_codes() -> set[str]:
    """Of the whole code base; one that is put together at run time is a provider's, and known by its sentence."""
    given = {one.code for one in reasons(ROOT) if "…" not in one.code}
    for folder in ("workers", "ingest", "deliver", "thumbnails"):
        for path in (ROOT / folder).rglob("*.py"):
            if not {"sandbox", "demo"} & set(path.parts):
                given |= set(codes_in(ast.parse(path.read_text())))
    return given


def codes_in(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in MAKERS:
            words = [one.value for one in [*node.args, *(keyword.value for keyword in node.keywords)] if text(one)]
            yield from [word for word in words if re.fullmatch(r"[a-z]+(_[a-z]+)+|unavailable", word)][:1]


def text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def provider_sentences() -> set[str]:
    """What the tables say of the providers' own codes, and of those that no table knows."""
    channels = (instagram.ERRORS, whatsapp.ERRORS, twilio_errors.ERRORS, telnyx_errors.ERRORS, telegram.MEANINGS)
    said = {one.sentence for table in (*channels, outcomes.BASIC, outcomes.ENHANCED) for one in table.values()}
    said |= set(verdicts.SENTENCES.values())
    said |= {f"{who} refused the message." for who in ("Twilio", "Telnyx", "Telegram", "WhatsApp", "Instagram")}
    return said | {f"{who} refused the message; see the provider's text." for who in ("WhatsApp", "Instagram")}


def test_every_code_has_a_french_sentence():
    """A code that is new has to be translated before it ships."""
    assert sorted(given_codes() - set(FRENCH["codes"])) == []


def test_every_sentence_about_a_providers_code_is_translated():
    """Those codes are numbers, and many share a sentence."""
    assert sorted(provider_sentences() - set(FRENCH["sentences"])) == []


@pytest.mark.parametrize("code", sorted(FRENCH["codes"]))
def test_a_french_sentence_asks_for_numbers_that_a_reason_has(code):
    """By a name and a unit that the page can fill in."""
    tokens = re.findall(r"\{([^}]*)\}", FRENCH["codes"][code])
    assert [one for one in tokens if not re.fullmatch(r"(actual|limit)(:(bytes|millions|minutes))?", one)] == []


def test_both_languages_have_the_same_words():
    """What is said in one is said in the other, with as many values."""
    script = (PAGE / "words.js").read_text()
    english, french = (
        dict(re.findall(r"^  (\w+): \"(.*)\",$", block, re.MULTILINE))
        for block in re.findall(r"const (?:ENGLISH|FRENCH) = \{\n(.*?)\n\};", script, re.DOTALL)
    )
    assert sorted(english) == sorted(french)
    values = re.compile(r"\{\d\}")
    assert [key for key in english if sorted(values.findall(english[key])) != sorted(values.findall(french[key]))] == []
