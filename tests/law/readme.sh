#!/bin/sh
# SPDX-License-Identifier: MIT
# The programs in README.md, its blocks of C, compile without a warning.
# Usage: readme.sh REPOSITORY C-COMPILER
set -eu
cd "$1"

# block NUMBER: the block of C of that number.
block() {
    # shellcheck disable=SC2016 # the backquotes are Markdown's
    awk -v wanted="$1" '/^```/ { inside = /^```c$/; count += inside; next } inside && count == wanted' README.md
}

blocks=$(grep -c '^```c$' README.md)
for number in $(seq "$blocks"); do
    block "$number" | "$2" -x c -std=c17 -Wall -Wextra -Wconversion -Wshadow -pedantic -Werror -fsyntax-only -I include -
done
