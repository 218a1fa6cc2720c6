"""The target of a kind, made for one import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from parc.importers.choices import Choices
from parc.importers.kinds.fields import Kind
from parc.importers.targets.assets import AssetTarget
from parc.importers.targets.contracts import ContractTarget
from parc.importers.targets.licences import LicenceTarget
from parc.importers.targets.people import PersonTarget
from parc.importers.targets.places import PlaceTarget
from parc.importers.targets.suppliers import SupplierTarget
from parc.importers.targets.target import Target
from parc.secret_box import SecretBox
from parc.services.permissions import Action


@dataclass(frozen=True, slots=True)
class TargetSettings:
    """What targets need of the settings."""

    box: SecretBox | None = None


RIGHTS = {
    "licences": Action.EDIT_LICENCE,
    "assets": Action.EDIT_ASSET,
    "people": Action.EDIT_PERSON,
    "places": Action.EDIT_PLACE,
    "contracts": Action.EDIT_CONTRACT,
    "suppliers": Action.EDIT_CONTRACT,
}


def make_target(
    kind: Kind,
    choices: Choices,
    key: tuple[str, ...],
    settings: TargetSettings,
    headings: Sequence[str],
) -> Target:
    """Give what plans and writes records of a kind.

    Args:
        headings: of the file.

    Raises:
        KeyError: no such kind can be written.
    """
    match kind.name:
        case "licences":
            named = {n: headings[place] for n, place in choices.columns.columns.items()}
            if settings.box is None:
                raise KeyError("box")
            return LicenceTarget(choices, key, named, settings.box)
        case "assets":
            return AssetTarget(choices, key)
        case "people":
            return PersonTarget(choices, key)
        case "places":
            return PlaceTarget(choices)
        case "suppliers":
            return SupplierTarget(choices, key)
        case "contracts":
            return ContractTarget(choices)
        case _:
            raise KeyError(kind.name)
