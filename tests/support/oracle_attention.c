/* SPDX-License-Identifier: MIT */
#include "oracle_attention.h"

#include "oracle_reshaping.h"

#include <math.h>

/* A vector in a reference: its first element. */
struct vector {
    const struct reference *in;
    size_t first;
};

static void score(struct vector query, struct vector key, size_t size, const struct oracle_heads *heads, double *value,
                  double *terms)
{
    for (size_t d = 0; d < size; d++) {
        const double q = query.in->value[query.first + d];
        const double k = key.in->value[key.first + d];
        const double q_error = query.in->terms[query.first + d];
        const double k_error = key.in->terms[key.first + d];
        const double weight = heads->weight.data ? (double)heads->weight.data[d % heads->weight.shape.dims[0]] : 1;
        if (heads->additive) {
            const double t = tanh(heads->factor * (q + k));
            *value += weight * t;
            *terms += fabs(weight) * (fabs(t) + fabs(heads->factor) * (fabs(q) + fabs(k) + q_error + k_error));
        } else {
            *value += heads->factor * q * k;
            *terms += fabs(heads->factor) * (fabs(q * k) + q_error * fabs(k) + fabs(q) * k_error);
        }
    }
}

/* Whether a mask {batch, queries or 1, keys} or {batch, keys}, or none, shows key `j` of a sample to query `i`. */
static bool shows(const struct reference *mask, size_t sample, size_t i, size_t j)
{
    const size_t *dims = mask->shape.dims;
    const size_t rank = mask->shape.rank;
    const size_t lines = rank == 3 ? dims[1] : 1;
    const size_t line = sample * lines + (lines > 1 ? i : 0);

    return rank == 0 || mask->value[line * dims[rank - 1] + j] != 0;
}

/* Whether query `i` of a sample sees key `j`. */
static bool sees(size_t sample, size_t i, size_t j, const struct oracle_heads *heads)
{
    return (j > i ? j - i <= heads->after : i - j <= heads->before) && shows(&heads->mask, sample, i, j);
}

/* A finite score if there is a mask, as in Keras: queries from which it hides all keys see them all alike. */
static double hidden_score(const struct oracle_heads *heads, double score)
{
    if (heads->lowers) {
        return (double)((float)score - 1e9F);
    }
    return heads->mask.shape.rank > 0 ? -0.7 * 3.38953e38 : (double)-INFINITY;
}

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

static struct reference scores_of(const struct reference *query, const struct reference *key,
                                  const struct oracle_heads *heads)
{
    const size_t queries = query->shape.dims[1];
    const size_t keys = key->shape.dims[1];
    const size_t size = query->shape.dims[2] / heads->heads;
    const size_t shared = heads->heads / heads->key_heads;
    struct reference y = reference_new(PLAIT_SHAPE(query->shape.dims[0], heads->heads, queries, keys));

    y.sums = larger(size, larger(query->sums, key->sums));
    for (size_t e = 0; e < y.count; e++) {
        const size_t j = e % keys;
        const size_t i = e / keys % queries;
        const size_t head = e / keys / queries % heads->heads;
        const size_t sample = e / keys / queries / heads->heads;
        const struct vector q = {query, ((sample * queries + i) * heads->heads + head) * size};
        const struct vector k = {key, ((sample * keys + j) * heads->key_heads + head / shared) * size};
        score(q, k, size, heads, &y.value[e], &y.terms[e]);
        if (!sees(sample, i, j, heads)) {
            y.value[e] = hidden_score(heads, y.value[e]);
            y.terms[e] = 0;
        }
    }
    return y;
}

struct reference oracle_weights(struct reference query, struct reference key, const struct oracle_heads *heads)
{
    struct reference weights = oracle_softmax(scores_of(&query, &key, heads), -1);
    const size_t *sizes = weights.shape.dims;

    for (size_t e = 0; heads->zero && e < weights.count; e++) {
        const size_t row = e / sizes[3];
        if (!sees(row / sizes[2] / sizes[1], row % sizes[2], e % sizes[3], heads)) {
            weights.value[e] = weights.terms[e] = 0;
        }
    }
    return weights;
}

