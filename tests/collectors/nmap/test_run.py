"""How nmap is called and ended; a program in its place records it."""

from __future__ import annotations

import ipaddress
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from collectors.addresses import Address
from collectors.nmap import run as run_module
from collectors.nmap.profiles import Profile, arguments
from collectors.nmap.run import End, NmapCapabilities, NmapRun, capabilities, find_nmap, scan
from tests.collectors.nmap.fake_nmap import START, FakeNmap, host_xml, make_fake_nmap

ONE = (ipaddress.ip_address("10.0.0.1"),)
HANGS = "sleep 60 & echo $! > {folder}/child; wait"


def scan_with(
    fake: FakeNmap,
    addresses: tuple[Address, ...] = ONE,
    profile: Profile = Profile.PRESENCE,
    *,
    is_privileged: bool = True,
    should_stop: Callable[[], bool] = lambda: False,
    timeout_seconds: float = 20,
) -> NmapRun:
    able = NmapCapabilities(str(fake.path), "7.93", is_privileged, "")
    return scan(
        addresses,
        profile,
        capabilities=able,
        packets_per_second=300,
        timeout_seconds=timeout_seconds,
        should_stop=should_stop,
    )


def hanging(folder: Path) -> FakeNmap:
    output = START + host_xml("10.0.0.1")
    return make_fake_nmap(folder, output, end=HANGS.format(folder=folder))


def has_child(folder: Path) -> bool:
    return (folder / "child").exists() and (folder / "child").read_text() != ""


def is_running(folder: Path) -> bool:
    number = int((folder / "child").read_text())
    try:
        status = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return status != "Z"


@pytest.mark.parametrize("profile", Profile)
@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("is_privileged", [True, False])
def test_every_profile_keeps_the_rules(
    profile: Profile,
    version: int,
    is_privileged: bool,  # noqa: FBT001
) -> None:
    options = arguments(profile, version=version, is_privileged=is_privileged, max_rate=0)
    assert "-n" in options
    assert options[options.index("--max-rate") + 1] == "1"
    assert not [option for option in options if " " in option or "script" in option]
    assert not {"-A", "-T4", "-T5", "-Pn", "--allports", "-p-", "-R", "-f", "-D"} & set(options)
    assert ("-6" in options) == (version == 6)
    assert ("-sS" in options or "-sU" in options or "-PE" in options) <= is_privileged


def test_options_come_first_and_addresses_behind_two_dashes(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path)
    addresses = tuple(ipaddress.IPv4Network("10.0.0.0/29").hosts())
    assert scan_with(fake, addresses).end is End.FINISHED
    (argv,) = fake.runs
    assert argv[:3] == ["-oX", "-", "-n"]
    assert argv[argv.index("--") + 1 :] == [str(address) for address in addresses]
    assert argv[argv.index("--max-rate") + 1] == "300"


HOSTILE = ["-oN", "$(touch /tmp/x)", "10.0.0.1 -oN /tmp/x", "10.0.0.1\n", "10.0.0.1\0", "a" * 65536]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_never_a_target(tmp_path: Path, text: str) -> None:
    fake = make_fake_nmap(tmp_path)
    with pytest.raises(TypeError):
        scan_with(fake, (text,))  # type: ignore[arg-type]
    assert fake.runs == []


def test_an_address_that_writes_itself_otherwise_is_refused(tmp_path: Path) -> None:
    class Sly(ipaddress.IPv4Address):
        def __str__(self) -> str:
            return "--script=x"

    with pytest.raises(TypeError):
        scan_with(make_fake_nmap(tmp_path), (Sly("10.0.0.1"),))


@pytest.mark.parametrize(
    "addresses",
    [
        (),
        (ipaddress.ip_address("10.0.0.1"), ipaddress.ip_address("fd00::1")),
        (ipaddress.ip_address("fe80::1% -oN x"),),
    ],
)
def test_what_no_single_run_can_ask_is_refused(
    tmp_path: Path, addresses: tuple[Address, ...]
) -> None:
    fake = make_fake_nmap(tmp_path)
    with pytest.raises(ValueError, match=r"address|IPv4"):
        scan_with(fake, addresses)
    assert fake.runs == []


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.ip_addresses(v=4), min_size=1, max_size=4))
def test_whatever_the_addresses_the_options_are_ours(
    tmp_path: Path, addresses: list[ipaddress.IPv4Address]
) -> None:
    fake = make_fake_nmap(tmp_path)
    for old in tmp_path.glob("argv.*"):
        old.unlink()
    scan_with(fake, tuple(addresses), Profile.INVENTORY)
    (argv,) = fake.runs
    ours = arguments(Profile.INVENTORY, version=4, is_privileged=True, max_rate=300)
    assert argv == ["-oX", "-", *ours, "--", *(str(address) for address in addresses)]


