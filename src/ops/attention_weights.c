/* SPDX-License-Identifier: MIT */
/* The weights of attention: scores, softmax and weighted sums one after the other. Plainly that is the reference of
 * the whole, by way of scratch memory; where the weights are a result, too, it is two operators, which also have
 * variants for CPUs. */
#include "ops/attention.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "ops/walk.h"
#include "shape/shape.h"

enum { GROUP = 64 }; /* work-items of a group, if the device can */
enum { TILE_GROUP };
enum { SUMS_WEIGHTS, SUMS_VALUE }; /* inputs of the sums */

/* Where the weights {samples, heads, queries, keys} lie. */
struct weights {
    const struct buffer *buffer;
    size_t offset;
    size_t strides[3]; /* of a sample, a head, a query */
};

static struct weights in_scratch(const struct step *step, const struct run *run)
{
    const struct attention_sizes sizes = attention_sizes_of(step);
    const size_t plane = sizes.queries * sizes.keys;

    return (struct weights){run->scratch, run->scratch_offset, {sizes.heads * plane, plane, sizes.keys}};
}

static struct weights in_operand(const struct operand *operand)
{
    const size_t *strides = operand->view.strides;

    return (struct weights){operand->buffer, operand->offset, {strides[0], strides[1], strides[2]}};
}

static void remember_group(struct step *step, const struct device_traits *device)
{
    step->tile[TILE_GROUP] = device->max_work_group < GROUP ? device->max_work_group : GROUP;
}

/* ---- Scores and softmax: kernels 0 and 1 ------------------------------------------------------------ */

enum { SCORES, SOFTMAX };

static void plan_weights(struct step *step, const struct device_traits *device)
{
    const struct attention *params = step->params;

    attention_score_options(step, step_kernel(step, "attention_scores_reference"));
    text_add(step_kernel(step, "softmax_reference"), "-D LOG=0 -D EMPTY=%d", params->mask == ATTENTION_MASK_ZERO);
    step->packed_floats = attention_packed_floats(step);
    remember_group(step, device);
}

static plait_status launch_scores(const struct step *step, const struct run *run, const struct weights *weights)
{
    const struct attention_sizes sizes = attention_sizes_of(step);
    const struct operand *query = &run->inputs[ATTENTION_QUERY];
    const struct operand *key = attention_key(step, run);
    const size_t steps[] = {query->view.strides[1], key->view.strides[1], query->view.strides[0], key->view.strides[0],
                            weights->strides[2],    weights->strides[1],  weights->strides[0]};
    const struct range range = {.global = {sizes.keys, sizes.queries, run->batch * sizes.heads},
                                .local = {step->tile[TILE_GROUP], 1, 1}};

    return launch(run->stream, run->kernels[SCORES], range,
                  ARGS(ARG_OPERAND(*query), ARG_OPERAND(*key), arg_buffer(weights->buffer), arg_long(weights->offset),
                       arg_buffer(run->packed), ARG_OPERAND(attention_mask_of(step, run)), attention_extent(step, run),
                       arg_int8(steps, 7)));
}

/* In place: each line's work-item is the only one that reads it. */
static plait_status launch_softmax(const struct step *step, const struct run *run, const struct weights *weights)
{
    const struct attention_sizes sizes = attention_sizes_of(step);
    const size_t count = run->batch * sizes.heads * sizes.queries;
    const size_t lines[WALK_AXES] = {1, 1, 1, 1, 1, run->batch, sizes.heads, sizes.queries};
    const size_t line[WALK_AXES] = {1, 1, 1, 1, 1, 1, 1, sizes.keys};
    const size_t strides[WALK_AXES] = {0, 0, 0, 0, 0, weights->strides[0], weights->strides[1], weights->strides[2]};
    const size_t steps[WALK_AXES] = {[WALK_AXES - 1] = 1};
    const struct arg buffer = arg_buffer(weights->buffer);
    const struct arg offset = arg_long(weights->offset);
    const struct arg outer = arg_int8(strides, WALK_AXES);
    const struct arg inner = arg_int8(steps, WALK_AXES);

    return launch(run->stream, run->kernels[SOFTMAX],
                  (struct range){.global = {count}, .local = {step->tile[TILE_GROUP]}},
                  ARGS(buffer, offset, buffer, offset, arg_int8(lines, WALK_AXES), outer, outer,
                       arg_int8(line, WALK_AXES), inner, inner));
}

/* ---- Dot products, of queries and keys, and of weights and values ------------------------------------ */

/* Operands of kernels/dot.clh, all {samples, heads of the key, heads that share one, rows, columns}. */
struct operands {
    const struct buffer *buffers[3]; /* a, b, y */
    size_t offsets[3];
    size_t strides[3][3]; /* of a sample, a head of the key, one of those that share it */
    size_t heads[2];      /* of the key, and that share one */
    size_t extent[3];     /* M, C, K */
    size_t steps[6];      /* as dot.clh */
};

