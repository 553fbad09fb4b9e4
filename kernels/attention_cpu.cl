/* SPDX-License-Identifier: MIT */
/* Attention (attention.clh) for CPUs: for head h, query i
 *     y[i][h][c] = ACTIVATE(sum over j of w[j] * value[j][h / shared][c] / sum over j of w[j])
 * with w[j] = exp(score[i][j] - m), m the largest score.
 *
 * A work-item has TILES tiles of QUERIES queries of a head, one in each lane of VECTORS vectors, so that no lane ever
 * meets another. It goes through the keys in blocks, of which it has a copy without gaps, as rows of several heads
 * are apart by steps that few sets of a cache hold. m is the largest so far, and what was summed up with an earlier
 * one is scaled to it. Scores of STRIP keys, and sums of STRIP columns of values, are in registers.
 * Lanes behind the last query have that query again, and are not stored.
 *
 *   steps   of a place in query, key, value and y, then of a sample in them
 *
 *   -D VALUE_DIM=... -D VECTORS=1 or 2 -D TILES=... -D ACTIVATION=... (activation.clh)
 * Work-items: {queries / (QUERIES * TILES), heads, samples}. */
#define REAL float16
#include "activation.clh"
#include "attention.clh"
#include "exp.clh"
#include "lanes.clh"
#include "part.clh"
#include "transpose.clh"

#define QUERIES (16 * VECTORS)
#define STRIP 8
#define KEYS (KEY_DIM + VALUE_DIM > 512 ? 16 : 64) /* of a block, whole strips: their sums are apart, against */
#define PRODUCTS 128                               /* rounding errors, as are those of products of a score */
#define EACH(DO) DO(0) DO(1) DO(2) DO(3) DO(4) DO(5) DO(6) DO(7)
#define WHOLE(size) (((size) + 15) / 16 * 16)
#define KEY_STEP WHOLE(KEY_DIM)
#define VALUE_STEP WHOLE(VALUE_DIM)

#if VECTORS == 2
#define SECOND(...) __VA_ARGS__
#else
#define SECOND(...)
#endif

/* Keys and values that are gone through together. */
struct block {
    int from, count;
    const float *keys, *values;
};

struct tile {
    int first, last;            /* query */
    __global const float *mask; /* of the first */
    float16 queries[KEY_STEP * VECTORS];
    float16 totals[VALUE_STEP * VECTORS]; /* weighted sums of values */
    float16 largest[VECTORS];             /* score */
    float16 sums[VECTORS];                /* of weights */
};

/* Of up to 16 queries, element d of each to queries[d * VECTORS]. */
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

static void begin_tile(__global const float *from, int step, float factor, struct tile *tile)
{
    const int count = tile->last - tile->first + 1;

    for (int i = 0; i < VALUE_STEP * VECTORS; i++) {
        tile->totals[i] = 0.0f;
    }
    for (int v = 0; v < VECTORS; v++) {
        const int before = min(v * 16, count - 1);
        load_queries(from + before * step, step, count - before, factor, tile->queries + v);
        tile->largest[v] = -INFINITY;
        tile->sums[v] = 0.0f;
    }
}

/* Rows of `size`, with zeros behind them, and the last of them again up to whole strips. */
static void copy_rows(__global const float *from, int step, int count, int size, float *to)
{
    for (int i = 0; i < (count + STRIP - 1) / STRIP * STRIP; i++) {
        for (int c = 0; c < size; c += 16) {
            *(float16 *)(to + i * WHOLE(size) + c) = load_first(from + min(i, count - 1) * step + c, size - c);
        }
    }
}

