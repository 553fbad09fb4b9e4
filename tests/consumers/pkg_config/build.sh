#!/bin/sh
# SPDX-License-Identifier: MIT
# Usage: build.sh FOLDER, with PKG_CONFIG_PATH set: makes FOLDER/consumer_c and FOLDER/consumer_cpp.
set -eu
cd "$(dirname "$0")/.."
mkdir -p "$1"
flags="$(pkg-config --cflags --libs plait) -Wl,-rpath,$(pkg-config --variable=libdir plait)"
# shellcheck disable=SC2086 # several words on purpose
{
    ${CC:-cc} -std=c17 consumer.c -o "$1/consumer_c" $flags
    ${CXX:-c++} -std=c++17 consumer.cpp -o "$1/consumer_cpp" $flags
}