/* A kernel of them: the rows and columns of a work-item, and the work-items of a group. */
struct tile {
    size_t rows, columns, group;
};

static plait_status launch_dot(const struct run *run, struct kernel *kernel, const struct operands *dot,
                               struct tile tile)
{
    const size_t dims[WALK_AXES] = {1, 1, 1, 1, 1, run->batch, dot->heads[0], dot->heads[1]};
    const struct range range = {.global = {divide_up(dot->extent[1], tile.columns),
                                           divide_up(dot->extent[0], tile.rows),
                                           run->batch * dot->heads[0] * dot->heads[1]},
                                .local = {tile.group, 1, 1}};
    struct arg strides[3];

    for (size_t i = 0; i < 3; i++) {
        const size_t *of = dot->strides[i];
        strides[i] = arg_int8((const size_t[WALK_AXES]){0, 0, 0, 0, 0, of[0], of[1], of[2]}, WALK_AXES);
    }
    return launch(run->stream, kernel, range,
                  ARGS(arg_buffer(dot->buffers[0]), arg_long(dot->offsets[0]), arg_buffer(dot->buffers[1]),
                       arg_long(dot->offsets[1]), arg_buffer(dot->buffers[2]), arg_long(dot->offsets[2]),
                       arg_int8(dims, WALK_AXES), strides[0], strides[1], strides[2], arg_int8(dot->extent, 3),
                       arg_int8(dot->steps, 6)));
}

/* What weighted sums are of: {keys, key_heads * value_dim} to {queries, heads * value_dim}. */
struct sums {
    size_t queries, keys;
    size_t heads, key_heads;
    size_t value_dim;
};

static plait_status launch_sums(const struct run *run, struct kernel *kernel, const struct sums *sums,
                                const struct weights *weights, const struct operand *value, struct tile tile)
{
    const size_t *w = weights->strides;
    const size_t *v = value->view.strides;
    const size_t *y = run->output.view.strides;
    const size_t shared = sums->heads / sums->key_heads;
    const struct operands dot = {
        .buffers = {weights->buffer, value->buffer, run->output.buffer},
        .offsets = {weights->offset, value->offset, run->output.offset},
        .strides = {{w[0], shared * w[1], w[1]},
                    {v[0], sums->value_dim, 0},
                    {y[0], shared * sums->value_dim, sums->value_dim}},
        .heads = {sums->key_heads, shared},
        .extent = {sums->queries, sums->value_dim, sums->keys},
        .steps = {w[2], 1, 1, v[1], y[1], 1},
    };

    return launch_dot(run, kernel, &dot, tile);
}

static const struct tile cpu_rows = {8, 16, 1};  /* of kernels/dot_cpu.cl */
static const struct tile cpu_square = {4, 4, 1}; /* of kernels/dot_inner_cpu.cl */

static struct tile plain_tile(const struct step *step)
{
    return (struct tile){1, 1, step->tile[TILE_GROUP]};
}

/* ---- All in one step -------------------------------------------------------------------------------- */

enum { SUMS = 2 }; /* kernel */

static plait_status plan_all(struct step *step, const struct device_traits *device)
{
    const struct attention_sizes sizes = attention_sizes_of(step);
    const plait_shape scores =
        PLAIT_SHAPE(step->inputs[ATTENTION_QUERY].dims[0], sizes.heads, sizes.queries, sizes.keys);

    if (!shape_size(scores, &step->scratch_floats) || step->scratch_floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "its scratch memory would have too many elements to index: scores %s",
                         shape_name(scores).text);
    }
    plan_weights(step, device);
    activation_options(&step->activation, step_kernel(step, "dot_reference"));
    return PLAIT_OK;
}

static plait_status enqueue_all(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const struct attention_sizes sizes = attention_sizes_of(step);
    const struct sums sums = {sizes.queries, sizes.keys, sizes.heads, sizes.key_heads, sizes.value_dim};
    const struct weights weights = in_scratch(step, run);

    TRY(launch_scores(step, run, &weights));
    TRY(launch_softmax(step, run, &weights));
    TRY(launch_sums(run, run->kernels[SUMS], &sums, &weights, &run->inputs[ATTENTION_VALUE], plain_tile(step)));
out:
    return status;
}

const struct variant attention_reference = {"reference", NULL, plan_all, attention_pack, enqueue_all};

/* ---- The weights alone ------------------------------------------------------------------------------ */

void attention_weights_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;

    if (attention_check(graph, node, inputs)) {
        node->shape = PLAIT_SHAPE(params->heads, inputs[ATTENTION_QUERY].dims[0], inputs[ATTENTION_VALUE].dims[0]);
    }
}

static plait_status plan_only(struct step *step, const struct device_traits *device)
{
    plan_weights(step, device);
    return PLAIT_OK;
}

static plait_status enqueue_only(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const struct weights weights = in_operand(&run->output);

    TRY(launch_scores(step, run, &weights));
    TRY(launch_softmax(step, run, &weights));
out:
    return status;
}

