/* SPDX-License-Identifier: MIT */
/* For each step s in turn, with h and c the state before it (kernels/cell.clh has next_state):
 *     sum[g] = bias[g] + h * kernel[g];  h, c = next_state(x[s], sum, h, c);  y[s] = h
 *
 * cpu        a work-item takes some samples through all steps; or, with many units, through one step for some of
 *            the units
 * reference  a launch a step, a work-item a unit */
#include "ops/recurrence.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "ops/cpu.h"
#include "shape/shape.h"

enum {
    CACHE_FLOATS = 128 << 10,  /* that stay in a core's second cache beside others: 512 KiB */
    SHARED_FLOATS = 512 << 10, /* kernels from this size on stay in no core's second cache */
    GROUP = 64,                /* work-items of a group in other kernels, if the device can */
    MOST_ROWS = 4,             /* samples of a work-item */
};

/* Kernels in step->kernels, and what is remembered in step->tile. */
enum { KERNEL_STEP, KERNEL_BEGIN };
enum { TILE_ROWS, TILE_LOTS, TILE_GROUP };

size_t cell_gates(enum cell cell)
{
    static const size_t gates[CELLS] = {[CELL_SIMPLE_RNN] = 1, [CELL_LSTM] = 4, [CELL_GRU] = 3, [CELL_GRU_BEFORE] = 3};

    return gates[cell];
}

/* ---- Shapes ---- */

/* Number of the input that is the mask. */
static size_t mask_input(const struct recurrence *params)
{
    return 1 + (size_t)params->has_h + (size_t)params->has_c;
}

static bool check_input(plait_graph *graph, struct node *node, const char *name, plait_shape shape, plait_shape wanted,
                        const char *each)
{
    if (shape_equal(shape, wanted)) {
        return true;
    }
    node_fail(graph, node, "%s has shape %s but must have %s, a value for each %s", name, shape_name(shape).text,
              shape_name(wanted).text, each);
    return false;
}

static bool check_activation(plait_graph *graph, struct node *node, const char *name, plait_activation kind)
{
    if ((unsigned)kind < PLAIT_SOFTMAX) {
        return true;
    }
    node_fail(graph, node, "%s %d is none that a recurrent layer can have; they go from PLAIT_LINEAR, 0, to %d", name,
              (int)kind, PLAIT_SOFTMAX - 1);
    return false;
}

void recurrence_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct recurrence *params = node->params;
    const size_t units = params->kernel.shape.dims[0];
    const plait_shape all = PLAIT_SHAPE(units * cell_gates(params->cell));
    const plait_shape state = PLAIT_SHAPE(units);
    const size_t rows = (params->sequences ? inputs[0].dims[0] : 1) + params->gives_c + params->gives_h;
    const plait_shape steps = PLAIT_SHAPE(inputs[0].dims[0]);

    if ((params->has_h && !check_input(graph, node, "initial_h", inputs[1], state, "unit")) ||
        (params->has_c && !check_input(graph, node, "initial_c", inputs[1 + params->has_h], state, "unit")) ||
        (params->mask && !check_input(graph, node, "mask", inputs[mask_input(params)], steps, "step")) ||
        !check_activation(graph, node, "activation", params->activation) ||
        !check_activation(graph, node, "recurrent_activation", params->recurrent_activation) ||
        !node_weight(graph, node, "recurrent_kernel", params->kernel, PLAIT_SHAPE(units, all.dims[0])) ||
        (params->bias.data && !node_weight(graph, node, "recurrent_bias", params->bias, all))) {
        return;
    }
    node->shape = params->sequences || rows > 1 ? PLAIT_SHAPE(rows, units) : state;
}

double recurrence_flops(const struct node *node, const plait_shape *inputs)
{
    const struct recurrence *params = node->params;

    return 2.0 * (double)inputs[0].dims[0] * (double)shape_count(params->kernel.shape);
}

/* ---- Planning, for both variants ---- */

static size_t units_of(const struct step *step)
{
    return step->output.dims[step->output.rank - 1];
}

static size_t gates_of(const struct step *step)
{
    const struct recurrence *params = step->params;

    return cell_gates(params->cell);
}

static size_t blocks_of(const struct step *step)
{
    return divide_up(units_of(step), VECTOR);
}

static bool resets_before(const struct step *step)
{
    const struct recurrence *params = step->params;

    return params->cell == CELL_GRU_BEFORE;
}

/* About the square root of the units, so that rounding errors of their sums stay small. */
static size_t summed_for(size_t units)
{
    size_t summed = VECTOR;

    while (summed * summed < units) {
        summed += VECTOR;
    }
    return summed;
}

