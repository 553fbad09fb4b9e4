#!/bin/sh
# SPDX-License-Identifier: MIT
# Both libraries define exactly the functions of the public headers and no other global name; neither
# prints, exits or aborts.
# Usage: symbols.sh NM REPOSITORY SHARED-LIBRARY STATIC-LIBRARY
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

sed -n 's/^PLAIT_API.*[ *]\(plait_[a-z0-9_]*\)(.*/\1/p' "$2"/include/plait/*.h | sort >"$work/declared"
"$1" -D --defined-only "$3" | awk 'NF == 3 { print $3 }' | sort >"$work/shared"
"$1" -g --defined-only "$4" | awk 'NF == 3 { print $3 }' | sort >"$work/static"
for library in shared static; do
    if ! diff "$work/declared" "$work/$library" >"$work/difference"; then
        echo "$library library: < declared, but not defined; > defined, but not declared"
        cat "$work/difference"
        exit 1
    fi
done

if "$1" -u "$4" | grep -Ew '(__)?(v|f|d|vf|vd)?printf(_chk)?|f?puts|f?putc|putchar|perror|_?exit|quick_exit|abort|std(out|err)'; then
    echo "the library prints, exits or aborts"
    exit 1
fi
