#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what is missing to build and run plait; silent and instant where nothing is.
# Usage: tools/setup.sh [tests]     with `tests`, also what the tests need
set -eu

packages="gcc libc6-dev make cmake pkg-config ocl-icd-opencl-dev opencl-headers libclblast-dev pocl-opencl-icd"
packages="$packages libzip-dev libjansson-dev zlib1g-dev libsqlite3-dev libstb-dev graphviz"
commands="cc make cmake pkg-config"
if [ "${1:-}" = tests ]; then
    packages="$packages g++ binutils libcmocka-dev oclgrind"
    commands="$commands c++ nm oclgrind"
fi

# Systems without Debian's packages: look, and say what is missing.
if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
    missing=
    for command in $commands; do
        command -v "$command" >/dev/null || missing="$missing $command"
    done
    if [ -z "$missing" ]; then
        exit 0 # CMake says which library is missing
    fi
    echo "plait: please install$missing, an OpenCL loader with its headers, a driver such as PoCL, libzip, Jansson, zlib and SQLite" >&2
    exit 1
fi

# shellcheck disable=SC2016,SC2086 # dpkg-query's own ${}; several words on purpose
installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null || true)
missing=
for package in $packages; do
    case "
$installed
" in
    *"
$package installed
"*) ;;
    *) missing="$missing $package" ;;
    esac
done
if [ -z "$missing" ]; then
    exit 0
fi

as_root=
if [ "$(id -u)" != 0 ]; then
    as_root="sudo -n"
    if ! $as_root true 2>/dev/null; then
        echo "plait: these packages are missing; please install them, then start again:" >&2
        echo "    sudo apt-get install$missing" >&2
        exit 1
    fi
fi

echo "plait: installing$missing"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
# shellcheck disable=SC2086 # several words on purpose
if ! { $as_root apt-get update &&
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends $missing; } \
    >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    echo "plait: apt-get failed; the packages are:$missing" >&2
    exit 1
fi
