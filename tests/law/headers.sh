#!/bin/sh
# SPDX-License-Identifier: MIT
# Each public header compiles alone, as C17 and as C++17, without a warning.
# Usage: headers.sh REPOSITORY C-COMPILER C++-COMPILER
set -eu
cd "$1/include"

for header in plait.h plait/*.h; do
    for language in "$2 -x c -std=c17" "$3 -x c++ -std=c++17"; do
        # shellcheck disable=SC2086 # several words on purpose
        printf '#include <%s>\n' "$header" |
            $language -Wall -Wextra -Wconversion -Wshadow -pedantic -Werror -fsyntax-only -I . -
    done
done
