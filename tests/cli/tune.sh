#!/bin/sh
# SPDX-License-Identifier: MIT
# plait tune keeps what it measures, whatever happens to it, and says what it keeps.
. "$(dirname "$0")/expect.sh"
model=$models/two_branch.keras
export XDG_CACHE_HOME="$work/cache"

expect 0 'nothing was measured yet' '' tune --list
expect 0 '' '' tune --delete
expect 0 '*layer *fastest *conv2d*[0-9]* measured, 0 known before' '' tune "$model" --batch 2 --seconds 300
expect 0 '0 measured, [0-9]* known before' '' tune "$model" --batch 2
expect 0 'plait *units*driver* ms *conv2d fast input 2x*' '' tune --list
expect 0 '*conv2d*[0-9]* measured, 0 known before' '' tune "$model" --batch 2 --accuracy strict --again --seconds 300
expect 0 '*conv2d strict*' '' tune --list
expect 0 '*two_branch*median*' '' bench "$model" --batch 2 --runs 1

# Export, delete, import.
expect 0 '' '' tune --export all.txt
lines=$(($(wc -l <all.txt) - 1))
expect 0 '' '' tune --delete --device 0
expect 0 'nothing was measured yet' '' tune --list
expect 0 "$lines results taken in" '' tune --import all.txt
expect 0 '' '' tune --export again.txt
same all.txt again.txt
sed 's/cpu/gpu/;s/reference/cpu/' all.txt >changed.txt
expect 1 '' 'plait tune: *changed.txt*line*damaged*nothing was taken in' tune --import changed.txt
expect 1 '' 'plait tune: *no/such.txt*' tune --import no/such.txt
expect 1 '' 'plait tune: *no/such.txt*' tune --export no/such.txt

# Killed at any moment: what is there stays sound, and tuning goes on.
expect 0 '' '' tune --delete
for seconds in 0.2 0.4 0.6 0.8 1; do
    "$plait" tune "$model" --batch 3 >killed.txt 2>&1 &
    child=$!
    sleep $seconds
    kill -9 $child 2>/dev/null || true
    wait $child 2>/dev/null || true
    expect 0 '*' '' tune --list
done
expect 0 '*known before' '' tune "$model" --batch 3 --seconds 300
expect 0 '0 measured, *' '' tune "$model" --batch 3

# A file that is no cache, and places where none can be.
echo 'this is no database' >cache/plait/cache.sqlite
expect 0 'nothing was measured yet' '' tune --list
expect 0 '*two_branch*median*' '' bench "$model" --runs 1
expect 0 '*[0-9]* measured, 0 known before' '' tune "$model" --seconds 300
expect 0 '0 measured, [0-9]* known before' '' tune "$model"
XDG_CACHE_HOME=$work/all.txt
expect 0 '*two_branch*median*' '' bench "$model" --runs 1
expect 1 '' 'plait tune: *all.txt/plait/cache.sqlite*cannot be written*' tune "$model"
XDG_CACHE_HOME=
HOME=
export HOME
expect 0 '*two_branch*median*' '' bench "$model" --runs 1
expect 1 '' 'plait tune: *no cache*' tune "$model"

expect 1 '' 'plait tune: *no/such.keras*' tune no/such.keras
expect 1 '' 'plait tune: *no such device*' tune "$model" --device 'no such device'
for wrong in --list=1 '--list --delete' '--list model' '--batch 0 model' '--seconds 0 model' '--accuracy exact model' \
    '--export' 'one two' ''; do
    # shellcheck disable=SC2086 # several words on purpose
    expect 2 '' '*' tune $wrong
done
