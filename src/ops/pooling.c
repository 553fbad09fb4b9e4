/* SPDX-License-Identifier: MIT */
/* y = the largest or the mean of the cells of a sliding window, channel by channel (pooling.h has the formula). */
#include "base/sizes.h"
#include "graph/source.h"
#include "ops/walk.h"
#include "shape/shape.h"
#include "shape/window.h"

#include <plait/pooling.h>
#include <string.h>

/* The options; pairs are {rows, cols}. A sequence is a picture of one row. */
struct pool {
    const char *reduction; /* of kernels/reduce.clh */
    size_t axes;           /* that the window moves along: 2, or 1 */
    size_t size[2];
    size_t strides[2];
    plait_padding padding;
};

enum {
    CHANNELS = 512,  /* most that a work-item computes */
    READS = 1 << 15, /* about how many cells it reads: 10 microseconds of work */
    SMALL = 3,       /* rows and columns of windows that the compiler unrolls */
};

/* Most cells of a window, or between two: then kernels can count them in 32 bits. */
static const size_t most_cells = INT32_MAX / 2;

static bool check_input(plait_graph *graph, struct node *node, plait_shape x)
{
    const struct pool *pool = node->params;

    if (x.rank != pool->axes + 1) {
        node_fail(graph, node, "input has shape %s but must be %s", shape_name(x).text,
                  pool->axes == 2 ? "a picture, {rows, cols, channels}" : "a sequence, {steps, channels}");
    } else if (shape_count(x) == 0) {
        node_fail(graph, node, "input %s must have no size 0", shape_name(x).text);
    } else if (pool->padding != PLAIT_VALID && pool->padding != PLAIT_SAME) {
        node_fail(graph, node, "padding is %d but must be PLAIT_VALID or PLAIT_SAME", (int)pool->padding);
    }
    return !node->poisoned;
}

static struct window window_along(const struct pool *pool, size_t axis)
{
    return (struct window){pool->size[axis], pool->strides[axis], 1};
}

static void infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct pool *pool = node->params;
    const plait_shape x = inputs[0];
    plait_shape shape = x;

    if (!check_input(graph, node, x)) {
        return;
    }
    for (size_t i = 0; i < pool->axes; i++) {
        const struct window window = window_along(pool, 2 - pool->axes + i);
        size_t before;
        if (window.size > most_cells || window.stride > most_cells) {
            node_fail(graph, node, "pool_size %zu with strides %zu along axis %zu; both must stay below %zu",
                      window.size, window.stride, i + 1, most_cells + 1);
            return;
        }
        if (!window_place(window, x.dims[i], pool->padding == PLAIT_SAME, &shape.dims[i], &before)) {
            node_fail(
                graph, node,
                "pool_size is %zu along axis %zu, but the input %s has %zu cells; use PLAIT_SAME or a smaller one",
                window.size, i + 1, shape_name(x).text, x.dims[i]);
            return;
        }
    }
    node->shape = shape;
}

/* Where windows lie side by side from the corner on. */
static bool tail(const struct node *node, plait_shape input, struct tail *out)
{
    const struct pool *pool = node->params;

    *out = (struct tail){.kind = strcmp(pool->reduction, "REDUCE_MEAN") == 0 ? TAIL_MEAN : TAIL_LARGEST,
                         .window = {pool->size[0], pool->size[1]}};
    for (size_t i = 0; i < pool->axes; i++) {
        const size_t axis = 2 - pool->axes + i;
        size_t outputs, before;
        (void)window_place(window_along(pool, axis), input.dims[i], pool->padding == PLAIT_SAME, &outputs, &before);
        if (pool->size[axis] != pool->strides[axis] || before > 0) {
            return false;
        }
    }
    return true;
}

/* ---- Launching -------------------------------------------------------------------------------------- */

/* A view as the kernels want it. */
enum { ROWS, COLS, DEPTH, PICTURES, VIEW = 7 };

static void describe(const struct view *view, size_t *out)
{
    const bool one_row = view->rank == 3; /* pictures, cols, channels */
    const size_t cols = view->rank - 2;
    const size_t values[VIEW] = {
        [ROWS] = one_row ? 1 : view->dims[1],
        [COLS] = view->dims[cols],
        [DEPTH] = view->dims[cols + 1],
        [PICTURES] = view->dims[0],
        view->strides[0],
        one_row ? 0 : view->strides[1],
        view->strides[cols],
    };

    for (size_t i = 0; i < VIEW; i++) {
        out[i] = values[i];
    }
}

