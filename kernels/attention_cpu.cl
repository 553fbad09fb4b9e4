/* SPDX-License-Identifier: MIT */
/* Attention (attention.clh) for CPUs: for head h, query i
 *     y[i][h][c] = ACTIVATE(sum over j of w[j] * value[j][h / shared][c] / sum over j of w[j])
 * with w[j] = exp(score[i][j] - m), m the largest score.
 *
 * A work-item has QUERIES queries of a head, one in each lane of VECTORS vectors, so that no lane ever meets another.
 * It goes through the keys in blocks; m is the largest so far, and what was summed up with an earlier one is scaled to
 * it. Scores of TILE keys, and sums of TILE columns of values, are register tiles. Lanes behind the last query have
 * that query again, and are not stored.
 *
 *   steps   of a place in query, key, value and y, then of a sample in them
 *
 *   -D VALUE_DIM=... -D VECTORS=1 or 2 -D ACTIVATION=... (activation.clh)
 * Work-items: {queries / QUERIES, heads, samples}. */
#define REAL float16
#include "activation.clh"
#include "attention.clh"
#include "exp.clh"
#include "lanes.clh"
#include "part.clh"
#include "transpose.clh"

#define QUERIES (16 * VECTORS)
#define KEYS 64      /* of a block, a multiple of TILE: their sums are apart, against rounding errors */
#define PRODUCTS 128 /* of a score, likewise */
#define TILE 8       /* keys, or columns of values, at a time */
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define WHOLE(size) (((size) + 15) / 16 * 16)

#if VECTORS == 2
#define SECOND(...) __VA_ARGS__
#else
#define SECOND(...)
#endif

/* Of `count` queries, element d of each to queries[d * VECTORS]. */
static void load_queries(__global const float *from, int step, int count, float factor, float16 *queries)
{
    float16 rows[16];

    for (int d = 0; d < KEY_DIM; d += 16) {
        for (int lane = 0; lane < 16; lane++) {
            rows[lane] = load_first(from + min(lane, count - 1) * step + d, KEY_DIM - d);
        }
        transpose(rows);
        for (int i = 0; i < 16; i++) {
            queries[(d + i) * VECTORS] = ADDITIVE ? rows[i] : rows[i] * factor;
        }
    }
}

