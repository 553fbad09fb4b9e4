/* SPDX-License-Identifier: MIT */
/* Is a float32 result right? Reference values, the gates they are compared at, and the verdict.
 *
 * u = 2^-24 is the rounding error of float32. Every reference element carries its terms, S: the sum of
 * the absolute values of what was added up to it. Rounding errors are bounded relative to S, so
 * cancellation neither hides an error nor fakes one. */
#ifndef SUPPORT_COMPARE_H
#define SUPPORT_COMPARE_H

#include "check.h"

#include <plait/shape.h>

/* A reference tensor; memory is scratch (check.h). */
struct reference {
    plait_shape shape; /* batch in front */
    size_t count;
    double *value;
    double *terms; /* S of each element */
    size_t sums;   /* n: the longest sum that an element went through */
    bool exact;    /* each value is the one float32 that a right result has */
};

enum gate {
    GATE_BITS,      /* equal bit for bit; NaN equals NaN. For moves, merges, max, min, relu */
    GATE_BITS_ZERO, /* the same, but -0 equals +0 */
    GATE_INTEGERS,  /* equal numbers: integer data, where every direct sum is exact */
    GATE_HARD,      /* |y - ref| <= u (C S + |ref|) + n FLT_MIN with C = min(n + 2, 8 + sqrt n): any data */
    GATE_ZERO_MEAN, /* the same with C = 4: what summation in short blocks reaches on zero-mean data */
    GATE_POSITIVE,  /* the same with C = 8 up to n = 16384, then 12: positive data */
    GATE_FAST,      /* Winograd, FFT: relative L2 error <= 5e-6, none above 128 u (largest S) */
    GATE_ULP,       /* |y - ref| <= limit ULPs of ref + u S */
    GATE_L2,        /* relative L2 error <= limit */
    GATE_ANY,       /* GATE_BITS_ZERO for an exact reference, GATE_HARD for another */
};

struct verdict {
    bool ok;
    double worst;   /* the largest error as a part of its bound */
    char text[400]; /* what is wrong where: index, got, wanted, bound */
};

/* Compares `got`, as long as the reference. `limit` is for GATE_ULP and GATE_L2. */
struct verdict compare(const float *got, const struct reference *want, enum gate gate, double limit);

/* Bit equality of two arrays; NaN equals NaN. */
struct verdict compare_floats(const float *got, const float *want, size_t count);

/* Whether what was compared since the last call meant anything: at least one case, and `share` of all
 * references above 100 FLT_MIN. To be asked at the end of a test. */
struct verdict compare_enough(double share);

/* Fails the test with the verdict's text and the case's name (printf-like) unless it is ok. */
#define check_verdict(verdict, ...) check_verdict_at((verdict), __FILE__, __LINE__, __VA_ARGS__)
__attribute__((format(printf, 4, 5))) void check_verdict_at(struct verdict verdict, const char *file, int line,
                                                            const char *name, ...);

#endif