struct reference oracle_attend(struct reference query, struct reference value, struct reference key,
                               const struct oracle_heads *heads)
{
    const struct reference weights = oracle_weights(query, key, heads);
    const size_t *sizes = weights.shape.dims;
    const size_t keys = sizes[3];
    const size_t size = value.shape.dims[2] / heads->key_heads;
    const size_t shared = heads->heads / heads->key_heads;
    struct reference y = reference_new(PLAIT_SHAPE(sizes[0], sizes[2], heads->heads * size));

    y.sums = larger(keys, larger(weights.sums, value.sums));
    for (size_t e = 0; e < y.count; e++) {
        const size_t c = e % size;
        const size_t head = e / size % heads->heads;
        const size_t row = e / size / heads->heads;
        const size_t line = ((row / sizes[2] * heads->heads + head) * sizes[2] + row % sizes[2]) * keys;
        for (size_t j = 0; j < keys; j++) {
            const size_t from = ((row / sizes[2] * keys + j) * heads->key_heads + head / shared) * size + c;
            const double w = weights.value[line + j];
            if ((heads->mask.shape.rank == 0 || heads->zero) && !sees(row / sizes[2], row % sizes[2], j, heads)) {
                continue;
            }
            y.value[e] += w * value.value[from];
            y.terms[e] += fabs(w * value.value[from]) + weights.terms[line + j] * fabs(value.value[from]) +
                          fabs(w) * value.terms[from];
        }
    }
    return y;
}

static double number_or_one(plait_array array)
{
    return array.data ? (double)array.data[0] : 1;
}

struct oracle_heads oracle_heads_of(const plait_attention_opts *opts)
{
    const bool concat = opts->concat_score_weight.data != NULL;

    return (struct oracle_heads){
        .heads = 1,
        .key_heads = 1,
        .factor = number_or_one(opts->scale),
        .before = SIZE_MAX,
        .after = opts->use_causal_mask ? 0 : SIZE_MAX,
        .additive = concat,
        .weight = {opts->concat_score_weight.data, PLAIT_SHAPE(1)},
    };
}

struct reference oracle_attention(const struct reference *x, size_t count, const plait_attention_opts *opts)
{
    const struct oracle_heads heads = oracle_heads_of(opts);

    return oracle_attend(x[0], x[1], x[count - 1], &heads);
}

struct reference oracle_additive_attention(const struct reference *x, size_t count,
                                           const plait_additive_attention_opts *opts)
{
    const struct oracle_heads heads = {
        .heads = 1,
        .key_heads = 1,
        .factor = 1,
        .before = SIZE_MAX,
        .after = opts->use_causal_mask ? 0 : SIZE_MAX,
        .additive = true,
        .weight = opts->scale,
    };

    return oracle_attend(x[0], x[1], x[count - 1], &heads);
}

static plait_shape shape_of(const size_t *dims, size_t count)
{
    plait_shape shape = {.rank = count};

    for (size_t i = 0; i < count; i++) {
        shape.dims[i] = dims[i];
    }
    return shape;
}

static size_t product_of(const size_t *dims, size_t count)
{
    size_t product = 1;

    for (size_t i = 0; i < count; i++) {
        product *= dims[i];
    }
    return product;
}

/* A sample's axes but the first `kept` as one. */
static struct reference fold(struct reference x, size_t kept)
{
    plait_shape shape = shape_of(x.shape.dims + 1, kept);

    shape.dims[shape.rank++] = product_of(x.shape.dims + 1 + kept, x.shape.rank - 1 - kept);
    return oracle_reshape(x, shape);
}

struct reference oracle_einsum_dense(struct reference x, const plait_einsum_dense_opts *opts)
{
    const size_t summed = opts->summed ? opts->summed : 1;
    const plait_shape kernel = opts->kernel.shape;
    const size_t news = kernel.rank - summed;
    const size_t kept = x.shape.rank - 1 - summed;
    const plait_shape flat = PLAIT_SHAPE(product_of(kernel.dims, summed), product_of(kernel.dims + summed, news));
    const plait_dense_opts dense = {.kernel = {opts->kernel.data, flat}, .bias = opts->bias};
    const struct reference y = oracle_dense(fold(x, kept), &dense);
    plait_shape shape = shape_of(x.shape.dims + 1, kept);

