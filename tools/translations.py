"""Catalogues of translations: extract, update and compile, by ``make translations``.

The catalogues hold no line numbers, no dates and no obsolete messages and are sorted, so that two
people who add texts at the same time seldom touch the same lines. English is the language of the
source and has no catalogue; the compiled files are not kept in version control.

    python -m tools.translations            # extract, update and compile
    python -m tools.translations compile    # compile alone, for the set-up
    python -m tools.translations check      # write nothing; fail when a catalogue is out of date
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "parc" / "translations"
LANGUAGES = ("fr",)
_METHODS = [("parc/**.py", "python"), ("templates/**.html", "jinja2")]
_OPTIONS = {"jinja2": {"trimmed": "true", "silent": "false"}}
_KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
    "lazy_ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_pgettext": ((1, "c"), 2),
    "_in": ((1, "c"), 2),
}


def extract() -> Catalog:
    """Find every text of the code and the templates."""
    catalog = Catalog(fuzzy=False)
    options = {pattern: _OPTIONS.get(method, {}) for pattern, method in _METHODS}
    found = extract_from_dir(
        ROOT,
        method_map=_METHODS,
        options_map=options,
        keywords=_KEYWORDS,
        comment_tags=("Translators:",),
        strip_comment_tags=True,
        directory_filter=_is_source,
    )
    for _file, _line, text, comments, context in found:
        catalog.add(text, None, auto_comments=comments, context=context)
    return catalog


def catalogue_path(language: str) -> Path:
    """Give the place of a catalogue."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """Read a catalogue; an empty one when there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> Catalog:
    """Give the catalogue with today's texts: new ones empty, vanished ones gone."""
    old, new = read(language), Catalog(locale=language, fuzzy=False)
    for message in extract():
        if message.id:
            known = old.get(message.id, message.context)
            string = known.string if known is not None and not known.fuzzy else ""
            new.add(
                message.id,
                string or (("",) * new.num_plurals if message.pluralizable else ""),
                auto_comments=message.auto_comments,
                context=message.context,
                flags=message.flags - {"fuzzy"},
            )
    return new


def to_text(catalog: Catalog) -> bytes:
    """Write a catalogue as its file holds it."""
    body = BytesIO()
    write_po(
        body,
        catalog,
        width=100,
        no_location=True,
        omit_header=True,
        sort_output=True,
        ignore_obsolete=True,
    )
    language = catalog.locale_identifier
    header = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n'
        '"MIME-Version: 1.0\\n"\n'
        '"Content-Type: text/plain; charset=utf-8\\n"\n'
        '"Content-Transfer-Encoding: 8bit\\n"\n'
        f'"Plural-Forms: {catalog.plural_forms}\\n"\n\n'
    )
    return header.encode() + body.getvalue()


def untranslated(catalog: Catalog) -> list[str]:
    """List the texts that have no translation, or an unsure one."""
    return [_name(message) for message in catalog if message.id and not _is_done(message)]


def compile_all() -> None:
    """Write the compiled catalogues that the product reads."""
    for language in LANGUAGES:
        target = catalogue_path(language).with_suffix(".mo")
        temporary = target.with_suffix(".mo.new")
        with temporary.open("wb") as file:
            write_mo(file, read(language))
        temporary.replace(target)


def check() -> int:
    """Compare the catalogues with the code and say what is missing."""
    problems = []
    for language in LANGUAGES:
        catalog, path = update(language), catalogue_path(language)
        problems += [f"{language}: untranslated: {text}" for text in untranslated(catalog)]
        if not path.exists() or path.read_bytes() != to_text(catalog):
            problems.append(f"{path.relative_to(ROOT)} is out of date: run 'make translations'")
    sys.stdout.writelines(f"{problem}\n" for problem in problems or ["The translations are whole."])
    return 1 if problems else 0


def main(arguments: list[str]) -> int:
    """Do what the arguments say; 1 when texts are untranslated or a catalogue is out of date."""
    missing = []
    if arguments == ["check"]:
        return check()
    if arguments != ["compile"]:
        for language in LANGUAGES:
            catalog = update(language)
            catalogue_path(language).parent.mkdir(parents=True, exist_ok=True)
            catalogue_path(language).write_bytes(to_text(catalog))
            missing += [f"{language}: {text}" for text in untranslated(catalog)]
    compile_all()
    sys.stdout.writelines(f"untranslated: {line}\n" for line in missing)
    return 1 if missing else 0


def _is_source(folder: str) -> bool:
    relative = Path(folder).relative_to(ROOT) if Path(folder).is_absolute() else Path(folder)
    return not relative.parts or relative.parts[0] in {"parc", "templates"}


def _is_done(message: Message) -> bool:
    strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
    return not message.fuzzy and all(strings)


def _name(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
