"""The target of a kind, made for one import."""

from __future__ import annotations

from dataclasses import dataclass

from parc.importers.choices import Choices
from parc.importers.kinds.fields import Kind
from parc.importers.targets.assets import AssetTarget
from parc.importers.targets.people import PersonTarget
from parc.importers.targets.places import PlaceTarget
from parc.importers.targets.target import Target
from parc.secret_box import SecretBox
from parc.services.assets import DEFAULT_TAG_PATTERN
from parc.services.permissions import Action


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """What targets need of the settings."""

    tag_pattern: str = DEFAULT_TAG_PATTERN
    box: SecretBox | None = None


RIGHTS = {
    "assets": Action.EDIT_ASSET,
    "people": Action.EDIT_PERSON,
    "places": Action.EDIT_PLACE,
}


def make_target(
    kind: Kind, choices: Choices, key: tuple[str, ...], settings: TargetSettings
) -> Target:
    """Give what plans and writes records of a kind.

    Raises:
        KeyError: no such kind can be written.
    """
    match kind.name:
        case "assets":
            return AssetTarget(choices, key, settings.tag_pattern)
        case "people":
            return PersonTarget(choices, key)
        case "places":
            return PlaceTarget(choices)
        case _:
            raise KeyError(kind.name)
