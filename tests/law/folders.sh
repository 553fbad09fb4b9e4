#!/bin/sh
# SPDX-License-Identifier: MIT
# Dependencies go one way, and some things have one place only (docs/contributing.md).
# Usage: folders.sh REPOSITORY
set -eu
cd "$1"
broken=0

# forbid RULE HITS: HITS, lines of grep, must be empty.
forbid() {
    if [ -n "$2" ]; then
        printf '%s:\n%s\n' "$1" "$2"
        broken=1
    fi
}

# find_lines PATTERN FOLDER...: the lines of C files that match.
find_lines() {
    pattern=$1
    shift
    grep -rEn --include='*.[ch]' "$pattern" "$@" || true
}

allowed=none
for folder in base shape device graph ops plan model load; do
    allowed="$allowed|$folder"
    [ -d "src/$folder" ] || continue
    hits=$(find_lines '^#include "' "src/$folder" | grep -Ev "\"($allowed)/[a-z0-9_]+\.h\"" || true)
    forbid "src/$folder includes only itself, what is below it, and public headers" "$hits"
done
for folder in src/cli examples; do
    [ -d "$folder" ] || continue
    hits=$(find_lines '^#include "' "$folder" | grep -Ev '"(cli/)?[a-z0-9_]+\.h"' || true)
    forbid "$folder includes only itself and public headers" "$hits"
done

hits=$(find_lines '\<(cl_[a-z]|CL_[A-Z])|<CL/|<plait/opencl\.h>$' include src |
    grep -Ev '^(src/device/[a-z0-9_]+\.[ch]|src/model/run\.c|include/plait/opencl\.h):|:[0-9]+: \* ' || true)
forbid "OpenCL is seen only in src/device, src/model/run.c and plait/opencl.h" "$hits"

hits=$(find_lines '<sqlite3\.h>|\<sqlite3_' include src | grep -v '^src/device/cache\.c:' || true)
forbid "SQLite is seen only in src/device/cache.c" "$hits"

hits=$(find_lines '\<clEnqueueNDRangeKernel\>' src | grep -v '^src/device/launch\.c:' || true)
forbid "kernels are launched only in src/device/launch.c" "$hits"

hits=$(find_lines '\<(malloc|calloc|realloc|free|strdup|aligned_alloc) *\(' src | grep -Ev '^src/(base/memory\.c|cli/[a-z]+\.c):' || true)
forbid "memory is taken and given back only in src/base/memory.c and by the command" "$hits"

exit $broken
