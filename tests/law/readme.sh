#!/bin/sh
# SPDX-License-Identifier: MIT
# The program in README.md, its first block of C, compiles without a warning.
# Usage: readme.sh REPOSITORY C-COMPILER
set -eu
cd "$1"

# shellcheck disable=SC2016 # the backquotes are Markdown's
awk '/^```/ { if (inside) exit; inside = /^```c$/; next } inside' README.md |
    "$2" -x c -std=c17 -Wall -Wextra -Wconversion -Wshadow -pedantic -Werror -fsyntax-only -I include -