/* Asks for the kernels and for scratch memory: h twice, c, and what is left of h after the reset. */
static plait_status plan(struct step *step, const char *kernel, struct text **options)
{
    static const char *const cells[CELLS] = {
        [CELL_SIMPLE_RNN] = "CELL_SIMPLE_RNN",
        [CELL_LSTM] = "CELL_LSTM",
        [CELL_GRU] = "CELL_GRU",
        [CELL_GRU_BEFORE] = "CELL_GRU_BEFORE",
    };
    const struct recurrence *params = step->params;
    const size_t parts = resets_before(step) ? 4 : 3;

    *options = step_kernel(step, kernel);
    text_add(*options, "-D CELL=%s", cells[params->cell]);
    activation_options(&(struct activation){.kind = params->activation}, *options);
    text_add(*options, " -D RECURRENT_ACTIVATION=%s -D MASK=%d -D HAS_H=%d",
             activation_macro(params->recurrent_activation), params->mask, params->has_h);
    (void)step_kernel(step, "recurrence_begin");
    if (!size_mul(parts * step->output.dims[0], blocks_of(step) * VECTOR, &step->scratch_floats) ||
        step->scratch_floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "its scratch memory would have too many elements to index");
    }
    return PLAIT_OK;
}

/* Asks for packed weights for this many units: the kernel and the bias of all gates. */
static plait_status plan_weights(struct step *step, size_t padded)
{
    const plait_shape shape = PLAIT_SHAPE(units_of(step) + 1, gates_of(step), padded);

    if (!shape_size(shape, &step->packed_floats) || step->packed_floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    return PLAIT_OK;
}

/* ---- Launching, for both variants ---- */

/* Some of the steps. */
struct part {
    size_t begin;
    size_t end;
    size_t stage; /* of a step: GRU_BEFORE has two */
};

static size_t time_of(const struct step *step)
{
    return step->inputs[0].dims[1];
}

/* An input that may be none: then anything, as a kernel must be passed some buffer. */
static const struct operand *state_input(const struct run *run, bool present, size_t index)
{
    return &run->inputs[present ? index : 0];
}

static plait_status launch_begin(const struct step *step, const struct run *run)
{
    const struct recurrence *params = step->params;
    const struct operand *h = state_input(run, params->has_h, 1);
    const struct operand *c = state_input(run, params->has_c, 1 + params->has_h);
    const size_t padded = blocks_of(step) * VECTOR;
    const size_t view[] = {units_of(step), h->view.strides[0],   c->view.strides[0], params->has_h, params->has_c,
                           padded,         step->output.dims[0], run->batch};

    return launch(run->stream, run->kernels[KERNEL_BEGIN],
                  (struct range){.global = {padded, run->batch}, .local = {step->tile[TILE_GROUP], 1}},
                  ARGS(ARG_OPERAND(*h), ARG_OPERAND(*c), arg_buffer(run->scratch), arg_long(run->scratch_offset),
                       arg_int8(view, 8)));
}

static plait_status launch_part(const struct step *step, const struct run *run, const struct part *part,
                                struct range range)
{
    const struct recurrence *params = step->params;
    const struct view *x = &run->inputs[0].view;
    const struct view *y = &run->output.view;
    const struct operand *mask = state_input(run, params->mask, mask_input(params));
    const bool one_row = y->rank == 2;
    const size_t blocks = blocks_of(step);
    const size_t lots = step->tile[TILE_LOTS] ? step->tile[TILE_LOTS] : 1;
    const size_t x_view[] = {x->strides[0],  x->strides[1],         x->dims[1],           params->backwards, run->batch,
                             units_of(step), mask->view.strides[0], mask->view.strides[1]};
    const size_t y_view[] = {y->strides[0],
                             one_row ? 0 : y->strides[1],
                             params->sequences,
                             params->in_order,
                             params->gives_c ? y->dims[1] - 1 - params->gives_h : SIZE_MAX,
                             params->gives_h ? y->dims[1] - 1 : SIZE_MAX};
    const size_t work[] = {part->begin, part->end,       divide_up(blocks, lots),
                           part->stage, blocks * VECTOR, step->output.dims[0]};

    return launch(run->stream, run->kernels[KERNEL_STEP], range,
                  ARGS(ARG_OPERAND(run->inputs[0]), ARG_OPERAND(run->output), arg_buffer(run->packed),
                       arg_buffer(run->scratch), arg_long(run->scratch_offset), arg_int8(x_view, 8),
                       arg_int8(y_view, 6), arg_int8(work, 6), ARG_OPERAND(*mask)));
}

/* ---- cpu ---- */

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    (void)step;
    return device->kind == PLAIT_DEVICE_CPU;
}

