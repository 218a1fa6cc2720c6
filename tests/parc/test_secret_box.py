"""Tests of the secret box: what it refuses to open, and how its key ring is kept."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from parc.errors import SecretError
from parc.secret_box import SecretBox, add_key, drop_other_keys, load_box, make_key_line

SECRET = b"canary"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "master.key"


def test_what_is_sealed_opens_only_at_its_place(path: Path) -> None:
    box = load_box(path, {})
    sealed = box.seal_with_key(SECRET, "credential:1")[1]
    assert SECRET not in sealed
    assert box.open(sealed, box.key_id, "credential:1") == SECRET
    for place in ("credential:2", "credential:11", ""):
        with pytest.raises(SecretError, match="cannot be opened"):
            box.open(sealed, box.key_id, place)


def test_changed_octet_and_short_value_are_refused(path: Path) -> None:
    box = load_box(path, {})
    sealed = box.seal_with_key(SECRET, "p")[1]
    for wrong in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:5], b""):
        with pytest.raises(SecretError):
            box.open(wrong, box.key_id, "p")


def test_same_secret_is_never_sealed_the_same_twice(path: Path) -> None:
    box = load_box(path, {})
    assert box.seal_with_key(SECRET, "p")[1] != box.seal_with_key(SECRET, "p")[1]


def test_ring_is_made_for_its_owner_alone_and_read_again(path: Path) -> None:
    box = load_box(path, {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["master.key"]
    again = load_box(path, {})
    assert again.open(box.seal_with_key(SECRET, "p")[1], box.key_id, "p") == SECRET


def test_ring_that_others_can_read_is_refused(path: Path) -> None:
    load_box(path, {})
    path.chmod(0o640)
    with pytest.raises(SecretError, match="chmod 600"):
        load_box(path, {})


@pytest.mark.parametrize("text", ["x", "a: !!!", "a: YWJj", "a:"])
def test_damaged_ring_is_refused_without_showing_it(path: Path, text: str) -> None:
    load_box(path, {})
    path.write_text(text, encoding="ascii")
    with pytest.raises(SecretError, match="damaged") as caught:
        load_box(path, {})
    assert "YWJj" not in str(caught.value)


def test_environment_comes_before_the_file_and_makes_none(path: Path) -> None:
    line = make_key_line()
    box = load_box(path, {"PARC_MASTER_KEY": line})
    assert box.key_id == line.partition(":")[0]
    assert not path.exists()


def test_empty_ring_is_refused() -> None:
    with pytest.raises(SecretError, match="empty"):
        SecretBox({})


def test_box_shows_no_key(path: Path) -> None:
    box = load_box(path, {})
    assert repr(box) == "SecretBox(1 keys)"


def test_running_box_learns_of_a_new_key_and_seals_with_it(path: Path) -> None:
    box = load_box(path, {})
    old_id, sealed = box.seal_with_key(SECRET, "p")
    new_id = add_key(path)
    assert box.seal_with_key(SECRET, "p")[0] == new_id
    assert box.open(sealed, old_id, "p") == SECRET
    drop_other_keys(path, new_id)
    assert load_box(path, {}).key_ids == (new_id,)


def test_value_of_a_dropped_key_is_refused_by_its_name(path: Path) -> None:
    old_id, sealed = load_box(path, {}).seal_with_key(SECRET, "p")
    drop_other_keys(path, add_key(path))
    with pytest.raises(SecretError, match=old_id):
        load_box(path, {}).open(sealed, old_id, "p")
