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
#include "ops/walk.h"
#include "ops/weight.h"
#include "shape/shape.h"

#include <plait/attention.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { QUERY, VALUE, KEY, MASK };

enum {
    LANES = 16,      /* queries of a vector of cpu */
    LOTS = 4,        /* work-items that each compute unit has at least, before they get more than a tile */
    MOST_TILES = 4,  /* of a work-item: with 8, keys and values are read half as often, but nothing is faster */
    TILES_DIM = 256, /* sizes of a head's key and value, together, beyond which tiles would take too large a stack */
    MOST_DIM = 1024, /* largest sizes of a head with cpu, which keeps vectors of these sizes on its stack */
    GROUP = 64,      /* work-items of a group in the reference, if the device can */
};

/* ---- Shapes ----------------------------------------------------------------------------------------- */

static plait_shape key_shape(const struct node *node, const plait_shape *inputs)
{
    return inputs[node->input_count > KEY ? KEY : VALUE];
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
    const plait_shape query = inputs[QUERY];
    const plait_shape value = inputs[VALUE];
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
    const plait_shape mask = params->mask ? inputs[MASK] : (plait_shape){0};
    const size_t queries = inputs[QUERY].dims[0];
    const size_t keys = inputs[VALUE].dims[0];
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

void attention_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;
    size_t channels = 0;

    if (!check_ranks(graph, node, inputs)) {
        return;
    }
    check_sizes(graph, node, inputs);
    check_mask(graph, node, inputs);
    if (node->poisoned) {
        return;
    }
    add_weights(graph, node, inputs[QUERY].dims[1] / params->heads);
    if (!size_mul(inputs[VALUE].dims[1] / params->key_heads, params->heads, &channels)) {
        node_fail(graph, node, "value %s for %zu heads gives more channels than a size can hold",
                  shape_name(inputs[VALUE]).text, params->heads);
    }
    node->shape = PLAIT_SHAPE(inputs[QUERY].dims[0], channels);
}

double attention_flops(const struct node *node, const plait_shape *inputs)
{
    return 2.0 * (double)inputs[VALUE].dims[0] * (double)(shape_count(inputs[QUERY]) + shape_count(node->shape));
}

/* The sizes that kernels are compiled for or given. */
struct sizes {
    size_t queries, keys;
    size_t heads, key_heads;
    size_t key_dim, value_dim;
};

static struct sizes sizes_of(const struct step *step)
{
    const struct attention *params = step->params;
    const size_t *query = step->inputs[QUERY].dims;
    const size_t *value = step->inputs[VALUE].dims;

    return (struct sizes){
        .queries = query[1],
        .keys = value[1],
        .heads = params->heads,
        .key_heads = params->key_heads,
        .key_dim = query[2] / params->heads,
        .value_dim = value[2] / params->key_heads,
    };
}

static const struct operand *key_of(const struct step *step, const struct run *run)
{
    return &run->inputs[step->input_count > KEY ? KEY : VALUE];
}

/* Anything if there is none. */
static struct operand mask_of(const struct step *step, const struct run *run)
{
    return run->inputs[((const struct attention *)step->params)->mask ? MASK : QUERY];
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Queries, keys, heads, heads of the query that share one of the keys, keys seen before and after, steps of a query
 * and of a sample in the mask. */
static struct arg extent_arg(const struct step *step, const struct run *run)
{
    const struct attention *params = step->params;
    const struct sizes sizes = sizes_of(step);
    const struct view mask = mask_of(step, run).view;
    const size_t extent[] = {sizes.queries,
                             sizes.keys,
                             sizes.heads,
                             sizes.heads / sizes.key_heads,
                             smaller(params->before, sizes.queries),
                             smaller(params->after, sizes.keys),
                             mask.rank > 2 && mask.dims[1] > 1 ? mask.strides[1] : 0,
                             mask.strides[0]};

