"""Tests of reading settings: every problem of a file at once, each where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from parc.config import load_settings
from parc.errors import ConfigError


def _problems(tmp_path: Path, text: str, environment: dict[str, str] | None = None) -> list[str]:
    path = tmp_path / "config.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        load_settings(path, environment or {})
    assert str(caught.value).startswith(f"{path}: {len(caught.value.problems)} problem(s)")
    return [str(problem) for problem in caught.value.problems]


def test_without_a_file_the_defaults_hold_in_the_present_folder() -> None:
    settings = load_settings(None, {})
    assert settings.server.port == 8000
    assert settings.data_folder == Path("var").absolute()
    assert settings.database_url.endswith("/var/parc.db")


def test_unknown_key_is_told_with_its_line_and_the_nearest_known_one(tmp_path: Path) -> None:
    text = '[server]\nhost = "::1"\nprot = 80\n\n[discvery]\nretries = 1\n'
    assert _problems(tmp_path, text) == [
        "line 5: discvery: is not a known key (did you mean discovery?)",
        "line 3: server.prot: is not a known key (did you mean port?)",
    ]


def test_problems_of_types_bounds_and_references_are_told_together(tmp_path: Path) -> None:
    text = """\
[server]
port = "80"
threads = 0

[interface]
time_zone = "Europe/Pari"

[[credential]]
name = "a"
version = "v4"

[[credential]]
naem = "b"

[[range]]
name = "x"
include = ["10.0.0.0/24"]
credentials = ["aa"]
asset_categories = ["swich"]
every_minutes = 5
cron = "0 4 * * *"
window_start = "22:00"
"""
    assert _problems(tmp_path, text) == [
        "line 2: server.port: must be a whole number",
        "line 13: credential.naem: is not a known key (did you mean name?)",
        "line 12: credential.name: is required",
        "line 3: server.threads: must be between 1 and 64",
        "line 6: interface.time_zone: 'Europe/Pari' is no time zone (did you mean Europe/Paris?)",
        "line 10: credential.version: 'v4' is none of v1, v2c, v3",
        "line 21: range.cron: give every_minutes or cron, not both",
        "line 15: range.window_end: a window needs its start and its end",
        "line 18: range.credentials: no credential 'aa' (did you mean a?)",
        "line 19: range.asset_categories: 'swich' is no category (did you mean switch?)",
    ]


def test_broken_toml_is_told_with_its_line(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, "[server]\nport 80\n")
    assert problem.startswith("line 2: TOML: ")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("server = 1\n", "line 1: server: must be a table"),
        ('[range]\nname = "x"\n', "line 1: range: must be written as [[range]]"),
        ("[server]\nport = true\n", "line 2: server.port: must be a whole number"),
        (
            "[server]\ntrusted_hosts = [1]\n",
            "line 2: server.trusted_hosts: must be a list of texts",
        ),
        ('[server]\nbase_url = "parc.example"\n', "line 2: server.base_url: must be like"),
        ('[interface]\nlanguage = "de"\n', "line 2: interface.language: must be fr or en"),
        (
            '[interface]\nasset_tag_pattern = "P{n}"\n',
            "line 2: interface.asset_tag_pattern: must hold {number} once",
        ),
        ('[[range]]\nname = "x"\n', "line 1: range.include: needs at least one network"),
    ],
)
def test_wrong_value_is_told_with_its_line(tmp_path: Path, text: str, told: str) -> None:
    problems = _problems(tmp_path, text)
    assert len(problems) == 1
    assert problems[0].startswith(told)


def test_name_that_occurs_twice_is_told_at_the_second(tmp_path: Path) -> None:
    text = '[[credential]]\nname = "a"\n[[credential]]\nname = "a"\n'
    assert _problems(tmp_path, text) == ["line 4: credential.name: 'a' occurs twice"]


def test_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[server]\nport = 80\nthreads = 2\n", encoding="utf-8")
    environment = {
        "PARC_SERVER_PORT": "81",
        "PARC_SERVER_TRUSTED_HOSTS": "a.example, b.example",
        "PARC_DISCOVERY_TIMEOUT_SECONDS": "1",
        "PARC_DISCOVERY_ALLOW_PUBLIC_ADDRESSES": "true",
        "PARC_DATABASE_URL": "sqlite:///x.db",
        "PARC_DATA": str(tmp_path / "data"),
    }
    settings = load_settings(path, environment)
    assert (settings.server.port, settings.server.threads) == (81, 2)
    assert settings.server.trusted_hosts == ("a.example", "b.example")
    assert settings.discovery.timeout_seconds == 1.0
    assert settings.discovery.allow_public_addresses
    assert settings.database_url == "sqlite:///x.db"
    assert settings.key_path == tmp_path / "data" / "master.key"
    assert settings.path == path


@pytest.mark.parametrize(
    ("value", "told"),
    [("high", "must be a whole number"), ("99999", "must be between 1 and 65535")],
)
def test_wrong_variable_is_called_by_its_own_name(tmp_path: Path, value: str, told: str) -> None:
    problems = _problems(tmp_path, "[server]\nport = 80\n", {"PARC_SERVER_PORT": value})
    assert problems == [f"PARC_SERVER_PORT: {told}"]


def test_file_that_is_not_there_or_not_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        load_settings(tmp_path / "none.toml", {})
    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not UTF-8"):
        load_settings(path, {})


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('security = "tsl"', "mail.security: 'tsl' is none of none, starttls, tls"),
        ('roles = ["king"]', "mail.roles: 'king' is none of"),
        ('host = "mail"', "mail.from_address: must be an address such as parc@example.org"),
        ('addresses = ["nobody"]', "mail.addresses: 'nobody' is no address of e-mail"),
        ('user = "parc"', "mail.password_env: give password_env or password_file, one of the two"),
        ("port = 0", "mail.port: must be between 1 and 65535"),
    ],
)
def test_mail_server_that_cannot_be_used_is_told(tmp_path: Path, line: str, told: str) -> None:
    problems = _problems(tmp_path, f"[mail]\n{line}\n")
    assert [told in problem for problem in problems] == [True]
