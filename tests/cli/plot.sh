#!/bin/sh
# SPDX-License-Identifier: MIT
# plait plot writes DOT text itself, and pictures by way of Graphviz, where that is installed.
. "$(dirname "$0")/expect.sh"
export OCL_ICD_VENDORS=/nonexistent
model=$models/two_branch.keras

expect 0 '' '' plot "$model" -o model.dot
grep -q '^digraph ' model.dot
grep -q '<b>concatenate</b> (Concatenate)' model.dot
expect 0 '' '' plot "$models/open_sizes.keras" -o model.dot --shape 9,8,2
expect 1 '' 'plait plot: no/such/model.dot cannot be written: No such file or directory' plot "$model" -o no/such/model.dot
expect 1 '' 'plait plot: *no/such.keras*' plot no/such.keras -o model.dot

# Without Graphviz.
real=$plait
plait=$work/plait
printf '#!/bin/sh\nPATH=/nonexistent exec "%s" "$@"\n' "$real" >"$plait"
chmod +x "$plait"
expect 1 '' "plait plot: Graphviz's program dot is needed for .svg*" plot "$model" -o model.svg
plait=$real
if ! command -v dot >/dev/null; then
    exit 0
fi
expect 0 '' '' plot "$model" -o model.svg
grep -q '</svg>' model.svg
expect 0 '' '' plot "$model" -o model.png
head -c 4 model.png | grep -q PNG
