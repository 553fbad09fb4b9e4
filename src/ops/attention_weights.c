/* SPDX-License-Identifier: MIT */
/* The weights of attention, plainly: scores, softmax and weighted sums one after the other. That is the reference of
 * the whole, by way of scratch memory, and two operators where the weights are a result, too. */
#include "ops/attention.h"

#include "base/memory.h"
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

/* ---- Weighted sums ---------------------------------------------------------------------------------- */

/* What they are of: {keys, key_heads * value_dim} to {queries, heads * value_dim}. */
struct sums {
    size_t queries, keys;
    size_t heads, key_heads;
    size_t value_dim;
};

/* Dot products (kernels/dot.clh) of lines of weights and columns of values. */
static plait_status launch_sums(const struct step *step, const struct run *run, struct kernel *kernel,
                                const struct sums *sums, const struct weights *weights, const struct operand *value)
{
    const size_t *from = value->view.strides;
    const struct view *y = &run->output.view;
    const size_t shared = sums->heads / sums->key_heads;
    const size_t dims[WALK_AXES] = {1, 1, 1, 1, 1, run->batch, sums->key_heads, shared};
    const size_t a[WALK_AXES] = {0, 0, 0, 0, 0, weights->strides[0], shared * weights->strides[1], weights->strides[1]};
    const size_t b[WALK_AXES] = {0, 0, 0, 0, 0, from[0], sums->value_dim, 0};
    const size_t to[WALK_AXES] = {0, 0, 0, 0, 0, y->strides[0], shared * sums->value_dim, sums->value_dim};
    const size_t extent[] = {sums->queries, sums->value_dim, sums->keys};
    const size_t steps[] = {weights->strides[2], 1, 1, from[1], y->strides[1], 1};
    const struct range range = {.global = {sums->value_dim, sums->queries, run->batch * sums->heads},
                                .local = {step->tile[TILE_GROUP], 1, 1}};

    return launch(run->stream, kernel, range,
                  ARGS(arg_buffer(weights->buffer), arg_long(weights->offset), ARG_OPERAND(*value),
                       ARG_OPERAND(run->output), arg_int8(dims, WALK_AXES), arg_int8(a, WALK_AXES),
                       arg_int8(b, WALK_AXES), arg_int8(to, WALK_AXES), arg_int8(extent, 3), arg_int8(steps, 6)));
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
    TRY(launch_sums(step, run, run->kernels[SUMS], &sums, &weights, &run->inputs[ATTENTION_VALUE]));
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

static const struct variant only = {"reference", NULL, plan_only, attention_pack, enqueue_only};

const struct variant *const attention_weights_variants[ATTENTION_WEIGHTS_VARIANTS] = {&only};

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

static plait_status enqueue_sums(const struct step *step, const struct run *run)
{
    const struct attention *params = step->params;
    const struct view *weights = &run->inputs[SUMS_WEIGHTS].view;
    const struct view *value = &run->inputs[SUMS_VALUE].view;
    const struct sums sums = {weights->dims[2], weights->dims[3], params->heads, params->key_heads,
                              value->dims[2] / params->key_heads};
    const struct weights in = in_operand(&run->inputs[SUMS_WEIGHTS]);

    return launch_sums(step, run, run->kernels[0], &sums, &in, &run->inputs[SUMS_VALUE]);
}

static const struct variant sums_only = {"reference", NULL, plan_sums, NULL, enqueue_sums};

const struct variant *const attention_sums_variants[ATTENTION_WEIGHTS_VARIANTS] = {&sums_only};