/* Scores without their factor, and then what else there is to do about them. */
enum { WEIGH = 1 }; /* kernel */

static bool applicable_only_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && ((const struct attention *)step->params)->scores == ATTENTION_DOT;
}

static plait_status plan_only_cpu(struct step *step, const struct device_traits *device)
{
    (void)device;
    if (((const struct attention *)step->params)->scores != ATTENTION_DOT) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "its scores are no products of query and key");
    }
    activation_options(&(struct activation){.kind = PLAIT_LINEAR}, step_kernel(step, "dot_inner_cpu"));
    attention_score_options(step, step_kernel(step, "attention_weigh_cpu"));
    step->packed_floats = attention_packed_floats(step);
    return PLAIT_OK;
}

static plait_status enqueue_only_cpu(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const struct attention_sizes sizes = attention_sizes_of(step);
    const struct operand *query = &run->inputs[ATTENTION_QUERY];
    const struct operand *key = attention_key(step, run);
    const struct weights weights = in_operand(&run->output);
    const size_t *q = query->view.strides;
    const size_t *k = key->view.strides;
    const size_t *w = weights.strides;
    const size_t shared = sizes.heads / sizes.key_heads;
    const size_t steps[] = {w[2], w[1], w[0]};
    const struct operands dot = {
        .buffers = {query->buffer, key->buffer, weights.buffer},
        .offsets = {query->offset, key->offset, weights.offset},
        .strides = {{q[0], shared * sizes.key_dim, sizes.key_dim},
                    {k[0], sizes.key_dim, 0},
                    {w[0], shared * w[1], w[1]}},
        .heads = {sizes.key_heads, shared},
        .extent = {sizes.queries, sizes.keys, sizes.key_dim},
        .steps = {q[1], 1, k[1], 1, w[2], 1},
    };

    TRY(launch_dot(run, run->kernels[SCORES], &dot, cpu_square));
    status = launch(run->stream, run->kernels[WEIGH],
                    (struct range){.global = {sizes.queries, sizes.heads, run->batch}, .local = {1, 1, 1}},
                    ARGS(arg_buffer(weights.buffer), arg_long(weights.offset), arg_buffer(run->packed),
                         ARG_OPERAND(attention_mask_of(step, run)), attention_extent(step, run), arg_int8(steps, 3)));
out:
    return status;
}

static const struct variant only_cpu = {"cpu", applicable_only_cpu, plan_only_cpu, attention_pack, enqueue_only_cpu};
static const struct variant only = {"reference", NULL, plan_only, attention_pack, enqueue_only};

const struct variant *const attention_weights_variants[ATTENTION_WEIGHTS_VARIANTS] = {&only_cpu, &only};

/* ---- The sums alone --------------------------------------------------------------------------------- */

void attention_sums_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct attention *params = node->params;
    const plait_shape weights = inputs[SUMS_WEIGHTS];
    size_t channels = 0;

    if (!size_mul(inputs[SUMS_VALUE].dims[1] / params->key_heads, params->heads, &channels)) {
        node_fail(graph, node, "value %s for %zu heads gives more channels than a size can hold",
                  shape_name(inputs[SUMS_VALUE]).text, params->heads);
    }
    node->shape = PLAIT_SHAPE(weights.dims[1], channels);
}

static plait_status plan_sums(struct step *step, const struct device_traits *device)
{
    activation_options(&step->activation, step_kernel(step, "dot_reference"));
    remember_group(step, device);
    return PLAIT_OK;
}

static plait_status plan_sums_cpu(struct step *step, const struct device_traits *device)
{
    (void)device;
    activation_options(&step->activation, step_kernel(step, "dot_cpu"));
    return PLAIT_OK;
}

static plait_status enqueue_sums(const struct step *step, const struct run *run, struct tile tile)
{
    const struct attention *params = step->params;
    const struct view *weights = &run->inputs[SUMS_WEIGHTS].view;
    const struct view *value = &run->inputs[SUMS_VALUE].view;
    const struct sums sums = {weights->dims[2], weights->dims[3], params->heads, params->key_heads,
                              value->dims[2] / params->key_heads};
    const struct weights in = in_operand(&run->inputs[SUMS_WEIGHTS]);

    return launch_sums(run, run->kernels[0], &sums, &in, &run->inputs[SUMS_VALUE], tile);
}

static plait_status enqueue_sums_cpu(const struct step *step, const struct run *run)
{
    return enqueue_sums(step, run, cpu_rows);
}

static plait_status enqueue_sums_reference(const struct step *step, const struct run *run)
{
    return enqueue_sums(step, run, plain_tile(step));
}

static const struct variant sums_cpu = {"cpu", walk_cpu_applicable, plan_sums_cpu, NULL, enqueue_sums_cpu};

static const struct variant sums_only = {"reference", NULL, plan_sums, NULL, enqueue_sums_reference};

const struct variant *const attention_sums_variants[ATTENTION_WEIGHTS_VARIANTS] = {&sums_cpu, &sums_only};
