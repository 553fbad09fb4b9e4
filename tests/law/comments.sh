#!/bin/sh
# SPDX-License-Identifier: MIT
# Every file names its licence, every public function has a comment, nothing is left half done.
# Usage: comments.sh REPOSITORY
set -eu
cd "$1"
broken=0

for file in $(find src include kernels tests examples cmake tools \
    -name '*.[ch]' -o -name '*.cpp' -o -name '*.cl' -o -name '*.clh' -o -name '*.cmake' -o -name CMakeLists.txt \
    -o -name '*.sh' -o -name run) CMakeLists.txt; do
    if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT'; then
        echo "$file: its first line is not the licence's SPDX line"
        broken=1
    fi
done

# A declaration stands right under its comment, or under another one that shares it.
# shellcheck disable=SC2016 # $0 is awk's
awk '
    /^PLAIT_API/ && !documented { print FILENAME ":" FNR ": no comment above: " $0; broken = 1 }
    { documented = /\*\/$/ || (documented && (/^PLAIT_API/ || /^ /)) }
    END { exit broken }
' include/plait/*.h || broken=1

unfinished='TO''DO|FIX''ME|XX''X|^#if ''0'
if grep -rEn "$unfinished" src include kernels tests examples cmake tools docs README.md CMakeLists.txt; then
    echo "these lines are unfinished or dead"
    broken=1
fi

exit $broken
