/* SPDX-License-Identifier: MIT */
/* Attention (attention.clh) for CPUs: for head h, query i
 *     y[i][h][c] = ACTIVATE(sum over j of w[j] * value[j][h / shared][c] / sum over j of w[j])
 * with w[j] = exp(score[i][j] - m), m the largest score.
 *
 * A work-item has 16 queries of a head, one in each lane, so that no lane ever meets another. It goes through the
 * keys in blocks; m is the largest so far, and what was summed up with an earlier one is scaled to it. Lanes
 * behind the last query have that query again, and are not stored.
 *
 *   steps   of a place in query, key, value and y, then of a sample in them
 *
 *   -D VALUE_DIM=... -D ACTIVATION=... (activation.clh)
 * Work-items: {queries / 16, heads, samples}. */
#define REAL float16
#include "activation.clh"
#include "attention.clh"
#include "lanes.clh"

#define KEYS 64      /* of a block, a multiple of TILE: their sums are apart, against rounding errors */
#define PRODUCTS 128 /* of a score, likewise */
#define TILE 8       /* keys, or columns of values, at a time */
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define COLUMNS ((VALUE_DIM + TILE - 1) / TILE * TILE)

static void load_queries(__global const float *from, int step, int count, float factor, float16 *queries)
{
    float *lanes = (float *)queries;

    for (int lane = 0; lane < 16; lane++) {
        __global const float *row = from + min(lane, count - 1) * step;
        for (int d = 0; d < KEY_DIM; d++) {
            lanes[d * 16 + lane] = ADDITIVE ? row[d] : row[d] * factor;
        }
    }
}

#if ADDITIVE
#define TERM(i) part##i = fma((float16)(packed[1 + d]), tanh(packed[0] * (query + row##i[d])), part##i);
#else
#define TERM(i) part##i = fma(query, (float16)(row##i[d]), part##i);
#endif
#define BEGIN_KEY(i)                                                \
    __global const float *row##i = keys + min(i, count - 1) * step; \
    float16 part##i = 0.0f, sum##i = 0.0f;
#define FLUSH(i)       \
    sum##i += part##i; \
    part##i = 0.0f;
#define STORE(i) scores[i] = sum##i;

/* Scores of TILE keys; behind `count` the last one again. */
static void find_scores(const float16 *queries, __global const float *keys, int step, int count,
                        __global const float *packed, float16 *scores)
{
    EACH(BEGIN_KEY)
    for (int d = 0; d < KEY_DIM;) {
        const int end = min(KEY_DIM, d + PRODUCTS);
        for (; d < end; d++) {
            const float16 query = queries[d];
            EACH(TERM)
        }
        EACH(FLUSH)
    }
    EACH(STORE)
}

static void hide_unseen(int16 query, int key, int count, int8 extent, float16 *scores)
{
    for (int i = 0; i < count; i++) {
        const int16 distance = query - (key + i);
        const int16 seen = (distance <= BEFORE_OF(extent)) & (-distance <= AFTER_OF(extent));
        scores[i] = seen ? scores[i] : (float16)(-INFINITY);
    }
}

/* Scores to weights; returns what the sums so far are to be multiplied by. Where nothing was seen yet, the largest
 * is -Inf, and 0 stands for it. */
static float16 weigh(int count, float16 *scores, float16 *largest, float16 *sum)
{
    const float16 before = *largest;
    float16 here = 0.0f;

    for (int i = 0; i < count; i++) {
        *largest = fmax(*largest, scores[i]);
    }
    const float16 base = *largest == -INFINITY ? (float16)(0.0f) : *largest;
    for (int i = 0; i < count; i++) {
        scores[i] = exp(scores[i] - base);
        here += scores[i];
    }
    const float16 factor = exp(before - base);
    *sum = fma(*sum, factor, here);
    return factor;
}

#define COLUMN(i) (VALUE_DIM % TILE ? min(i, VALUE_DIM - 1 - column) : i)
#define BEGIN_COLUMN(i) float16 column##i = 0.0f;
#define ADD(i) column##i = fma(weight, (float16)(row[COLUMN(i)]), column##i);
#define TOTAL(i) totals[column + i] = fma(totals[column + i], factor, column##i);

/* Weighted sums of TILE columns from `column` on; behind the last one, that one again. */
static void add_values(const float16 *weights, __global const float *values, int step, int count, int column,
                       float16 factor, float16 *totals)
{
    EACH(BEGIN_COLUMN)
    for (int i = 0; i < count; i++) {
        __global const float *row = values + i * step + column;
        const float16 weight = weights[i];
        EACH(ADD)
    }
    EACH(TOTAL)
}

static void store(const float16 *totals, float16 sum, __global float *y, int step, int count)
{
    for (int c = 0; c < VALUE_DIM; c++) {
        float lanes[16];
        vstore16(ACTIVATE(totals[c] / sum), 0, lanes);
        for (int lane = 0; lane < count; lane++) {
            y[lane * step + c] = lanes[lane];
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

__kernel void attention_cpu(__global const float *query, const long query_offset, __global const float *key,
                            const long key_offset, __global const float *value, const long value_offset,
                            __global float *y, const long y_offset, __global const float *packed, const int8 extent,
                            const int8 steps)
{
    const int first = (int)get_global_id(0) * 16;
    const int count = min(16, QUERIES_OF(extent) - first);
    const int head = (int)get_global_id(1);
    const int sample = (int)get_global_id(2);
    const int last = first + count - 1;
    const int end = end_seen(last, extent);
    __global const float *keys = key + key_offset + sample * steps.s5 + head / SHARED_OF(extent) * KEY_DIM;
    __global const float *values = value + value_offset + sample * steps.s6 + head / SHARED_OF(extent) * VALUE_DIM;
    float16 queries[KEY_DIM];
    float16 scores[KEYS];
    float16 largest = -INFINITY;
    float16 sum = 0.0f;
    float16 totals[COLUMNS]; /* weighted sums of values */

    for (int column = 0; column < COLUMNS; column++) {
        totals[column] = 0.0f;
    }
    load_queries(query + query_offset + sample * steps.s4 + first * steps.s0 + head * KEY_DIM, steps.s0, count,
                 packed[0], queries);
    for (int from = first_seen(first, extent); from < end; from += KEYS) {
        const int keys_here = min(KEYS, end - from);
        for (int i = 0; i < keys_here; i += TILE) {
            find_scores(queries, keys + (from + i) * steps.s1, steps.s1, keys_here - i, packed, scores + i);
        }
        if (WINDOW) { /* min of a vector and a number is beyond oclgrind */
            hide_unseen(min(first + LANES, (int16)(last)), from, keys_here, extent, scores);
        }
        const float16 factor = weigh(keys_here, scores, &largest, &sum);
        for (int column = 0; column < COLUMNS; column += TILE) {
            add_values(scores, values + from * steps.s2, steps.s2, keys_here, column, factor, totals);
        }
    }
    store(totals, sum, y + y_offset + sample * steps.s7 + first * steps.s3 + head * VALUE_DIM, steps.s3, count);
}
