#!/bin/sh
# SPDX-License-Identifier: MIT
# The digits program agrees with Keras for both merges, and says what is wrong with its arguments.
# Usage: digits.sh PROGRAM
set -eu

for merge in add concat; do
    output=$("$1" --merge $merge)
    printf '%s\n' "$output" | tail -n 3
    printf '%s\n' "$output" | tail -n 2 | awk '
        /^largest difference/ { close_to_keras = $NF < 1e-4 }
        /^right: / { as_many_right = $2 == $6 && $4 + 0 == 200 && $8 == 200 }
        END { exit !(close_to_keras && as_many_right) }'
done

# refuse STATUS WORDS ARGUMENTS...: the program must end with that status and those words.
refuse() {
    status=$1
    words=$2
    shift 2
    result=0
    output=$("$@" 2>&1) || result=$?
    if [ "$result" != "$status" ] || ! printf '%s\n' "$output" | grep -qF -e "$words"; then
        printf '%s: exit %s, output: %s\n' "$*" "$result" "$output"
        exit 1
    fi
}

refuse 2 'unknown option "--fast"' "$1" --fast yes
refuse 2 'no value after "--merge"' "$1" --merge
refuse 2 '--merge is "join"; it can be add or concat' "$1" --merge join
refuse 1 'no OpenCL device is called "such"' "$1" --device such
refuse 0 'usage: digits' "$1" --help
