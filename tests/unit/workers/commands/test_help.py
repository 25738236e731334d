"""The command line explains itself."""

import pytest
import typer

from workers.__main__ import app

COMMANDS = typer.main.get_command(app).commands  # type: ignore[attr-defined]
GROUPS = {name: COMMANDS[name].commands for name in ("dead", "webhooks")}
WORDS = [*([name] for name in COMMANDS), *([group, name] for group, names in GROUPS.items() for name in names)]


def test_without_a_word_it_tells_what_there_is(trombone):
    """Every command, with what it is for."""
    shown = trombone().output
    assert all(name in shown for name in COMMANDS)


@pytest.mark.parametrize("words", WORDS, ids=" ".join)
def test_every_command_has_its_help(trombone, words):
    """A sentence, its arguments and its options."""
    result = trombone(*words, "--help")
    assert result.exit_code == 0
    assert " ".join(words) in result.output
    command = COMMANDS[words[0]] if len(words) == 1 else GROUPS[words[0]][words[1]]
    assert command.help
    assert command.help.split(".")[0][:40] in " ".join(result.output.split())


def test_an_unknown_command_is_told(trombone):
    """With code 2, as every wrong use."""
    result = trombone("trumpet")
    assert result.exit_code == 2
    assert "trumpet" in result.stderr
