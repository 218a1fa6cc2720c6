"""Which asset bears a tag, on both databases."""

from __future__ import annotations

import pytest

from parc.extensions import db, transaction
from parc.queries.asset_tags import tagged_assets
from parc.queries.incidents import find_tags
from tests.factories import make_asset


@pytest.mark.usefixtures("app")
def test_tags_are_found_whatever_the_case_of_their_letters() -> None:
    with transaction() as session:
        plain = make_asset(session, asset_tag="PC-001").id
        accented = make_asset(session, asset_tag="ÉCRAN-2").id
    session = db.session()
    assert tagged_assets(session, ["pc-001", "PC-001", "ÉCRAN-2", "PC-9"]) == {
        "pc-001": plain,
        "PC-001": plain,
        "ÉCRAN-2": accented,
    }
    assert find_tags(session, ["pc-001", "PC-001", "PC-9"]) == ([plain], ["PC-9"])