/* Pixels of a work-item in the _cpu kernel. */
static size_t pixels_each(const struct pool *pool, const size_t *x, const size_t *y)
{
    const size_t cells = least(pool->size[0], x[ROWS]) * least(pool->size[1], x[COLS]);
    const size_t each = READS / cells / least(y[DEPTH], CHANNELS);

    return each ? each : 1;
}

static struct range range_of(const struct step *step, const size_t *y, size_t pixels_each)
{
    const size_t pixels = y[PICTURES] * y[ROWS] * y[COLS];
    const size_t group = step->tile[WALK_GROUP];

    if (group > 0) {
        return (struct range){.global = {pixels * y[DEPTH]}, .local = {group}};
    }
    return (struct range){.global = {divide_up(y[DEPTH], CHANNELS), divide_up(pixels, pixels_each)}, .local = {1, 1}};
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct pool *pool = step->params;
    const struct operand residual = step->has_residual ? run->residual : run->output;
    const struct padding *padding = &step->padding;
    size_t before[2];
    size_t whole[2]; /* rows and columns with zeros */
    size_t outputs;
    size_t x[VIEW];
    size_t y[VIEW];
    size_t added[VIEW];

    describe(&run->inputs[0].view, x);
    describe(&run->output.view, y);
    describe(&residual.view, added);
    added[DEPTH] = step->has_residual ? added[DEPTH] : 0;
    for (size_t i = 0; i < 2; i++) {
        whole[i] = padding->before[i] + x[i] + padding->after[i];
        (void)window_place(window_along(pool, i), whole[i], pool->padding == PLAIT_SAME, &outputs, &before[i]);
    }
    const size_t each = pixels_each(pool, x, y);
    const size_t window[] = {pool->size[0],
                             pool->size[1],
                             pool->strides[0],
                             pool->strides[1],
                             padding->before[0] + before[0],
                             padding->before[1] + before[1],
                             each};
    const size_t zeros[] = {whole[0], whole[1], padding->before[0], padding->before[1]};
    return launch(run->stream, run->kernels[0], range_of(step, y, each),
                  ARGS(ARG_OPERAND(run->inputs[0]), ARG_OPERAND(run->output), ARG_OPERAND(residual), arg_int8(x, VIEW),
                       arg_int8(y, VIEW), arg_int8(added, VIEW), arg_int8(window, sizeof window / sizeof *window),
                       arg_int8(zeros, sizeof zeros / sizeof *zeros)));
}

static plait_status plan(struct step *step, const char *name, enum walk_form form, const struct device_traits *device)
{
    const struct pool *pool = step->params;
    struct text *options = walk_kernel(step, name, form, device);

    text_add(options, " -D REDUCTION=%s", pool->reduction);
    activation_options(&step->activation, options);
    if (form == WALK_CPU) {
        const bool small = pool->size[0] <= SMALL && pool->size[1] <= SMALL;
        text_add(options, " -D CHANNELS=%d -D POOL_ROWS=%zu -D POOL_COLS=%zu", CHANNELS, small ? pool->size[0] : 0,
                 small ? pool->size[1] : 0);
    }
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan(step, "pool_cpu", WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, "pool_reference", WALK_REFERENCE, device);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, NULL, enqueue};
static const struct variant reference = {"reference", NULL, plan_reference, NULL, enqueue};
static const struct variant *const variants[] = {&cpu, &reference};

/* ---- The layers ------------------------------------------------------------------------------------- */

#define POOLING(keras_name, keras_class)                                                                       \
    {                                                                                                          \
        .name = (keras_name), .class_name = (keras_class), .infer = infer, .variants = variants,               \
        .variant_count = sizeof variants / sizeof *variants, .takes_activation = true, .takes_residual = true, \
        .takes_padding = true, .tail = tail,                                                                   \
    }

static const struct op op_max1d = POOLING("max_pooling1d", "MaxPooling1D");
static const struct op op_max2d = POOLING("max_pooling2d", "MaxPooling2D");
static const struct op op_average1d = POOLING("average_pooling1d", "AveragePooling1D");
static const struct op op_average2d = POOLING("average_pooling2d", "AveragePooling2D");