    for (size_t i = 0; i < news; i++) {
        shape.dims[shape.rank++] = kernel.dims[summed + i];
    }
    return oracle_activate(oracle_reshape(y, shape), opts->activation);
}

/* {..., channels} by a kernel {channels, heads, size}, to {places, heads * size}. */
static struct reference project(struct reference x, plait_projection weights, plait_activation activation)
{
    const plait_einsum_dense_opts opts = {.kernel = weights.kernel, .bias = weights.bias, .activation = activation};
    const plait_shape shape = x.shape;
    const size_t places = product_of(shape.dims + 1, shape.rank - 2);
    const struct reference flat = oracle_reshape(x, PLAIT_SHAPE(places, shape.dims[shape.rank - 1]));

    return fold(oracle_einsum_dense(flat, &opts), 1);
}

/* All masks as one {batch, queries, keys}; none if there are none. */
static struct reference combine(struct reference given, const struct oracle_masks *masks, size_t queries, size_t keys)
{
    const struct reference *const all[] = {&given, &masks->query, &masks->value, &masks->key};
    size_t batch = 0;

    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        batch = all[i]->shape.rank > 0 ? all[i]->shape.dims[0] : batch;
    }
    if (batch == 0) {
        return (struct reference){0};
    }
    struct reference y = reference_new(PLAIT_SHAPE(batch, queries, keys));
    for (size_t e = 0; e < y.count; e++) {
        const size_t j = e % keys;
        const size_t i = e / keys % queries;
        const size_t sample = e / keys / queries;
        y.value[e] = shows(&given, sample, i, j) && shows(&masks->query, sample, 0, i) &&
                     shows(&masks->value, sample, 0, j) && shows(&masks->key, sample, 0, j);
    }
    return y;
}

struct reference oracle_multi_head_attention(const struct reference *x, size_t count,
                                             const plait_multi_head_attention_opts *opts)
{
    return oracle_masked_multi_head_attention(x, count, opts, &(struct oracle_masks){0}, NULL);
}

struct reference oracle_masked_multi_head_attention(const struct reference *x, size_t count,
                                                    const plait_multi_head_attention_opts *opts,
                                                    const struct oracle_masks *masks, struct reference *scores)
{
    const size_t window = opts->sliding_window ? opts->sliding_window - 1 : SIZE_MAX;
    struct oracle_heads heads = {
        .heads = opts->query.kernel.shape.dims[1],
        .key_heads = opts->key.kernel.shape.dims[1],
        .factor = 1 / sqrt((double)opts->query.kernel.shape.dims[2]),
        .before = window,
        .after = opts->use_causal_mask ? 0 : window,
    };
    const plait_einsum_dense_opts output = {.kernel = opts->output.kernel, .bias = opts->output.bias, .summed = 2};
    const size_t value_dim = opts->value.kernel.shape.dims[2];
    struct reference y[2];

    count -= opts->attention_mask != 0;
    heads.mask = combine(opts->attention_mask ? x[count] : (struct reference){0}, masks, x[0].shape.dims[1],
                         x[count - 1].shape.dims[1]);
    heads.lowers = opts->hidden_weights == 2;
    heads.zero = heads.mask.shape.rank > 0 && !heads.lowers &&
                 (opts->attention_mask == 2 || opts->hidden_weights == 1 || opts->attention_scores);
    const struct reference query = project(x[0], opts->query, PLAIT_LINEAR);
    const struct reference key = project(x[count - 1], opts->key, PLAIT_LINEAR);
    if (scores) {
        *scores = oracle_weights(query, key, &heads);
    }
    y[0] = oracle_attend(query, project(x[1], opts->value, PLAIT_LINEAR), key, &heads);
    if (opts->gate.kernel.data) {
        y[1] = project(x[0], opts->gate, PLAIT_SIGMOID);
        y[0] = oracle_merge(MERGE_MULTIPLY, y, 2);
    }
    plait_shape shape = shape_of(x[0].shape.dims + 1, x[0].shape.rank - 2);
    shape.dims[shape.rank++] = heads.heads;
    shape.dims[shape.rank++] = value_dim;
    return oracle_einsum_dense(oracle_reshape(y[0], shape), &output);
}
