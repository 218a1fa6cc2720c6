"""One raw name becomes publisher, product, edition, version, architecture, language and kind.

The raw name itself is never lost: who folds keeps it beside. Names that no rule knows lose only
what is certain: architecture, language and a version at their end.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from parc.software.rules import FoldingRule, SoftwareKind, usual_rules

_CHARACTERS: Final = 300
_MARKS: Final = re.compile(r"[™®©]|\((?:R|TM|C)\)", re.IGNORECASE)
_64_BIT: Final = re.compile(
    r"[\s_-]*[(\[]?\b(?:x64|x86[_-]64|amd64|64[ -]?bits?|édition 64 bits)\b(?: edition)?[)\]]?",
    re.IGNORECASE,
)
_32_BIT: Final = re.compile(
    r"[\s_-]*[(\[]?\b(?:x86|i[3-6]86|32[ -]?bits?)\b(?: edition)?[)\]]?", re.IGNORECASE
)
_LANGUAGE: Final = re.compile(
    r"[\s,-]*(?:[(\[](?:\w+[ ,])*(?P<name>fr|fra|french|français|en|eng|english|anglais|de|german|"
    r"es|spanish|it|italian|nl|dutch)[)\]]|\s-\s*(?P<tag>[a-z]{2}-[a-z]{2})$|"
    r"\s(?P<bare>fr-FR|en-US|en-GB|de-DE)$)",
    re.IGNORECASE,
)
_LANGUAGES: Final = {
    "fra": "fr", "french": "fr", "français": "fr", "eng": "en", "english": "en", "anglais": "en",
    "german": "de", "spanish": "es", "italian": "it", "dutch": "nl",
}  # fmt: skip
_VERSION_AT_END: Final = re.compile(
    r"[\s,-]+(?:version\s+|v\.?\s?|release\s+)?(?P<version>\d+(?:[._]\d+)+[a-z]?\d*)$",
    re.IGNORECASE,
)
# name-version-release of RPM, name_version-revision of dpkg, as hrSWInstalledName gives them.
_PACKAGE: Final = re.compile(
    r"(?P<product>[A-Za-z][A-Za-z0-9+.-]*?)"
    r"(?:-(?P<rpm>\d[\w.+~^]*-\d[\w.+~^]*?)(?:\.noarch)?"
    r"|_(?P<dpkg>(?:\d+:)?\d[\w.+~-]*?)(?:_(?:all|amd64|i386|arm64|armhf))?)\.?"
)
_LEGAL_FORM: Final = re.compile(
    r"[,\s]+(?:inc|incorporated|corp|corporation|co|ltd|limited|llc|gmbh|ag|s\.?a\.?(?:r\.?l\.?|s\.?)?|"
    r"b\.?v|oy|ab|software foundation|systems incorporated)\.?$",
    re.IGNORECASE,
)
# OCS gives the home page of a package of Linux in place of its publisher.
_ADDRESS: Final = re.compile(r"(?:[a-z]{3,6}://|www\.)\S+", re.IGNORECASE)
_MAIL: Final = re.compile(r"\s*<[^<>]{0,200}@[^<>]{0,200}>$")
_BLANKS: Final = re.compile(r"\s+")


_OF_OTHERS: Final = frozenset({SoftwareKind.UPDATE, SoftwareKind.LANGUAGE_PACK})


@dataclass(frozen=True, slots=True)
class Folded:
    """What a raw name means.

    Attributes:
        rule: id of the rule that knew it; None for a name that no rule knows.
    """

    product: str
    publisher: str | None = None
    edition: str | None = None
    version: str | None = None
    architecture: str | None = None
    language: str | None = None
    kind: SoftwareKind = SoftwareKind.PRODUCT
    rule: str | None = None


def fold(
    name: str,
    publisher: str | None = None,
    version: str | None = None,
    architecture: str | None = None,
    rules: Sequence[FoldingRule] | None = None,
) -> Folded:
    """Fold one name, with what the inventory tells beside it.

    The version in the name is the one that is bought (2021), where a rule knows it; that of the
    inventory is the build.

    Args:
        rules: in the order in which they are tried; None for those that come with Parc.
    """
    text, told_architecture = _without_architecture(_tidy(name))
    text, language = _without_language(text)
    for rule in usual_rules() if rules is None else rules:
        match = rule.pattern.fullmatch(text)
        if match is not None:
            found = _by_rule(
                rule,
                match,
                Folded(
                    text,
                    publisher=rule.publisher or short_publisher(publisher),
                    version=version,
                    architecture=architecture or told_architecture,
                    language=language,
                ),
            )
            return _of_product(found, rules) if found.kind in _OF_OTHERS else found
    bare, version_told = _without_version(text)
    return Folded(
        product=bare,
        publisher=short_publisher(publisher),
        version=version or version_told,
        architecture=architecture or told_architecture,
        language=language,
    )


def _of_product(found: Folded, rules: Sequence[FoldingRule] | None) -> Folded:
    """Give an update or a language pack with the product that it is for, where a rule knows it."""
    own = [
        rule for rule in (usual_rules() if rules is None else rules) if rule.kind not in _OF_OTHERS
    ]
    known = fold(found.product, found.publisher, rules=own)
    if known.rule is None:
        return found
    return replace(
        found,
        product=known.product,
        publisher=known.publisher,
        edition=known.edition,
        version=found.version or known.version,
    )


def product_meant(
    name: str, publisher: str | None = None, rules: Sequence[FoldingRule] | None = None
) -> Folded | None:
    """Give the product that the name of a licence means; None when no rule knows it.

    ``Microsoft Office 2021 Professional Plus`` is Microsoft Office, and ``Acrobat Pro`` of Adobe is
    Adobe Acrobat: what was bought and what is found must be one product.

    Args:
        rules: as ``fold`` takes them.
    """
    maker = short_publisher(publisher)
    for text in (name, f"{maker} {name}") if maker else (name,):
        one = fold(text, rules=rules)
        if one.rule is not None and one.kind is SoftwareKind.PRODUCT:
            return one
    return None


def _without_version(text: str) -> tuple[str, str | None]:
    """Take a version from the end of a name that no rule knows."""
    if (package := _PACKAGE.fullmatch(text)) is not None:
        return package["product"], package["rpm"] or package["dpkg"]
    at_end = _VERSION_AT_END.search(text)
    bare = text[: at_end.start()].strip(" -,") if at_end else ""
    return (bare, at_end["version"]) if at_end and bare else (text, None)


def _by_rule(rule: FoldingRule, match: re.Match[str], told: Folded) -> Folded:
    groups = {name: value for name, value in match.groupdict().items() if value}
    version = groups.get("version") or told.version
    if rule.version is not None:
        version = _filled(rule.version, {**groups, "told": told.version or ""}) or None
    return Folded(
        product=_filled(rule.product, groups),
        publisher=told.publisher,
        edition=rule.edition or groups.get("edition"),
        version=version,
        architecture=told.architecture,
        language=told.language,
        kind=rule.kind,
        rule=rule.id,
    )


def _filled(text: str, groups: Mapping[str, str]) -> str:
    return _BLANKS.sub(" ", text.format_map(_Groups(groups))).strip()


class _Groups(dict[str, str]):
    """Groups of a match; one that did not take part is nothing."""

    def __missing__(self, key: str) -> str:
        """Give nothing."""
        return ""


def short_publisher(name: str | None) -> str | None:
    """Give a publisher without its legal form: ``Igor Pavlov``, ``Mozilla``, ``Adobe``.

    An address of the web is no publisher, and nor is that of the mail behind a name.
    """
    text = _MAIL.sub("", _tidy(name or ""))
    if _ADDRESS.fullmatch(text):
        return None
    while True:
        shorter = _LEGAL_FORM.sub("", text).rstrip(" ,.")
        if shorter == text or not shorter:
            return text or None
        text = shorter


def _tidy(text: str) -> str:
    return _BLANKS.sub(" ", _MARKS.sub("", text[:_CHARACTERS])).strip()


def _without_architecture(text: str) -> tuple[str, str | None]:
    for pattern, word in ((_64_BIT, "x86_64"), (_32_BIT, "x86")):
        shorter = _BLANKS.sub(" ", pattern.sub("", text)).strip(" -,")
        if shorter and shorter != text:
            return shorter, word
    return text, None


def _without_language(text: str) -> tuple[str, str | None]:
    match = _LANGUAGE.search(text)
    if match is None:
        return text, None
    told = (match["name"] or match["tag"] or match["bare"]).casefold()
    shorter = _BLANKS.sub(" ", text[: match.start()] + text[match.end() :]).strip(" -,")
    return (shorter, _LANGUAGES.get(told, told[:2])) if shorter else (text, None)
