/* SPDX-License-Identifier: MIT */
#include "random.h"

#include "check.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

uint64_t random_seed(void)
{
    static uint64_t seed;

    if (seed == 0) {
        const char *given = getenv("PLAIT_TEST_SEED");
        seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
        seed = seed ? seed : 1;
    }
    return seed;
}

struct random random_stream(const char *name)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */

    for (const char *c = name; *c; c++) {
        hash = (hash ^ (unsigned char)*c) * 1099511628211u;
    }
    return (struct random){hash ^ (random_seed() * 0x9E3779B97F4A7C15u)};
}

/* SplitMix64 (Steele, Lea, Flood 2014). */
uint64_t random_bits(struct random *random)
{
    uint64_t z = random->state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

size_t random_between(struct random *random, size_t low, size_t high)
{
    return low + (size_t)(random_bits(random) % (high - low + 1));
}

double random_unit(struct random *random)
{
    return (double)(random_bits(random) >> 11) * 0x1p-53;
}

double random_normal(struct random *random)
{
    const double turn = 6.283185307179586 * random_unit(random);

    return sqrt(-2 * log(1 - random_unit(random))) * cos(turn); /* Box and Muller */
}

static float special(struct random *random)
{
    static const float values[] = {NAN, INFINITY, -INFINITY, 0.0f, -0.0f, FLT_MAX, -FLT_MAX, FLT_MIN, -1e-30f, 1e30f};
    const size_t count = sizeof values / sizeof values[0];
    const size_t i = random_between(random, 0, 3 * count - 1);

    return i < count ? values[i] : (float)random_normal(random);
}

static float draw(struct random *random, enum data data)
{
    switch (data) {
    case DATA_NORMAL:
        return (float)random_normal(random);
    case DATA_POSITIVE:
        return (float)(1 - random_unit(random));
    case DATA_INTEGERS:
        return (float)random_between(random, 0, 6) - 3;
    case DATA_SPECIAL:
        return special(random);
    }
    fail_msg("no such data: %d", (int)data);
    return 0;
}

float *random_floats(struct random *random, enum data data, size_t count)
{
    float *values = scratch(count, sizeof *values);

    for (size_t i = 0; i < count; i++) {
        values[i] = draw(random, data);
    }
    return values;
}
