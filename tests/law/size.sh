#!/bin/sh
# SPDX-License-Identifier: MIT
# Files, functions and lines stay short enough to be read (docs/contributing.md).
# Usage: size.sh REPOSITORY
set -eu
cd "$1"

# shellcheck disable=SC2016 # $0 is awk's
find src include kernels tests examples \( -name '*.[ch]' -o -name '*.cl' -o -name '*.clh' \) -exec awk '
    function most(file) {
        return file ~ /^include/ ? 300 : file ~ /^kernels/ ? 400 : file ~ /^examples\/[0-9]/ ? 119 : 500
    }
    function complain(text) {
        print FILENAME ":" FNR ": " text
        broken = 1
    }
    FNR == most(FILENAME) + 1 { complain("the file has more than " most(FILENAME) " lines") }
    length($0) > 120 { complain("the line has " length($0) " characters, more than 120") }
    /^\{/ { begin = FNR }
    /^\}/ && FNR - begin - 1 > 60 && begin { complain("the function has " FNR - begin - 1 " lines, more than 60") }
    /^\}/ { begin = 0 }
    END { exit broken }
' {} +
