/* SPDX-License-Identifier: MIT */
/* For each head, query i, and keys j that it sees, those from i - before to i + after:
 *     w[j] = exp(score[i][j]) / sum over j of exp(score[i][j]),    y[i][c] = sum over j of w[j] * value[j][c]
 * Heads lie side by side along the last axis of all tensors; heads / key_heads neighbouring heads of the query
 * share one of keys and values.
 *
 * cpu        a work-item has tiles of 32 queries of a head, one a lane; the scores of 64 keys at a time stay in its
 *            caches
 * reference  scores, softmax and weighted sums one after the other, by way of scratch memory */
#include "ops/attention.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "ops/walk.h"
#include "ops/weight.h"
#include "shape/shape.h"

#include <plait/attention.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum {
    LANES = 16,      /* queries of a vector of cpu */
    LOTS = 4,        /* work-items that each compute unit has at least, before they get more than a tile */
    MOST_TILES = 4,  /* of a work-item: with 8, keys and values are read half as often, but nothing is faster */
    TILES_DIM = 256, /* sizes of a head's key and value, together, beyond which tiles would take too large a stack */
    MOST_DIM = 1024, /* largest sizes of a head with cpu, which keeps vectors of these sizes on its stack */
};

/* ---- Shapes ----------------------------------------------------------------------------------------- */

static plait_shape key_shape(const struct node *node, const plait_shape *inputs)
{
    return inputs[node->input_count > ATTENTION_KEY ? ATTENTION_KEY : ATTENTION_VALUE];
}

static bool check_ranks(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    static const char *const names[] = {"query", "value", "key"};
    const struct attention *params = node->params;
    const size_t count = node->input_count - (params->mask != ATTENTION_UNMASKED);

    if (count < 2 || count > 3) {
        node_fail(graph, node, "it takes 2 or 3 inputs, query, value and key, but got %zu", node->input_count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        if (inputs[i].rank != 2 || shape_count(inputs[i]) == 0) {
            node_fail(graph, node, "%s has shape %s but must have two axes, of places and of channels", names[i],
                      shape_name(inputs[i]).text);
        }
    }
    return !node->poisoned;
}

static void check_sizes(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;
    const plait_shape query = inputs[ATTENTION_QUERY];
    const plait_shape value = inputs[ATTENTION_VALUE];
    const plait_shape key = key_shape(node, inputs);

    if (key.dims[0] != value.dims[0]) {
        node_fail(graph, node, "key %s has %zu places but value %s has %zu; they must agree", shape_name(key).text,
                  key.dims[0], shape_name(value).text, value.dims[0]);
    }
    if (query.dims[1] % params->heads != 0 || key.dims[1] % params->key_heads != 0 ||
        query.dims[1] / params->heads != key.dims[1] / params->key_heads) {
        node_fail(graph, node, "query %s has %zu channels for %zu heads but key %s has %zu for %zu; they must agree",
                  shape_name(query).text, query.dims[1], params->heads, shape_name(key).text, key.dims[1],
                  params->key_heads);
    }
    if (query.dims[0] > value.dims[0] && query.dims[0] - value.dims[0] > params->before) {
        node_fail(graph, node, "query %zu, the last, sees none of the %zu keys: it sees %zu places back",
                  query.dims[0] - 1, value.dims[0], params->before);
    }
}

static void check_mask(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;
    const plait_shape mask = params->mask ? inputs[ATTENTION_MASK] : (plait_shape){0};
    const size_t queries = inputs[ATTENTION_QUERY].dims[0];
    const size_t keys = inputs[ATTENTION_VALUE].dims[0];
    const bool fits = mask.rank == 1 || (mask.rank == 2 && (mask.dims[0] == queries || mask.dims[0] == 1));

    if (params->mask && (!fits || mask.dims[mask.rank - 1] != keys)) {
        node_fail(graph, node, "mask has shape %s but must have {%zu,%zu}, {1,%zu} or {%zu}, of queries and keys",
                  shape_name(mask).text, queries, keys, keys, keys);
    }
}

static void add_weights(plait_graph *graph, struct node *node, size_t key_dim)
{
    const struct attention *params = node->params;
    const bool additive = params->scores == ATTENTION_ADDITIVE;

    weight_optional(graph, node, "scale", params->scale, additive ? PLAIT_SHAPE(key_dim) : (plait_shape){0});
    if (params->scores == ATTENTION_CONCAT) {
        (void)node_weight(graph, node, "concat_score_weight", params->weight, (plait_shape){0});
    }
}

bool attention_check(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;

    if (!check_ranks(graph, node, inputs)) {
        return false;
    }
    check_sizes(graph, node, inputs);
    check_mask(graph, node, inputs);
    if (!node->poisoned) {
        add_weights(graph, node, inputs[ATTENTION_QUERY].dims[1] / params->heads);
    }
    return !node->poisoned;
}

void attention_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;
    size_t channels = 0;

    if (!attention_check(graph, node, inputs)) {
        return;
    }
    if (!size_mul(inputs[ATTENTION_VALUE].dims[1] / params->key_heads, params->heads, &channels)) {
        node_fail(graph, node, "value %s for %zu heads gives more channels than a size can hold",
                  shape_name(inputs[ATTENTION_VALUE]).text, params->heads);
    }
    node->shape = PLAIT_SHAPE(inputs[ATTENTION_QUERY].dims[0], channels);
}