static plait_node pool2d(const struct op *op, const char *reduction, plait_node x, const plait_pooling2d_opts *opts)
{
    const plait_pooling2d_opts given = opts ? *opts : (plait_pooling2d_opts){0};
    struct pool pool = {.reduction = reduction, .axes = 2, .padding = given.padding};

    for (size_t i = 0; i < 2; i++) {
        pool.size[i] = given.pool_size[i] ? given.pool_size[i] : 2;
        pool.strides[i] = given.strides[i] ? given.strides[i] : pool.size[i];
    }
    return graph_add(op, PLAIT_NODES(x), given.name, &pool, sizeof pool);
}

static plait_node pool1d(const struct op *op, const char *reduction, plait_node x, const plait_pooling1d_opts *opts)
{
    const plait_pooling1d_opts given = opts ? *opts : (plait_pooling1d_opts){0};
    const size_t size = given.pool_size ? given.pool_size : 2;
    const struct pool pool = {
        .reduction = reduction,
        .axes = 1,
        .size = {1, size},
        .strides = {1, given.strides ? given.strides : size},
        .padding = given.padding,
    };

    return graph_add(op, PLAIT_NODES(x), given.name, &pool, sizeof pool);
}

plait_node plait_max_pooling1d(plait_node x, const plait_pooling1d_opts *opts)
{
    return pool1d(&op_max1d, "REDUCE_LARGEST", x, opts);
}

plait_node plait_max_pooling2d(plait_node x, const plait_pooling2d_opts *opts)
{
    return pool2d(&op_max2d, "REDUCE_LARGEST", x, opts);
}

plait_node plait_average_pooling1d(plait_node x, const plait_pooling1d_opts *opts)
{
    return pool1d(&op_average1d, "REDUCE_MEAN", x, opts);
}

plait_node plait_average_pooling2d(plait_node x, const plait_pooling2d_opts *opts)
{
    return pool2d(&op_average2d, "REDUCE_MEAN", x, opts);
}

/* ---- Readers ---------------------------------------------------------------------------------------- */

/* `count` sizes, all of them above 0 and given, unless the option is missing or null. */
static void read_sizes(struct source *source, const char *key, size_t *out, size_t count)
{
    const bool is_list = source->calls->kind(source, key) == SOURCE_LIST;
    const size_t given = source_sizes(source, key, out, count);

    if (is_list && given < count) {
        source_refuse(source, "option %s has %zu numbers; it must have %zu", key, given, count);
    }
    for (size_t i = 0; i < count && given > 0; i++) {
        if (out[i] == 0) {
            source_refuse(source, "option %s has a size below 1", key);
            return;
        }
    }
}

static plait_pooling2d_opts options(struct source *source, size_t axes)
{
    plait_pooling2d_opts opts = {.name = source->name, .padding = source_padding(source), .pool_size = {2, 2}};

    read_sizes(source, "pool_size", opts.pool_size, axes);
    memcpy(opts.strides, opts.pool_size, sizeof opts.strides);
    read_sizes(source, "strides", opts.strides, axes);
    source_channels_last(source);
    return opts;
}

#define READER_2D(function)                                                      \
    static plait_node read_##function(struct source *source, plait_nodes inputs) \
    {                                                                            \
        const plait_pooling2d_opts opts = options(source, 2);                    \
        return plait_##function(inputs.items[0], &opts);                         \
    }

#define READER_1D(function)                                                                              \
    static plait_node read_##function(struct source *source, plait_nodes inputs)                         \
    {                                                                                                    \
        const plait_pooling2d_opts opts = options(source, 1);                                            \
        return plait_##function(inputs.items[0], &(plait_pooling1d_opts){.name = opts.name,              \
                                                                         .padding = opts.padding,        \
                                                                         .pool_size = opts.pool_size[0], \
                                                                         .strides = opts.strides[0]});   \
    }

READER_1D(max_pooling1d)
READER_2D(max_pooling2d)
READER_1D(average_pooling1d)
READER_2D(average_pooling2d)

const struct layer_reader pooling_readers[] = {
    {"MaxPooling1D", read_max_pooling1d},
    {"MaxPooling2D", read_max_pooling2d},
    {"AveragePooling1D", read_average_pooling1d},
    {"AveragePooling2D", read_average_pooling2d},
    {"MaxPool1D", read_max_pooling1d}, /* other names that Keras has for them */
    {"MaxPool2D", read_max_pooling2d},
    {"AvgPool1D", read_average_pooling1d},
    {"AvgPool2D", read_average_pooling2d},
    {0},
};