    return arg_int8(extent, sizeof extent / sizeof *extent);
}

/* ---- Weights: {factor of the scores, or of query + key within tanh; then a factor for each tanh} ----- */

static size_t packed_floats(const struct step *step)
{
    const struct attention *params = step->params;

    return params->scores == ATTENTION_DOT ? 1 : 1 + sizes_of(step).key_dim;
}

static float number_or_one(const float *values)
{
    return values ? values[0] : 1.0F;
}

static void pack(const struct step *step, float *packed)
{
    const struct attention *params = step->params;
    const float *scale = weight_values(step->weights, step->weight_count, "scale");
    const float *weight = weight_values(step->weights, step->weight_count, "concat_score_weight");
    const bool additive = params->scores == ATTENTION_ADDITIVE;

    packed[0] = additive ? 1.0F : params->factor * number_or_one(scale);
    for (size_t i = 1; i < packed_floats(step); i++) {
        packed[i] = additive ? number_or_one(scale ? scale + i - 1 : NULL) : number_or_one(weight);
    }
}

/* ---- cpu -------------------------------------------------------------------------------------------- */

enum { TILE_QUERIES }; /* queries of a work-item */

static bool fits_stack(const struct step *step)
{
    return sizes_of(step).key_dim <= MOST_DIM && sizes_of(step).value_dim <= MOST_DIM;
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && fits_stack(step);
}

/* Options that both variants' kernels of scores read. */
static void score_options(const struct step *step, struct text *options)
{
    const struct attention *params = step->params;
    const struct sizes sizes = sizes_of(step);
    const bool all = params->before >= sizes.queries && params->after >= sizes.keys;

    text_add(options, " -D ADDITIVE=%d -D WINDOW=%d -D MASK=%d -D KEY_DIM=%zu", params->scores != ATTENTION_DOT, !all,
             params->mask, sizes.key_dim);
}

/* Tiles of `queries` queries for a work-item, which copies a block of keys and values once for all of them. */
static size_t tiles_for(const struct step *step, size_t queries, size_t compute_units)
{
    const struct sizes sizes = sizes_of(step);
    const size_t all = step->output.dims[0] * sizes.heads * ((sizes.queries + queries - 1) / queries);
    const size_t fair = all / (LOTS * compute_units);

    if (sizes.key_dim + sizes.value_dim > TILES_DIM || fair <= 1) {
        return 1;
    }
    return smaller(fair, MOST_TILES);
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const struct sizes sizes = sizes_of(step);

    if (!fits_stack(step)) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "heads have sizes %zu and %zu; this variant takes %d", sizes.key_dim,
                         sizes.value_dim, MOST_DIM);
    }
    struct text *options = step_kernel(step, "attention_cpu");
    activation_options(&step->activation, options);
    score_options(step, options);
    const size_t vectors = sizes.queries > LANES && device->vector_floats >= LANES ? 2 : 1;
    const size_t tiles = tiles_for(step, vectors * LANES, device->compute_units);
    step->tile[TILE_QUERIES] = tiles * vectors * LANES;
    text_add(options, " -D VALUE_DIM=%zu -D VECTORS=%zu -D TILES=%zu", sizes.value_dim, vectors, tiles);
    step->packed_floats = packed_floats(step);
    return PLAIT_OK;
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    const struct operand *key = key_of(step, run);
    const struct operand *value = &run->inputs[VALUE];
    const struct operand *operands[] = {&run->inputs[QUERY], key, value, &run->output};
    size_t steps[8];

    for (size_t i = 0; i < 4; i++) {
        steps[i] = operands[i]->view.strides[1];
        steps[4 + i] = operands[i]->view.strides[0];
    }
    const struct sizes sizes = sizes_of(step);
    const size_t queries = step->tile[TILE_QUERIES];
    const struct range range = {.global = {(sizes.queries + queries - 1) / queries, sizes.heads, run->batch},
                                .local = {1, 1, 1}};
    return launch(run->stream, run->kernels[0], range,
                  ARGS(ARG_OPERAND(run->inputs[QUERY]), ARG_OPERAND(*key), ARG_OPERAND(*value),
                       ARG_OPERAND(run->output), arg_buffer(run->packed), ARG_OPERAND(mask_of(step, run)),
                       extent_arg(step, run), arg_int8(steps, 8)));
}

/* ---- reference -------------------------------------------------------------------------------------- */

/* Kernels in step->kernels; TILE_GROUP is their work-items of a group. */
enum { SCORES, SOFTMAX, SUMS };
enum { TILE_GROUP };

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    const struct attention *params = step->params;
    const struct sizes sizes = sizes_of(step);
    const plait_shape scores = PLAIT_SHAPE(step->inputs[QUERY].dims[0], sizes.heads, sizes.queries, sizes.keys);

    if (!shape_size(scores, &step->scratch_floats) || step->scratch_floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "its scratch memory would have too many elements to index: scores %s",
                         shape_name(scores).text);
    }
    score_options(step, step_kernel(step, "attention_scores_reference"));
    text_add(step_kernel(step, "softmax_reference"), "-D LOG=0 -D EMPTY=%d", params->mask == ATTENTION_MASK_ZERO);
    activation_options(&step->activation, step_kernel(step, "dot_reference"));
    step->packed_floats = packed_floats(step);
    step->tile[TILE_GROUP] = device->max_work_group < GROUP ? device->max_work_group : GROUP;
    return PLAIT_OK;
}

