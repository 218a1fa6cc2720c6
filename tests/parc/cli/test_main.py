"""What the command says when a person's input cannot be taken."""

from __future__ import annotations

import click
import pytest

from parc import __main__
from parc.errors import FieldProblem, InvalidInputError


def test_wrong_input_is_told_in_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    @click.command()
    def refuse() -> None:
        raise InvalidInputError(
            [FieldProblem("cost", "not_an_amount", "x"), FieldProblem("name", "required")]
        )

    monkeypatch.setitem(__main__.parc.commands, "refuse", refuse)
    monkeypatch.setattr("sys.argv", ["parc", "refuse"])
    with pytest.raises(SystemExit) as caught:
        __main__.main()
    assert caught.value.code == 1
    told = capsys.readouterr().err
    assert told == (
        "parc: cost: x is not an amount; write one such as 1234.56. name: This field is needed.\n"
    )