double attention_flops(const struct node *node, const plait_shape *inputs)
{
    return 2.0 * (double)inputs[ATTENTION_VALUE].dims[0] *
           (double)(shape_count(inputs[ATTENTION_QUERY]) + shape_count(node->shape));
}

struct attention_sizes attention_sizes_of(const struct step *step)
{
    const struct attention *params = step->params;
    const size_t *query = step->inputs[ATTENTION_QUERY].dims;
    const size_t *value = step->inputs[ATTENTION_VALUE].dims;

    return (struct attention_sizes){
        .queries = query[1],
        .keys = value[1],
        .heads = params->heads,
        .key_heads = params->key_heads,
        .key_dim = query[2] / params->heads,
        .value_dim = value[2] / params->key_heads,
    };
}

const struct operand *attention_key(const struct step *step, const struct run *run)
{
    return &run->inputs[step->input_count > ATTENTION_KEY ? ATTENTION_KEY : ATTENTION_VALUE];
}

struct operand attention_mask_of(const struct step *step, const struct run *run)
{
    return run->inputs[((const struct attention *)step->params)->mask ? ATTENTION_MASK : ATTENTION_QUERY];
}

struct arg attention_extent(const struct step *step, const struct run *run)
{
    const struct attention *params = step->params;
    const struct attention_sizes sizes = attention_sizes_of(step);
    const struct view mask = attention_mask_of(step, run).view;
    const size_t extent[] = {sizes.queries,
                             sizes.keys,
                             sizes.heads,
                             sizes.heads / sizes.key_heads,
                             least(params->before, sizes.queries),
                             least(params->after, sizes.keys),
                             mask.rank > 2 && mask.dims[1] > 1 ? mask.strides[1] : 0,
                             mask.strides[0]};

    return arg_int8(extent, sizeof extent / sizeof *extent);
}

/* ---- Weights: {factor of the scores, or of query + key within tanh; then a factor for each tanh} ----- */

size_t attention_packed_floats(const struct step *step)
{
    const struct attention *params = step->params;

    return params->scores == ATTENTION_DOT ? 1 : 1 + attention_sizes_of(step).key_dim;
}

static float number_or_one(const float *values)
{
    return values ? values[0] : 1.0F;
}