#if ADDITIVE
#define TERM(query, key, part) part = fma((float16)(packed[1 + d]), tanh(packed[0] * (query + key)), part);
#else
#define TERM(query, key, part) part = fma(query, key, part);
#endif
#define BEGIN(i)             \
    float16 first##i = 0.0f; \
    SECOND(float16 second##i = 0.0f;)
#define SCORE(i)                                    \
    {                                               \
        const float16 key = keys[i * KEY_STEP + d]; \
        TERM(first, key, first##i)                  \
        SECOND(TERM(second, key, second##i))        \
    }
#define PUT(to, from) to = begin == 0 ? from : to + from;
#define STORE_SCORE(i)                              \
    PUT(scores[i * VECTORS], first##i)              \
    SECOND(PUT(scores[i * VECTORS + 1], second##i)) \
    first##i = 0.0f;                                \
    SECOND(second##i = 0.0f;)

/* Scores of a strip of keys. */
static void find_scores(const float16 *queries, const float *keys, __global const float *packed, float16 *scores)
{
    EACH(BEGIN)
    for (int begin = 0; begin < KEY_DIM; begin += PRODUCTS) {
        for (int d = begin; d < min(KEY_DIM, begin + PRODUCTS); d++) {
            const float16 first = queries[d * VECTORS];
            SECOND(const float16 second = queries[d * VECTORS + 1];)
            EACH(SCORE)
        }
        EACH(STORE_SCORE)
    }
}

/* Which of the queries see a key, as far as it is near enough. */
static int16 find_near(int16 query, int key, int8 extent)
{
    const int16 distance = query - key;

    return (distance <= BEFORE_OF(extent)) & (-distance <= AFTER_OF(extent));
}

static void hide_unseen(int16 query, int key, int count, int8 extent, float16 *scores)
{
    for (int i = 0; i < count; i++) {
        const float16 score = scores[i * VECTORS];
        scores[i * VECTORS] = find_near(query, key + i, extent) ? score : HIDDEN(score);
    }
}

/* Hides what the mask hides, and what is not near enough. */
static void hide_masked(__global const float *mask, int queries, int16 query, int key, int count, int8 extent,
                        float16 *scores)
{
    float16 rows[16];

    for (int i = 0; i < count; i += 16) {
        for (int lane = 0; lane < 16; lane++) {
            rows[lane] = load_first(mask + min(lane, queries - 1) * MASK_STEP_OF(extent) + i, count - i);
        }
        transpose(rows);
        for (int k = 0; k < min(16, count - i); k++) {
            const float16 score = scores[(i + k) * VECTORS];
            int16 seen = rows[k] != 0.0f;
            if (WINDOW) {
                seen &= find_near(query, key + i + k, extent);
            }
            scores[(i + k) * VECTORS] = seen ? score : HIDDEN(score);
        }
    }
}

/* The largest of scores, or `most`. NaN is not, and two at a time wait less for each other. */
static float16 find_largest(int count, const float16 *scores, float16 most)
{
    float16 odd = most;

    for (int i = 0; i + 1 < count; i += 2) {
        most = scores[i * VECTORS] > most ? scores[i * VECTORS] : most;
        odd = scores[(i + 1) * VECTORS] > odd ? scores[(i + 1) * VECTORS] : odd;
    }
    if (count % 2 > 0) {
        most = scores[(count - 1) * VECTORS] > most ? scores[(count - 1) * VECTORS] : most;
    }
    return odd > most ? odd : most;
}

/* Scores to weights; returns what the sums so far are to be multiplied by. Where nothing was seen yet, the largest
 * is -Inf, and 0 stands for it. */
static float16 weigh(int count, float16 *scores, float16 *largest, float16 *sum)
{
    const float16 before = *largest;
    const float16 most = find_largest(count, scores, before);
    float16 here = 0.0f;

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

#define ADD(i)                                             \
    {                                                      \
        const float16 value = values[i];                   \
        first##i = fma(first, value, first##i);            \
        SECOND(second##i = fma(second, value, second##i);) \
    }
#define TOTAL(i)                                                          \
    totals[i * VECTORS] = fma(totals[i * VECTORS], factors[0], first##i); \
    SECOND(totals[i * VECTORS + 1] = fma(totals[i * VECTORS + 1], factors[1], second##i);)

/* Weighted sums of a strip of columns. */
static void add_values(const float16 *weights, const float *values, int count, const float16 *factors, float16 *totals)
{
    EACH(BEGIN)
    for (int i = 0; i < count; i++, values += VALUE_STEP) {
        const float16 first = weights[i * VECTORS];
        SECOND(const float16 second = weights[i * VECTORS + 1];)
        EACH(ADD)
    }
    EACH(TOTAL)
}

static void store(const float16 *totals, float16 sum, __global float *y, int step, int count)
{
    const float16 factor = MASK == 2 && sum == 0.0f ? (float16)(0.0f) : 1.0f / sum;
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

/* The keys that queries `first` to `last` may see, taken together: from the first one up to the end. */
static int first_seen(int first, int8 extent)
{
    return SKIP ? max(0, first - BEFORE_OF(extent)) : 0;
}

static int end_seen(int last, int8 extent)
{
    return SKIP ? min(KEYS_OF(extent) - 1 - last, AFTER_OF(extent)) + last + 1 : KEYS_OF(extent);
}

/* Hides what vector `v` of a tile does not see. */
static void hide(const struct tile *tile, int v, struct block block, int8 extent, float16 *scores)
{
    const int last_key = block.from + block.count - 1;
    const int before = min(v * 16, tile->last - tile->first);

    /* min of a vector and a number is beyond oclgrind */
    const int16 query = min(tile->first + v * 16 + LANES, (int16)(tile->last));

    if (MASK) {
        hide_masked(tile->mask + before * MASK_STEP_OF(extent) + block.from, tile->last - tile->first + 1 - before,
                    query, block.from, block.count, extent, scores);
    } else if (WINDOW && (tile->last - block.from > BEFORE_OF(extent) || last_key - tile->first > AFTER_OF(extent))) {
        hide_unseen(query, block.from, block.count, extent, scores);
    }
}

static void attend(struct tile *tile, struct block block, __global const float *packed, int8 extent)
{
    float16 scores[KEYS * VECTORS];
    float16 factors[VECTORS];

    if (SKIP &&
        (block.from + block.count <= first_seen(tile->first, extent) || block.from >= end_seen(tile->last, extent))) {
        return;
    }
    for (int i = 0; i < block.count; i += STRIP) {
        find_scores(tile->queries, block.keys + i * KEY_STEP, packed, scores + i * VECTORS);
    }
    for (int v = 0; v < VECTORS; v++) {
        hide(tile, v, block, extent, scores + v);
        factors[v] = weigh(block.count, scores + v, tile->largest + v, tile->sums + v);
    }
    for (int column = 0; column < VALUE_DIM; column += STRIP) {
        add_values(scores, block.values + column, block.count, factors, tile->totals + column * VECTORS);
    }
}

__kernel void attention_cpu(__global const float *query, const long query_offset, __global const float *key,
                            const long key_offset, __global const float *value, const long value_offset,
                            __global float *y, const long y_offset, __global const float *packed,
                            __global const float *mask, const long mask_offset, const int8 extent, const int8 steps)
{
    const int first = (int)get_global_id(0) * (QUERIES * TILES);
    const int count = min(QUERIES * TILES, QUERIES_OF(extent) - first);
    const int head = (int)get_global_id(1);
    const int sample = (int)get_global_id(2);
    const int end = end_seen(first + count - 1, extent);
    struct tile tiles[TILES];
    float16 keys[KEYS * KEY_STEP / 16]; /* vectors, so that they are aligned */
    float16 values[KEYS * VALUE_STEP / 16];

    query += query_offset + sample * steps.s4 + first * steps.s0 + head * KEY_DIM;
    key += key_offset + sample * steps.s5 + head / SHARED_OF(extent) * KEY_DIM;
    value += value_offset + sample * steps.s6 + head / SHARED_OF(extent) * VALUE_DIM;
    y += y_offset + sample * steps.s7 + first * steps.s3 + head * VALUE_DIM;
    mask += mask_offset + sample * MASK_SAMPLE_OF(extent);
    for (int i = 0; i < count; i += QUERIES) {
        struct tile *tile = tiles + i / QUERIES;
        tile->first = first + i;
        tile->last = first + min(i + QUERIES, count) - 1;
        tile->mask = mask + tile->first * MASK_STEP_OF(extent);
        begin_tile(query + i * steps.s0, steps.s0, packed[0], tile);
    }
    for (int from = first_seen(first, extent); from < end; from += KEYS) {
        const struct block block = {from, min(KEYS, end - from), (const float *)keys, (const float *)values};
        copy_rows(key + from * steps.s1, steps.s1, block.count, KEY_DIM, (float *)keys);
        copy_rows(value + from * steps.s2, steps.s2, block.count, VALUE_DIM, (float *)values);
        for (int i = 0; i < count; i += QUERIES) {
            attend(tiles + i / QUERIES, block, packed, extent);
        }
    }
    for (int i = 0; i < count; i += 16) {
        const int v = i / 16 % VECTORS;
        const struct tile *tile = tiles + i / QUERIES;
        store(tile->totals + v, tile->sums[v], y + i * steps.s3, steps.s3, count - i);
    }
}
