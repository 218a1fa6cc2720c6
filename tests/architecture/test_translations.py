"""Every text of code and templates is in the French catalogue, translated, and no other."""

from __future__ import annotations

import re

import pytest
from babel.messages.catalog import Message

from tools.translations import LANGUAGES, catalogue_path, read, to_text, untranslated, update

_PLACES = re.compile(r"%\(\w+\)[sd]")


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_is_translated(language: str) -> None:
    assert untranslated(update(language)) == [], "run 'make translations', then translate"


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_holds_the_texts_of_today_and_no_other(language: str) -> None:
    written = catalogue_path(language).read_bytes()
    assert written == to_text(update(language)), "run 'make translations'"


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_keep_the_places_of_values(language: str) -> None:
    wrong = [message.id for message in read(language) if message.id and not _keeps_places(message)]
    assert wrong == []


def _keeps_places(message: Message) -> bool:
    ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    expected = set(_PLACES.findall(ids[-1]))
    return all(set(_PLACES.findall(str(text))) == expected for text in strings[1:] or strings)