/* Samples of a work-item: more share what is loaded of the kernel, fewer keep all cores busy. */
static size_t rows_for(size_t samples, size_t sharers)
{
    const size_t each = divide_up(samples, sharers);
    size_t rows = 1;

    while (rows < each && rows < MOST_ROWS) {
        rows *= 2;
    }
    return rows;
}

/* Parts that the units are cut in, at the price of a launch for each step. A core then takes all samples through
 * a step with a part of the kernel that stays in its cache, where otherwise it would load all of it for each tile. */
static size_t lots_for(const struct step *step, size_t compute_units)
{
    const size_t floats = gates_of(step) * units_of(step) * units_of(step);
    const size_t lots = divide_up(divide_up(floats, CACHE_FLOATS), compute_units) * compute_units;
    const size_t blocks = blocks_of(step);

    if (resets_before(step) || floats < SHARED_FLOATS) {
        return 1;
    }
    return lots < blocks ? lots : blocks;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;
    const size_t samples = step->output.dims[0];
    const size_t lots = lots_for(step, device->compute_units);
    const size_t rows = rows_for(samples, lots > 1 ? 1 : device->compute_units);
    struct text *options = NULL;

    TRY(plan(step, "recurrence_cpu", &options));
    TRY(plan_weights(step, blocks_of(step) * VECTOR));
    text_add(options, " -D ROWS=%zu -D SUMMED=%zu", rows, summed_for(units_of(step)));
    step->tile[TILE_ROWS] = rows;
    step->tile[TILE_LOTS] = lots;
    step->tile[TILE_GROUP] = 1;
out:
    return status;
}

/* Writes 16 columns of a row {gates, units} of weights, filled up with zeros, gate by gate. */
static void pack_block(const struct step *step, const float *row, size_t block, float *packed)
{
    const size_t units = units_of(step);

    for (size_t i = 0; i < gates_of(step) * VECTOR; i++) {
        const size_t unit = block * VECTOR + i % VECTOR;
        packed[i] = row && unit < units ? row[i / VECTOR * units + unit] : 0;
    }
}

static void pack_cpu(const struct step *step, float *packed)
{
    const struct recurrence *params = step->params;
    const size_t units = units_of(step);
    const size_t row = gates_of(step) * units;

    for (size_t block = 0; block < blocks_of(step); block++) {
        for (size_t unit = 0; unit < units; unit++) {
            pack_block(step, params->kernel.data + unit * row, block, packed);
            packed += gates_of(step) * VECTOR;
        }
    }
    for (size_t block = 0; block < blocks_of(step); block++) {
        pack_block(step, params->bias.data, block, packed);
        packed += gates_of(step) * VECTOR;
    }
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const size_t lots = step->tile[TILE_LOTS];
    const size_t at_once = lots > 1 ? 1 : time_of(step);
    const struct range range = {.global = {divide_up(run->batch, step->tile[TILE_ROWS]), lots}, .local = {1, 1}};

    TRY(launch_begin(step, run));
    for (size_t begin = 0; begin < time_of(step); begin += at_once) {
        TRY(launch_part(step, run, &(struct part){begin, begin + at_once, 0}, range));
    }
out:
    return status;
}

/* ---- reference ---- */

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;
    struct text *options = NULL;

    TRY(plan(step, "recurrence_reference", &options));
    TRY(plan_weights(step, units_of(step)));
    text_add(options, " -D SUMMED=%zu", summed_for(units_of(step)));
    step->tile[TILE_GROUP] = device->max_work_group < GROUP ? device->max_work_group : GROUP;
out:
    return status;
}

static void pack_reference(const struct step *step, float *packed)
{
    const struct recurrence *params = step->params;
    const size_t row = gates_of(step) * units_of(step);
    const size_t floats = row * units_of(step);

    for (size_t i = 0; i < floats; i++) {
        packed[i] = params->kernel.data[i];
    }
    for (size_t i = 0; i < row; i++) {
        packed[floats + i] = params->bias.data ? params->bias.data[i] : 0;
    }
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const struct range range = {.global = {units_of(step), run->batch}, .local = {step->tile[TILE_GROUP], 1}};

    TRY(launch_begin(step, run));
    for (size_t i = 0; i < time_of(step); i++) {
        if (resets_before(step)) {
            TRY(launch_part(step, run, &(struct part){i, i + 1, 1}, range));
        }
        TRY(launch_part(step, run, &(struct part){i, i + 1, 0}, range));
    }
out:
    return status;
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, pack_cpu, enqueue_cpu};
static const struct variant reference = {"reference", NULL, plan_reference, pack_reference, enqueue_reference};

const struct variant *const recurrence_variants[RECURRENCE_VARIANTS] = {&cpu, &reference};
