#!/bin/sh
# SPDX-License-Identifier: MIT
# plait summary prints what Keras prints, without a device.
. "$(dirname "$0")/expect.sh"
export OCL_ICD_VENDORS=/nonexistent
unset COLUMNS

for text in "$models"/*.txt; do
    "$plait" summary "${text%.txt}.keras" >summary.txt
    same summary.txt "$text"
    "$plait" summary "${text%.txt}.keras" --expand-nested --show-trainable >summary.txt
    same summary.txt "${text%.txt}.expanded"
done
"$plait" summary "$models/sequential.h5" >summary.txt
same summary.txt "$models/sequential.txt"

expect 0 'Model: "chain"*' '' summary "$models/sequential.keras" --columns 60
expect 0 'Model: "chain"*' '' summary "$models/sequential.keras" --line-length 60

# Keras's own width, unless the terminal has no room for it: 80 - 4 columns are those of --columns 76.
COLUMNS=200 "$plait" summary "$models/sequential.keras" >summary.txt
same summary.txt "$models/sequential.txt"
COLUMNS=80 "$plait" summary "$models/sequential.keras" >summary.txt
"$plait" summary "$models/sequential.keras" --columns 76 >narrow.txt
same summary.txt narrow.txt

expect 0 '*(None, 9, 8, 2)*' '' summary "$models/open_sizes.keras" --shape 9,8,2
expect 0 '*(None, 9, 8, 2)*' '' summary "$models/open_sizes.keras" --shape input_layer=9,8,2
expect 1 '' 'plait summary: *input 0 has axes of no fixed size: shape {0,0,2}, *' summary "$models/open_sizes.keras"
expect 1 '' 'plait summary: *' summary "$models/open_sizes.keras" --shape other=9,8,2
expect 1 '' 'plait summary: *no/such.keras*' summary no/such.keras
expect 1 '' 'plait summary: *' summary .
expect 1 '' 'plait summary: *' summary "$models/sequential.txt"