static plait_status launch_scores(const struct step *step, const struct run *run)
{
    const struct sizes sizes = sizes_of(step);
    const struct operand *query = &run->inputs[QUERY];
    const struct operand *key = key_of(step, run);
    const size_t steps[] = {query->view.strides[1], key->view.strides[1], query->view.strides[0], key->view.strides[0]};
    const struct range range = {.global = {sizes.keys, sizes.queries, run->batch * sizes.heads},
                                .local = {step->tile[TILE_GROUP], 1, 1}};

    return launch(run->stream, run->kernels[SCORES], range,
                  ARGS(ARG_OPERAND(*query), ARG_OPERAND(*key), arg_buffer(run->scratch), arg_long(run->scratch_offset),
                       arg_buffer(run->packed), ARG_OPERAND(mask_of(step, run)), extent_arg(step, run),
                       arg_int8(steps, 4)));
}

/* In place: each line's work-item is the only one that reads it. */
static plait_status launch_softmax(const struct step *step, const struct run *run)
{
    const struct sizes sizes = sizes_of(step);
    const size_t count = run->batch * sizes.heads * sizes.queries;
    const size_t lines[WALK_AXES] = {1, 1, 1, 1, 1, 1, 1, count};
    const size_t line[WALK_AXES] = {1, 1, 1, 1, 1, 1, 1, sizes.keys};
    const size_t strides[WALK_AXES] = {[WALK_AXES - 1] = sizes.keys};
    const size_t steps[WALK_AXES] = {[WALK_AXES - 1] = 1};
    const struct arg buffer = arg_buffer(run->scratch);
    const struct arg offset = arg_long(run->scratch_offset);
    const struct arg outer = arg_int8(strides, WALK_AXES);
    const struct arg inner = arg_int8(steps, WALK_AXES);

    return launch(run->stream, run->kernels[SOFTMAX],
                  (struct range){.global = {count}, .local = {step->tile[TILE_GROUP]}},
                  ARGS(buffer, offset, buffer, offset, arg_int8(lines, WALK_AXES), outer, outer,
                       arg_int8(line, WALK_AXES), inner, inner));
}

/* Dot products (kernels/dot.clh) of lines of weights and columns of values. */
static plait_status launch_sums(const struct step *step, const struct run *run)
{
    const struct sizes sizes = sizes_of(step);
    const struct view *value = &run->inputs[VALUE].view;
    const struct view *y = &run->output.view;
    const size_t shared = sizes.heads / sizes.key_heads;
    const size_t plane = sizes.queries * sizes.keys;
    const size_t dims[WALK_AXES] = {1, 1, 1, 1, 1, run->batch, sizes.key_heads, shared};
    const size_t a[WALK_AXES] = {0, 0, 0, 0, 0, sizes.heads * plane, shared * plane, plane};
    const size_t b[WALK_AXES] = {0, 0, 0, 0, 0, value->strides[0], sizes.value_dim, 0};
    const size_t to[WALK_AXES] = {0, 0, 0, 0, 0, y->strides[0], shared * sizes.value_dim, sizes.value_dim};
    const size_t extent[] = {sizes.queries, sizes.value_dim, sizes.keys};
    const size_t steps[] = {sizes.keys, 1, 1, value->strides[1], y->strides[1], 1};
    const struct range range = {.global = {sizes.value_dim, sizes.queries, run->batch * sizes.heads},
                                .local = {step->tile[TILE_GROUP], 1, 1}};

    return launch(run->stream, run->kernels[SUMS], range,
                  ARGS(arg_buffer(run->scratch), arg_long(run->scratch_offset), ARG_OPERAND(run->inputs[VALUE]),
                       ARG_OPERAND(run->output), arg_int8(dims, WALK_AXES), arg_int8(a, WALK_AXES),
                       arg_int8(b, WALK_AXES), arg_int8(to, WALK_AXES), arg_int8(extent, 3), arg_int8(steps, 6)));
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;

    TRY(launch_scores(step, run));
    TRY(launch_softmax(step, run));
    TRY(launch_sums(step, run));
out:
    return status;
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, pack, enqueue_cpu};
static const struct variant reference = {"reference", walk_reference_applicable, plan_reference, pack,
                                         enqueue_reference};

