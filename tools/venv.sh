#!/usr/bin/env bash
# Make the virtual environment: tools/venv.sh FOLDER [PYTHON]
set -euo pipefail

folder=$1
wanted=${2:-}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

python=""
for candidate in $wanted python3 python3.13 python3.12 python3.11; do
    if is_new_enough "$candidate"; then
        python=$candidate
        break
    fi
done
if [ -z "$python" ]; then
    echo "Parc needs Python 3.11 or newer, which was not found." >&2
    echo "Name one by 'make PYTHON=/path/to/python3', or install it (Debian: apt install python3)." >&2
    exit 1
fi
if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "Python's venv module is missing: install it first, then run this again." >&2
    echo "    sudo apt install python3-venv    (or python$version-venv)" >&2
    exit 1
fi
if ! "$folder/bin/python" -c '' 2>/dev/null; then
    rm -rf "$folder"
    "$python" -m venv "$folder"
fi
