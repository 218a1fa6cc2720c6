"""The kinds of record that can be imported, as data: their fields, and the headings of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from parc.importers.kinds.assets import ASSETS
from parc.importers.kinds.contracts import CONTRACTS
from parc.importers.kinds.fields import Kind
from parc.importers.kinds.licences import LICENCES
from parc.importers.kinds.people import PEOPLE
from parc.importers.kinds.places import PLACES
from parc.importers.kinds.suppliers import SUPPLIERS

KINDS: Final[Mapping[str, Kind]] = {
    kind.name: kind for kind in (LICENCES, ASSETS, PEOPLE, PLACES, CONTRACTS, SUPPLIERS)
}
