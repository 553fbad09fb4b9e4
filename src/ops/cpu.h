/* SPDX-License-Identifier: MIT */
/* What variants for CPUs have in common. */
#ifndef OPS_CPU_H
#define OPS_CPU_H

enum {
    VECTOR = 16,        /* floats of the kernels' vectors */
    LOTS_PER_UNIT = 16, /* work-items that a compute unit should get, or gets at most, to end with the others */
};

#endif
