#!/bin/sh
# SPDX-License-Identifier: MIT
# Runs a test program on oclgrind, which watches every access of every kernel: no access outside of
# a buffer, no data race, no wrong use of the API. Fewer random cases, as it is slow; as much local memory as PoCL
# has, so that the same kernels run.
# Usage: oclgrind.sh PROGRAM
set -eu
driver=$(find /usr/lib /usr/local/lib -name liboclgrind-rt-icd.so 2>/dev/null | head -n 1)
if [ -z "$driver" ]; then
    echo "oclgrind's liboclgrind-rt-icd.so is not in /usr/lib or /usr/local/lib; install oclgrind"
    exit 1
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "$driver" >"$work/oclgrind.icd"

unset PLAIT_TEST_DEVICE
result=0
OCL_ICD_VENDORS=$work OCLGRIND_DATA_RACES=1 OCLGRIND_CHECK_API=1 OCLGRIND_LOG=$work/log \
    OCLGRIND_LOCAL_MEM_SIZE=1048576 PLAIT_TEST_QUICK=1 "$1" || result=$?
if [ -s "$work/log" ]; then
    head -n 60 "$work/log"
    result=1
fi
exit $result
