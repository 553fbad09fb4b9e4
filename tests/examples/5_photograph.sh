#!/bin/sh
# SPDX-License-Identifier: MIT
# Lesson 5 finds the classes that Keras finds, in its order and to a hundredth of a per cent.
# Usage: 5_photograph.sh PROGRAM
set -eu
program=$1
data=$(dirname "$0")/photograph

# check MODEL MODE PHOTO TOLERANCE: in per cent. Classes that the tolerance cannot tell apart may change places.
check() {
    "$program" "$data/$1.keras" "$data/$3" --mode "$2" | awk -v tolerance="$4" -v keras="$data/$1.$2.txt" '
        { mine = $1 + 0; getline line < keras; split(line, want); difference = mine - 100 * want[2] }
        difference > tolerance || -difference > tolerance { bad = 1; print "want " line ", got " $0 }
        want[2] > 0.01 && $3 != want[1] && tolerance < 1 { bad = 1; print "want class " line ", got " $0 }
        END { exit bad || NR != 5 }' || { echo "$*: differs from Keras"; exit 1; }
}

# refuse STATUS WORDS ARGUMENTS...: the program must end with that status and those words.
refuse() {
    status=$1
    words=$2
    shift 2
    result=0
    output=$("$program" "$@" 2>&1) || result=$?
    if [ "$result" != "$status" ] || ! printf '%s\n' "$output" | grep -qF -e "$words"; then
        printf '%s: exit %s, output: %s\n' "$*" "$result" "$output"
        exit 1
    fi
}

for model in ${MODELS:-simple mobilenet}; do
    for mode in caffe tf torch; do
        check $model $mode picture.png 0.02
    done
    check $model tf picture.jpg 5
done
refuse 0 'the class F' "$data/simple.keras" "$data/picture.png" --names "$data/names.txt"
refuse 0 'usage: 5_photograph' --help
refuse 2 'a model and a photograph are needed' "$data/simple.keras"
refuse 2 '--mode can be caffe, tf, torch or none, but is x' "$data/simple.keras" "$data/picture.png" --mode x
refuse 1 'names.txt' "$data/simple.keras" "$data/names.txt"
refuse 1 'no/such.keras' no/such.keras "$data/picture.png"
refuse 1 'cannot read no/such.txt' "$data/simple.keras" "$data/picture.png" --names no/such.txt
