#!/bin/sh
# SPDX-License-Identifier: MIT
# plait run binds files to inputs and outputs by place and by name; what does not fit is refused.
. "$(dirname "$0")/expect.sh"
ends=$models/ends
many=$models/many_ends
open=$models/open_sizes

# The model gives its input, and that flattened: Keras's arrays, bit for bit.
expect 0 '' '' run "$ends.keras" -i "$ends.x0.npy" -o y0.npy -o y1.npy -o y2.npy
for i in 0 1 2; do
    same y$i.npy "$ends.y$i.npy"
done
expect 0 '' '' run "$ends.keras" --input "input_layer=$ends.x0.npy" --output flatten=y.npy --accuracy strict
same y.npy "$ends.y1.npy"
expect 0 '*input_layer (batch, 5): the largest values of each row, as class (value)*     0:  [0-4] (*     1:  [0-4] (*' '' \
    run "$ends.keras" -i "$ends.x0.npy"

# By name in any order, and by place.
expect 0 '' '' run "$many.keras" -i "$many.x0.npy" -i "$many.x1.npy" -o a.npy -o b.npy -o c.npy
expect 0 '' '' run "$many.keras" -i "ape=$many.x1.npy" -i "zebra=$many.x0.npy" -o average=B.npy
same b.npy B.npy

# Sizes that the file leaves open are the array's.
expect 0 '' '' run "$open.keras" -i "$open.x0.npy" -o y.npy
expect 0 '*conv2d (batch, 4, 4, 3): the range of each sample*     0:  * to *, mean *' '' run "$open.keras" -i "$open.x0.npy"
mkdir equal=sign
cp "$open.x0.npy" equal=sign/x.npy
expect 0 '' '' run "$open.keras" -i ./equal=sign/x.npy -o y.npy

expect 1 '' 'plait run: input 0, "zebra", has no file; give one with -i' run "$many.keras"
expect 1 '' 'plait run: input 1, "ape", has no file; give one with -i' run "$many.keras" -i "$many.x0.npy"
expect 1 '' 'plait run: *ends.x0.npy stands for no input; the model has "input_layer"' run "$ends.keras" -i "$ends.x0.npy" -i "$ends.x0.npy"
expect 1 '' 'plait run: *shape (2, 6, 6, 2), but input "input_layer" is (batch, 5)' run "$ends.keras" -i "$open.x0.npy"
expect 1 '' 'plait run: *axes of no fixed size*{5} given*' run "$open.keras" -i "$ends.x0.npy"
expect 1 '' 'plait run: *no/such.npy*cannot be opened*' run "$ends.keras" -i no/such.npy
expect 1 '' 'plait run: *sequential.txt*no .npy file*' run "$ends.keras" -i "$models/sequential.txt"
expect 1 '' 'plait run: *no/such.keras*' run no/such.keras -i "$ends.x0.npy"
expect 1 '' 'plait run: other=*x0.npy stands for no input; the model has "input_layer"' run "$ends.keras" -i "other=$ends.x0.npy"
expect 1 '' 'plait run: other=y.npy stands for no output; the model has "input_layer" "flatten" *' run "$ends.keras" -i "$ends.x0.npy" -o other=y.npy
expect 1 '' 'plait run: *no/such/y.npy*cannot be written*' run "$ends.keras" -i "$ends.x0.npy" -o no/such/y.npy
expect 1 '' 'plait run: *no such device*' run "$ends.keras" -i "$ends.x0.npy" --device 'no such device'

# A column is as wide as the longest name in it: outer/call_1/encoder/dense_1.
expect 0 '*
layer                        operator *' '' bench "$models/nested.keras" --layers --runs 1
