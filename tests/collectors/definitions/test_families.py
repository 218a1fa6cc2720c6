"""Definitions written from published MIBs read what ``families.toml`` has their devices say."""

from __future__ import annotations

import pytest

from tests.collectors.families import families
from tests.collectors.test_bought_firmware import read
from tests.collectors.test_golden import identified


@pytest.mark.parametrize("name", families())
def test_a_family_tells_what_its_objects_say(name: str) -> None:
    identity = read(*families()[name].lines)
    assert identity.definition == name
    assert identified(identity) == families()[name].tells
