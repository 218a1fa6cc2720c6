#!/usr/bin/env bash
# Install what the tests need of Debian's packages, only what is missing.
# Without root or sudo: say what is missing and how to install it, and fail.
set -euo pipefail

missing=()
optional=() # real agents and a proxy before them: their tests say when they are missing
need() { # need PACKAGE FILE-OR-PROGRAM...: the package is needed when none of them is there
    local package=$1
    shift
    for place in "$@"; do
        if command -v "$place" >/dev/null 2>&1 || compgen -G "$place" >/dev/null; then
            return
        fi
    done
    missing+=("$package")
}

want() { # want PACKAGE PROGRAM: installed where the distribution has the package
    command -v "$2" >/dev/null 2>&1 || optional+=("$1")
}

export PATH=$PATH:/usr/sbin:/sbin
need nmap nmap
need snmpd snmpd
need snmp snmpbulkwalk
need chromium chromium chromium-browser
need postgresql initdb "/usr/lib/postgresql/*/bin/initdb"
need iproute2 ip
need fonts-dejavu-core "/usr/share/fonts/truetype/*/*.ttf"

want nginx nginx
want fusioninventory-agent fusioninventory-agent
want ocsinventory-agent ocsinventory-agent

is_there() { # is_there PACKAGE: the lists that are at hand hold it
    apt-cache show "$1" >/dev/null 2>&1
}

if [ ${#missing[@]} -eq 0 ]; then
    if [ ${#optional[@]} -eq 0 ] || ! command -v apt-get >/dev/null; then
        exit 0
    fi
    # Lists that are there and do not hold them need not be fetched each time.
    if [ "$(id -u)" -ne 0 ] || { is_there nmap && ! is_there "${optional[0]}"; }; then
        exit 0
    fi
fi
command="apt-get install -y --no-install-recommends ${missing[*]:-}"
if ! command -v apt-get >/dev/null; then
    echo "The tests need these programs, by their Debian names: ${missing[*]}" >&2
    exit 1
fi
if [ "$(id -u)" -eq 0 ]; then
    as_root=()
elif command -v sudo >/dev/null && sudo -n true 2>/dev/null; then
    as_root=(sudo -n)
else
    echo "The tests need packages that are not installed: ${missing[*]}" >&2
    echo "Install them, then run this again:" >&2
    echo "    sudo $command" >&2
    exit 1
fi
echo "Installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -q
for package in "${optional[@]}"; do
    is_there "$package" && command="$command $package"
done
# shellcheck disable=SC2086
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive $command