def test_the_environment_is_fixed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PARC_MASTER_KEY", "canary")
    monkeypatch.setenv("NMAPDIR", str(tmp_path))
    fake = make_fake_nmap(tmp_path)
    scan_with(fake)
    assert "canary" not in fake.environment.values()
    assert "NMAPDIR" not in fake.environment


def test_a_stop_ends_nmap_and_all_that_it_started_and_keeps_its_output(tmp_path: Path) -> None:
    stop = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        fake = hanging(tmp_path)
        future = pool.submit(scan_with, fake, should_stop=stop.is_set)
        wait_for(lambda: has_child(tmp_path))
        assert is_running(tmp_path)
        stop.set()
        run = future.result(timeout=5)
    assert run.end is End.STOPPED
    assert b"10.0.0.1" in run.body
    wait_for(lambda: not is_running(tmp_path))


def test_a_run_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    run = scan_with(hanging(tmp_path), timeout_seconds=0.3)
    assert run.end is End.TIMED_OUT
    assert b"10.0.0.1" in run.body


def test_an_nmap_that_does_not_listen_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_module, "_GRACE_SECONDS", 0.2)
    fake = make_fake_nmap(tmp_path, end="trap '' TERM; while :; do sleep 60; done")
    assert scan_with(fake, timeout_seconds=0.3).end is End.TIMED_OUT


def test_an_error_of_the_caller_leaves_no_nmap_behind(tmp_path: Path) -> None:
    def fail() -> bool:
        if has_child(tmp_path):
            raise RuntimeError
        return False

    with pytest.raises(RuntimeError):
        scan_with(hanging(tmp_path), should_stop=fail)
    wait_for(lambda: not is_running(tmp_path))


def test_output_without_end_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "OUTPUT_OCTETS", 200_000)
    fake = make_fake_nmap(tmp_path, end="exec yes '<a/>'")
    run = scan_with(fake)
    assert run.end is End.TOO_LARGE
    assert len(run.body) == 200_000


def test_a_killed_nmap_is_a_failed_run(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, START + host_xml("10.0.0.1"), end="kill -9 $$")
    run = scan_with(fake)
    assert run.end is End.FAILED
    assert b"10.0.0.1" in run.body


def test_nmaps_complaint_is_told_clean(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, messages="\x1b[31mno\nroute\u202e to host", end="exit 1")
    run = scan_with(fake)
    assert run.end is End.FAILED
    assert run.detail == "[31mno route to host"


def test_an_nmap_that_went_away_is_a_failed_run(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path)
    scan_with(fake)
    fake.path.unlink()
    assert scan_with(fake).end is End.FAILED


def test_many_threads_do_not_mix_their_runs(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, end='echo "<!-- ${*} -->"')
    addresses = [ipaddress.ip_address(0x0A000000 + number) for number in range(12)]
    with ThreadPoolExecutor(4) as pool:
        runs = list(pool.map(lambda address: scan_with(fake, (address,)), addresses))
    for address, run in zip(addresses, runs, strict=True):
        assert run.body.endswith(f" -- {address} -->\n".encode())


def test_a_program_that_is_not_nmap_is_not_used() -> None:
    able = capabilities("/bin/echo")
    assert able.path is None
    assert "not nmap" in able.detail


def test_a_wrong_path_is_said(tmp_path: Path) -> None:
    assert capabilities(str(tmp_path / "missing")).path is None
    assert find_nmap("nmap") is None


def test_no_nmap_cannot_scan() -> None:
    none = NmapCapabilities(None, None, is_privileged=False, detail="nmap is not installed")
    with pytest.raises(ValueError, match="no nmap"):
        scan(ONE, Profile.PORTS, capabilities=none, packets_per_second=1, timeout_seconds=1)


def test_an_nmap_without_raw_sockets_is_unprivileged(tmp_path: Path) -> None:
    fake = make_fake_nmap(tmp_path, messages="requires root privileges", end="exit 1")
    able = capabilities(str(fake.path))
    assert able == NmapCapabilities(str(fake.path), "7.93", False, able.detail)  # noqa: FBT003
    assert "TCP connect only" in able.detail
    assert fake.runs[0][-2:] == ["--", "127.0.0.1"]


@pytest.mark.network
def test_the_real_nmap_tells_what_it_can() -> None:
    if find_nmap() is None:
        pytest.skip("nmap is not installed (Debian package nmap)")
    able = capabilities()
    assert able.path is not None
    assert Path(able.path).is_absolute()
    assert able.version is not None


def wait_for(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.01)
