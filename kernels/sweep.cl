/* SPDX-License-Identifier: MIT */
/* Passes all of a buffer through the caches, where little else is left then:
 *
 *   for each piece of PIECE floats, a work-item:  for each line of LINE floats:  line[0] = line[0] + 1
 *
 *   -D PIECE=4096 -D LINE=16 */

__kernel void sweep(__global float *memory)
{
    __global float *piece = memory + get_global_id(0) * PIECE;

    for (int i = 0; i < PIECE; i += LINE) {
        piece[i] += 1.0f;
    }
}
