#!/bin/sh
# SPDX-License-Identifier: MIT
# plait check finds every kernel right on the device at hand.
. "$(dirname "$0")/expect.sh"

expect 0 'plait * on *conv2d 24x24 *softmax *all [0-9]* are right' '' check
expect 0 '*all [0-9]* are right' '' check --accuracy strict --device 0
expect 2 '' 'plait check: *' check --accuracy exact
expect 1 '' 'plait check: *no such device*' check --device 'no such device'
OCL_ICD_VENDORS=/nonexistent
export OCL_ICD_VENDORS
expect 1 '' 'plait check: *' check
