#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the consumer in folder KIND against the plait installed in PREFIX, and runs it as C and as C++.
# Usage: run.sh KIND PREFIX BUILD-FOLDER
set -eu
here=$(cd "$(dirname "$0")" && pwd)
if [ -x "$here/$1/build.sh" ]; then
    PKG_CONFIG_PATH=$(dirname "$(find "$2" -name plait.pc)")
    export PKG_CONFIG_PATH
    "$here/$1/build.sh" "$3"
else
    cmake -S "$here/$1" -B "$3" -D CMAKE_PREFIX_PATH="$2"
    cmake --build "$3"
fi
"$3/consumer_c"
"$3/consumer_cpp"
