#!/bin/sh
# SPDX-License-Identifier: MIT
# Configures and builds plait in FOLDER, silently unless it fails.
# Usage: tools/build.sh FOLDER [OPTIONS OF CMAKE]
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd -P)
folder=$1
shift

mkdir -p "$folder"
# A checkout that was moved or copied together with its build is configured anew.
if ! grep -qsxF "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$folder/CMakeCache.txt"; then
    rm -rf "$folder/CMakeCache.txt" "$folder/CMakeFiles"
fi
if ! { cmake -S "$root" -B "$folder" "$@" && cmake --build "$folder" --parallel "$(nproc)"; } \
    >"$folder/build.log" 2>&1; then
    grep -E -A 5 'rror: |Error [0-9(a-z]|undefined reference' "$folder/build.log" | head -n 60 >&2
    echo "plait: the build failed; all of it is in $folder/build.log" >&2
    exit 1
fi
