/* SPDX-License-Identifier: MIT */
/* Random data that can be had again.
 *
 * The program's seed is PLAIT_TEST_SEED, or the time; it is printed with every failure. Each named stream
 * depends on the seed and its name alone, so a test gets the same data whichever tests run before it. */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
    uint64_t state;
};

enum data {
    DATA_NORMAL,   /* mean 0, deviation 1 */
    DATA_POSITIVE, /* even in (0, 1] */
    DATA_INTEGERS, /* -3 to 3: sums of products stay exact */
    DATA_SPECIAL,  /* normal, with NaN, infinities, zeros of both signs and huge and tiny numbers among it */
};

uint64_t random_seed(void);

struct random random_stream(const char *name);

uint64_t random_bits(struct random *random);

/* A whole number from low to high, both included. */
size_t random_between(struct random *random, size_t low, size_t high);

/* A number in [0, 1). */
double random_unit(struct random *random);

double random_normal(struct random *random);

/* `count` values in scratch memory (check.h). */
float *random_floats(struct random *random, enum data data, size_t count);

#endif