#if ADDITIVE
#define TERM(query, key, part) part = fma((float16)(packed[1 + d]), tanh(packed[0] * (query + key)), part);
#else
#define TERM(query, key, part) part = fma(query, (float16)(key), part);
#endif
#define BEGIN_KEY(i)                                                \
    __global const float *row##i = keys + min(i, count - 1) * step; \
    float16 first##i = 0.0f;                                        \
    SECOND(float16 second##i = 0.0f;)
#define SCORE(i)                             \
    {                                        \
        const float key = row##i[d];         \
        TERM(first, key, first##i)           \
        SECOND(TERM(second, key, second##i)) \
    }
#define PUT(to, from) to = begin == 0 ? from : to + from;
#define STORE_SCORE(i)                              \
    PUT(scores[i * VECTORS], first##i)              \
    SECOND(PUT(scores[i * VECTORS + 1], second##i)) \
    first##i = 0.0f;                                \
    SECOND(second##i = 0.0f;)

/* Scores of TILE keys; behind `count` the last one again. */
static void find_scores(const float16 *queries, __global const float *keys, int step, int count,
                        __global const float *packed, float16 *scores)
{
    EACH(BEGIN_KEY)
    for (int begin = 0; begin < KEY_DIM; begin += PRODUCTS) {
        for (int d = begin; d < min(KEY_DIM, begin + PRODUCTS); d++) {
            const float16 first = queries[d * VECTORS];
            SECOND(const float16 second = queries[d * VECTORS + 1];)
            EACH(SCORE)
        }
        EACH(STORE_SCORE)
    }
}

static void hide_unseen(int16 query, int key, int count, int8 extent, float16 *scores)
{
    for (int i = 0; i < count; i++) {
        const int16 distance = query - (key + i);
        const int16 seen = (distance <= BEFORE_OF(extent)) & (-distance <= AFTER_OF(extent));
        scores[i * VECTORS] = seen ? scores[i * VECTORS] : (float16)(-INFINITY);
    }
}

/* Scores to weights; returns what the sums so far are to be multiplied by. Where nothing was seen yet, the largest
 * is -Inf, and 0 stands for it. */
static float16 weigh(int count, float16 *scores, float16 *largest, float16 *sum)
{
    const float16 before = *largest;
    float16 most = before;
    float16 here = 0.0f;

    for (int i = 0; i < count; i++) {
        most = scores[i * VECTORS] > most ? scores[i * VECTORS] : most; /* NaN is not */
    }
    const float16 base = most == -INFINITY ? (float16)(0.0f) : most;
    for (int i = 0; i < count; i++) {
        const float16 weight = exp_down(scores[i * VECTORS] - base);
        scores[i * VECTORS] = weight;
        here += weight;
    }
    const float16 factor = exp_down(before - base);
    *largest = most;
    *sum = fma(*sum, factor, here);
    return factor;
}

#define COLUMN(i) (VALUE_DIM % TILE ? min(i, VALUE_DIM - 1 - column) : i)
#define BEGIN_COLUMN(i)      \
    float16 first##i = 0.0f; \
    SECOND(float16 second##i = 0.0f;)
#define ADD(i)                                             \
    {                                                      \
        const float16 value = row[COLUMN(i)];              \
        first##i = fma(first, value, first##i);            \
        SECOND(second##i = fma(second, value, second##i);) \
    }
#define TOTAL(i)                                                          \
    totals[i * VECTORS] = fma(totals[i * VECTORS], factors[0], first##i); \
    SECOND(totals[i * VECTORS + 1] = fma(totals[i * VECTORS + 1], factors[1], second##i);)

/* Weighted sums of TILE columns from `column` on; behind the last one, that one again. */
static void add_values(const float16 *weights, __global const float *row, int step, int count, int column,
                       const float16 *factors, float16 *totals)
{
    EACH(BEGIN_COLUMN)
    for (int i = 0; i < count; i++, row += step) {
        const float16 first = weights[i * VECTORS];
        SECOND(const float16 second = weights[i * VECTORS + 1];)
        EACH(ADD)
    }
    EACH(TOTAL)
}

static void store(const float16 *totals, float16 sum, __global float *y, int step, int count)
{
    const float16 factor = 1.0f / sum;
    float16 rows[16];

    for (int c = 0; c < VALUE_DIM; c += 16) {
        for (int i = 0; i < 16; i++) {
            rows[i] = ACTIVATE(totals[(c + i) * VECTORS] * factor);
        }
        transpose(rows);
        for (int lane = 0; lane < min(16, count); lane++) {
            store_first(rows[lane], y + lane * step + c, VALUE_DIM - c);
        }
    }
}

/* The keys that queries `first` to `last` see, taken together: from the first one up to the end. */
static int first_seen(int first, int8 extent)
{
    return WINDOW ? max(0, first - BEFORE_OF(extent)) : 0;
}

static int end_seen(int last, int8 extent)
{
    return WINDOW ? min(KEYS_OF(extent) - 1 - last, AFTER_OF(extent)) + last + 1 : KEYS_OF(extent);
}

/* Whether they all see all keys from `key` to before `end`. */
static bool see_all(int first, int last, int key, int end, int8 extent)
{
    return !WINDOW || (last - key <= BEFORE_OF(extent) && end - 1 - first <= AFTER_OF(extent));
}

__kernel void attention_cpu(__global const float *query, const long query_offset, __global const float *key,
                            const long key_offset, __global const float *value, const long value_offset,
                            __global float *y, const long y_offset, __global const float *packed, const int8 extent,
                            const int8 steps)
{
    const int first = (int)get_global_id(0) * QUERIES;
    const int count = min(QUERIES, QUERIES_OF(extent) - first);
    const int head = (int)get_global_id(1);
    const int sample = (int)get_global_id(2);
    const int last = first + count - 1;
    const int end = end_seen(last, extent);
    __global const float *keys = key + key_offset + sample * steps.s5 + head / SHARED_OF(extent) * KEY_DIM;
    __global const float *values = value + value_offset + sample * steps.s6 + head / SHARED_OF(extent) * VALUE_DIM;
    float16 queries[WHOLE(KEY_DIM) * VECTORS];
    float16 scores[KEYS * VECTORS];
    float16 totals[WHOLE(VALUE_DIM) * VECTORS]; /* weighted sums of values */
    float16 largest[VECTORS];
    float16 sums[VECTORS]; /* of weights */
    float16 factors[VECTORS];

    query += query_offset + sample * steps.s4 + first * steps.s0 + head * KEY_DIM;
    y += y_offset + sample * steps.s7 + first * steps.s3 + head * VALUE_DIM;
    for (int i = 0; i < WHOLE(VALUE_DIM) * VECTORS; i++) {
        totals[i] = 0.0f;
    }
    for (int v = 0; v < VECTORS; v++) {
        const int before = min(v * 16, count - 1);
        load_queries(query + before * steps.s0, steps.s0, count - before, packed[0], queries + v);
        largest[v] = -INFINITY;
        sums[v] = 0.0f;
    }
    for (int from = first_seen(first, extent); from < end; from += KEYS) {
        const int keys_here = min(KEYS, end - from);
        for (int i = 0; i < keys_here; i += TILE) {
            find_scores(queries, keys + (from + i) * steps.s1, steps.s1, keys_here - i, packed, scores + i * VECTORS);
        }
        for (int v = 0; v < VECTORS; v++) {
            if (!see_all(first, last, from, from + keys_here,
                         extent)) { /* min of a vector and a number is beyond oclgrind */
                hide_unseen(min(first + v * 16 + LANES, (int16)(last)), from, keys_here, extent, scores + v);
            }
            factors[v] = weigh(keys_here, scores + v, largest + v, sums + v);
        }
        for (int column = 0; column < VALUE_DIM; column += TILE) {
            add_values(scores, values + from * steps.s2 + column, steps.s2, keys_here, column, factors,
                       totals + column * VECTORS);
        }
    }
    for (int v = 0; v < VECTORS; v++) {
        store(totals + v, sums[v], y + v * 16 * steps.s3, steps.s3, count - v * 16);
    }
}