const struct variant *const attention_variants[ATTENTION_VARIANTS] = {&cpu, &reference};

/* ---- The layers without projections ----------------------------------------------------------------- */

#define ATTENTION_OP(keras_class)                                                                           \
    {                                                                                                       \
        .name = "attention", .class_name = keras_class, .infer = attention_infer, .flops = attention_flops, \
        .variants = attention_variants, .variant_count = ATTENTION_VARIANTS, .takes_activation = true,      \
    }

static const struct op op_attention = ATTENTION_OP("Attention");
static const struct op op_additive_attention = ATTENTION_OP("AdditiveAttention");

plait_node plait_attention(plait_nodes x, const plait_attention_opts *opts)
{
    const plait_attention_opts given = opts ? *opts : (plait_attention_opts){0};
    const bool concat = given.concat_score_weight.data || given.concat_score_weight.shape.rank > 0;
    const struct attention params = {
        .scores = concat ? ATTENTION_CONCAT : ATTENTION_DOT,
        .heads = 1,
        .key_heads = 1,
        .factor = 1,
        .before = SIZE_MAX,
        .after = given.use_causal_mask ? 0 : SIZE_MAX,
        .scale = given.scale,
        .weight = given.concat_score_weight,
    };

    return graph_add(&op_attention, x, given.name, &params, sizeof params);
}

plait_node plait_additive_attention(plait_nodes x, const plait_additive_attention_opts *opts)
{
    const plait_additive_attention_opts given = opts ? *opts : (plait_additive_attention_opts){0};
    const struct attention params = {
        .scores = ATTENTION_ADDITIVE,
        .heads = 1,
        .key_heads = 1,
        .factor = 1,
        .before = SIZE_MAX,
        .after = given.use_causal_mask ? 0 : SIZE_MAX,
        .scale = given.scale,
    };

    return graph_add(&op_additive_attention, x, given.name, &params, sizeof params);
}

/* ---- Files ------------------------------------------------------------------------------------------ */

const char *attention_argument(struct source *source, const char *name, size_t place, struct argument_path *path)
{
    (void)snprintf(path->text, sizeof path->text, "args[%zu]", place);
    if (source->calls->kind(source, path->text) == SOURCE_MISSING) {
        (void)snprintf(path->text, sizeof path->text, "kwargs.%s", name);
    }
    return path->text;
}

bool attention_flag(struct source *source, const char *name, size_t place)
{
    struct argument_path path;

    return source_flag(source, attention_argument(source, name, place, &path), false);
}

/* What both layers' calls may have: call(inputs, mask, training, return_attention_scores, use_causal_mask). */
static bool read_causal(struct source *source)
{
    struct argument_path path;

    if (source->calls->kind(source, attention_argument(source, "mask", 1, &path)) != SOURCE_MISSING) {
        source_unsupported(source, "it is called with a mask; plait computes layers without one");
    }
    if (attention_flag(source, "return_attention_scores", 3)) {
        source_unsupported(source, "it is called with return_attention_scores=True; plait gives the result alone");
    }
    return attention_flag(source, "use_causal_mask", 4);
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_attention_opts opts = {.name = source->name, .use_causal_mask = read_causal(source)};
    const char *mode = source_text(source, "score_mode", "dot");
    size_t index = 0;

    if (strcmp(mode, "dot") != 0 && strcmp(mode, "concat") != 0) {
        source_refuse(source, "score_mode is \"%.64s\"; \"dot\" and \"concat\" are possible", mode);
    }
    opts.scale = source_next_weight(source, source_flag(source, "use_scale", false), &index);
    opts.concat_score_weight = source_next_weight(source, strcmp(mode, "concat") == 0, &index);
    return plait_attention(x, &opts);
}

static plait_node read_additive(struct source *source, plait_nodes x)
{
    plait_additive_attention_opts opts = {.name = source->name, .use_causal_mask = read_causal(source)};
    size_t index = 0;

    opts.scale = source_next_weight(source, source_flag(source, "use_scale", true), &index);
    return plait_additive_attention(x, &opts);
}

const struct layer_reader attention_readers[] = {
    {"Attention", read},
    {"AdditiveAttention", read_additive},
    {0},
};