void attention_pack(const struct step *step, float *packed)
{
    const struct attention *params = step->params;
    const float *scale = weight_values(step->weights, step->weight_count, "scale");
    const float *weight = weight_values(step->weights, step->weight_count, "concat_score_weight");
    const bool additive = params->scores == ATTENTION_ADDITIVE;

    packed[0] = additive ? 1.0F : params->factor * number_or_one(scale);
    for (size_t i = 1; i < attention_packed_floats(step); i++) {
        packed[i] = additive ? number_or_one(scale ? scale + i - 1 : NULL) : number_or_one(weight);
    }
}

/* ---- cpu -------------------------------------------------------------------------------------------- */

enum { TILE_QUERIES }; /* queries of a work-item */

static bool fits_stack(const struct step *step)
{
    return attention_sizes_of(step).key_dim <= MOST_DIM && attention_sizes_of(step).value_dim <= MOST_DIM;
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && fits_stack(step);
}

void attention_score_options(const struct step *step, struct text *options)
{
    const struct attention *params = step->params;
    const struct attention_sizes sizes = attention_sizes_of(step);
    const bool all = params->before >= sizes.queries && params->after >= sizes.keys;

    text_add(options, " -D ADDITIVE=%d -D WINDOW=%d -D MASK=%d -D KEY_DIM=%zu", params->scores != ATTENTION_DOT, !all,
             params->mask, sizes.key_dim);
}

/* Tiles of `queries` queries for a work-item, which copies a block of keys and values once for all of them. */
static size_t tiles_for(const struct step *step, size_t queries, size_t compute_units)
{
    const struct attention_sizes sizes = attention_sizes_of(step);
    const size_t all = step->output.dims[0] * sizes.heads * divide_up(sizes.queries, queries);
    const size_t fair = all / (LOTS * compute_units);

    if (sizes.key_dim + sizes.value_dim > TILES_DIM || fair <= 1) {
        return 1;
    }
    return least(fair, MOST_TILES);
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const struct attention_sizes sizes = attention_sizes_of(step);

    if (!fits_stack(step)) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "heads have sizes %zu and %zu; this variant takes %d", sizes.key_dim,
                         sizes.value_dim, MOST_DIM);
    }
    struct text *options = step_kernel(step, "attention_cpu");
    activation_options(&step->activation, options);
    attention_score_options(step, options);
    const size_t vectors = sizes.queries > LANES && device->vector_floats >= LANES ? 2 : 1;
    const size_t tiles = tiles_for(step, vectors * LANES, device->compute_units);
    step->tile[TILE_QUERIES] = tiles * vectors * LANES;
    text_add(options, " -D VALUE_DIM=%zu -D VECTORS=%zu -D TILES=%zu", sizes.value_dim, vectors, tiles);
    step->packed_floats = attention_packed_floats(step);
    return PLAIT_OK;
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    const struct operand *key = attention_key(step, run);
    const struct operand *value = &run->inputs[ATTENTION_VALUE];
    const struct operand *operands[] = {&run->inputs[ATTENTION_QUERY], key, value, &run->output};
    size_t steps[8];

    for (size_t i = 0; i < 4; i++) {
        steps[i] = operands[i]->view.strides[1];
        steps[4 + i] = operands[i]->view.strides[0];
    }
    const struct attention_sizes sizes = attention_sizes_of(step);
    const size_t queries = step->tile[TILE_QUERIES];
    const struct range range = {.global = {divide_up(sizes.queries, queries), sizes.heads, run->batch},
                                .local = {1, 1, 1}};
    return launch(run->stream, run->kernels[0], range,
                  ARGS(ARG_OPERAND(run->inputs[ATTENTION_QUERY]), ARG_OPERAND(*key), ARG_OPERAND(*value),
                       ARG_OPERAND(run->output), arg_buffer(run->packed), ARG_OPERAND(attention_mask_of(step, run)),
                       attention_extent(step, run), arg_int8(steps, 8)));
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, attention_pack, enqueue_cpu};

const struct variant *const attention_variants[ATTENTION_VARIANTS] = {&cpu, &attention_reference};
