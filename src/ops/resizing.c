/* SPDX-License-Identifier: MIT */
/* A picture of another size: kernels/resizing_cpu.cl has the formula, plait/resizing.h where cells lie.
 *
 * What that comes to for each row and column is packed, computed with float32 as Keras's back end does. */
#include "ops/resizing.h"

#include "ops/walk.h"
#include "ops/zero_padding.h"
#include "shape/shape.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* The cells of x on either side of a cell of y, as kernels/resizing.clh reads them. */
struct between {
    int32_t before;
    int32_t after;
    float part;
};

enum { BETWEEN_FLOATS = sizeof(struct between) / sizeof(float) };

static_assert(sizeof(struct between) == BETWEEN_FLOATS * sizeof(float), "no gaps");

/* Most rows and columns of y together: kernels index what is packed for them with 31 bits. */
static const size_t most_cells = INT32_MAX / BETWEEN_FLOATS;

/* The cells along an axis that go with `other` ones along the other, in a picture of size x other_size made larger or
 * smaller. */
static size_t in_proportion(size_t other, size_t size, size_t other_size, bool as_float32)
{
    const double product = (double)other * (double)size;
    const double cells = as_float32 ? (double)((float)product / (float)other_size) : product / (double)other_size;

    return cells < (double)SHAPE_MAX_ELEMENTS ? (size_t)cells : SHAPE_MAX_ELEMENTS;
}

static void find_part(struct resizing *params, plait_shape x)
{
    for (size_t i = 0; i < 2; i++) {
        const size_t cells =
            params->part == RESIZING_ALL
                ? x.dims[i]
                : in_proportion(x.dims[1 - i], params->size[i], params->size[1 - i], params->part == RESIZING_MIDDLE32);
        const size_t some = cells > 0 ? cells : 1;
        params->cells[i] = some < x.dims[i] ? some : x.dims[i];
        params->begin[i] = (x.dims[i] - params->cells[i]) / 2;
    }
}

void resizing_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    struct resizing *params = node->params;
    const size_t *size = params->size;
    const plait_shape x = inputs[0];

    if (!cells_check(graph, node, x, params->axes)) {
        return;
    }
    if (size[0] == 0 || size[1] == 0 || size[0] > most_cells || size[1] > most_cells - size[0]) {
        node_fail(graph, node, "output has %zu rows and %zu columns; there must be at least 1 of each, and at most %zu",
                  size[0], size[1], most_cells);
        return;
    }
    if (params->interpolation != PLAIT_NEAREST && params->interpolation != PLAIT_BILINEAR) {
        node_fail(graph, node, "interpolation is %d but must be PLAIT_NEAREST or PLAIT_BILINEAR",
                  (int)params->interpolation);
        return;
    }
    if (params->both) {
        node_fail(graph, node, "crop_to_aspect_ratio and pad_to_aspect_ratio are both set; set one of them");
        return;
    }
    if (params->axes == 1) {
        find_part(params, PLAIT_SHAPE(1, x.dims[0], x.dims[1]));
        node->shape = PLAIT_SHAPE(size[1], x.dims[1]);
    } else {
        find_part(params, x);
        node->shape = PLAIT_SHAPE(size[0], size[1], x.dims[2]);
    }
}

/* Whether y is x, or made of single cells of it. */
static bool is_nearest(const struct resizing *params)
{
    return params->interpolation == PLAIT_NEAREST ||
           (params->size[0] == params->cells[0] && params->size[1] == params->cells[1]);
}

static plait_status plan(struct step *step, enum walk_form form, const struct device_traits *device)
{
    static const char *const names[] = {[WALK_CPU] = "resizing_cpu", [WALK_REFERENCE] = "resizing_reference"};
    const struct resizing *params = step->params;

    text_add(walk_kernel(step, names[form], form, device), " -D NEAREST=%d", is_nearest(params));
    step->packed_floats = (params->size[0] + params->size[1]) * BETWEEN_FLOATS;
    return PLAIT_OK;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_CPU, device);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    return plan(step, WALK_REFERENCE, device);
}

/* The cell of `cells` ones at this place, or the one at their edge. */
static int32_t cell_at(float place, size_t cells)
{
    const size_t cell = place > 0 ? (size_t)place : 0;

    return (int32_t)(cell < cells ? cell : cells - 1);
}

/* Where cell `i` of `size` lies in `cells` ones. */
static struct between find_between(size_t i, size_t size, size_t cells, bool nearest)
{
    const float middle = ((float)i + 0.5F) * ((float)cells / (float)size);
    const float place = nearest ? floorf(middle) : middle - 0.5F;

    if (nearest && size % cells == 0) { /* however many there are */
        return (struct between){.before = (int32_t)(i / (size / cells)), .after = (int32_t)(i / (size / cells))};
    }

    return (struct between){cell_at(floorf(place), cells), cell_at(ceilf(place), cells), place - floorf(place)};
}

static void pack(const struct step *step, float *packed)
{
    const struct resizing *params = step->params;

    for (size_t axis = 0; axis < 2; axis++) {
        for (size_t i = 0; i < params->size[axis]; i++) {
            const struct between between =
                find_between(i, params->size[axis], params->cells[axis], params->interpolation == PLAIT_NEAREST);
            memcpy(packed, &between, sizeof between);
            packed += BETWEEN_FLOATS;
        }
    }
}

enum { BOTH_ARGS = 7 };

/* The view of a picture; a sequence is one of a single row. */
static struct view picture_of(const struct view *view)
{
    if (view->rank == 4) {
        return *view;
    }
    return (struct view){
        .rank = 4,
        .dims = {view->dims[0], 1, view->dims[1], view->dims[2]},
        .strides = {view->strides[0], 0, view->strides[1], view->strides[2]},
    };
}

/* The arguments that both kernels begin with. */
static void fill_args(const struct step *step, const struct run *run, struct arg *args)
{
    const struct resizing *params = step->params;
    const struct view x = picture_of(&run->inputs[0].view);
    const struct view y = picture_of(&run->output.view);
    const size_t begin = params->begin[0] * x.strides[1] + params->begin[1] * x.strides[2];
    const size_t strides[] = {x.strides[0], x.strides[1], x.strides[2], y.strides[0], y.strides[1], y.strides[2]};
    const struct arg list[BOTH_ARGS] = {
        arg_buffer(run->inputs[0].buffer),
        arg_long(run->inputs[0].offset + begin),
        arg_buffer(run->output.buffer),
        arg_long(run->output.offset),
        arg_buffer(run->packed),
        arg_int8(y.dims + 1, 3),
        arg_int8(strides, sizeof strides / sizeof *strides),
    };

    memcpy(args, list, sizeof list);
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    const struct view y = picture_of(&run->output.view);
    const size_t pixels_each = y.dims[3] < WALK_RUN ? WALK_RUN / y.dims[3] : 1; /* as the kernel */
    const size_t parts = (y.dims[2] + pixels_each - 1) / pixels_each;
    struct arg args[BOTH_ARGS];

    fill_args(step, run, args);
    return launch(run->stream, run->kernels[0],
                  (struct range){.global = {parts, y.dims[0] * y.dims[1]}, .local = {1, 1}}, args, BOTH_ARGS);
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    const struct view y = picture_of(&run->output.view);
    const size_t elements = y.dims[0] * y.dims[1] * y.dims[2] * y.dims[3];
    struct arg args[BOTH_ARGS + 1];

    fill_args(step, run, args);
    args[BOTH_ARGS] = arg_int(y.dims[0]);
    return launch(run->stream, run->kernels[0], (struct range){.global = {elements}, .local = {step->tile[WALK_GROUP]}},
                  args, BOTH_ARGS + 1);
}

static const struct variant cpu = {"cpu", walk_cpu_applicable, plan_cpu, pack, enqueue_cpu};
static const struct variant reference = {"reference", NULL, plan_reference, pack, enqueue_reference};

const struct variant *const resizing_variants[RESIZING_VARIANTS] = {&cpu, &reference};

/* ---- Keras's Resizing layer ---- */

static const struct op op_resizing = {
    .name = "resizing",
    .class_name = "Resizing",
    .infer = resizing_infer,
    .variants = resizing_variants,
    .variant_count = RESIZING_VARIANTS,
};

static const struct op op_borders = {
    .name = "resizing",
    .class_name = "Resizing",
    .infer = zero_padding_infer,
    .variants = zero_padding_variants,
    .variant_count = ZERO_PADDING_VARIANTS,
};

/* What brings x to the proportions of `size`: nothing, where it would be less than a cell at each end. */
static struct zero_padding borders_of(plait_shape x, const size_t size[2], float value)
{
    struct zero_padding borders = {.axes = 2, .value = value};

    for (size_t i = 0; i < 2 && x.rank == 3 && size[1 - i] > 0; i++) {
        const size_t cells = in_proportion(x.dims[1 - i], size[i], size[1 - i], true);
        const size_t end = cells > x.dims[i] ? (cells - x.dims[i]) / 2 : 0;
        borders.ends[i] = PLAIT_ENDS(end, end);
    }
    return borders;
}

plait_node plait_resizing(plait_node x, size_t height, size_t width, const plait_resizing_opts *opts)
{
    const plait_resizing_opts given = opts ? *opts : (plait_resizing_opts){0};
    const struct resizing params = {
        .axes = 2,
        .size = {height, width},
        .interpolation = given.interpolation ? given.interpolation : PLAIT_BILINEAR,
        .part = given.crop_to_aspect_ratio ? RESIZING_MIDDLE32 : RESIZING_ALL,
        .both = given.crop_to_aspect_ratio && given.pad_to_aspect_ratio,
    };
    const struct zero_padding borders = borders_of(plait_node_shape(x), params.size, given.fill_value);

    if (given.pad_to_aspect_ratio && !params.both && borders.ends[0].begin + borders.ends[1].begin > 0) {
        const plait_node bordered = graph_add(&op_borders, PLAIT_NODES(x), given.name, &borders, sizeof borders);
        return graph_extend(bordered, &op_resizing, &params, sizeof params);
    }
    return graph_add(&op_resizing, PLAIT_NODES(x), given.name, &params, sizeof params);
}

plait_interpolation resizing_read_interpolation(struct source *source, const char *fallback)
{
    const char *name = source_text(source, "interpolation", fallback);

    if (strcmp(name, "nearest") == 0) {
        return PLAIT_NEAREST;
    }
    if (strcmp(name, "bilinear") != 0) {
        source_unsupported(source, "interpolation is \"%s\"; plait has \"nearest\" and \"bilinear\"", name);
    }
    return PLAIT_BILINEAR;
}

static plait_node read(struct source *source, plait_nodes x)
{
    const plait_resizing_opts opts = {
        .name = source->name,
        .interpolation = resizing_read_interpolation(source, "bilinear"),
        .crop_to_aspect_ratio = source_flag(source, "crop_to_aspect_ratio", false),
        .pad_to_aspect_ratio = source_flag(source, "pad_to_aspect_ratio", false),
        .fill_value = (float)source_number(source, "fill_value", 0),
    };
    const char *fill_mode = source_text(source, "fill_mode", "constant");

    if (strcmp(fill_mode, "constant") != 0) {
        source_refuse(source, "fill_mode is \"%s\"; only \"constant\" is possible", fill_mode);
    }
    if (!isfinite(opts.fill_value)) {
        source_refuse(source, "fill_value is %g, which is no float32", source_number(source, "fill_value", 0));
    }
    if (source_flag(source, "antialias", false)) {
        source_unsupported(source, "antialias is true; plait resizes without");
    }
    source->any_training = true;
    source_channels_last(source);
    return plait_resizing(x.items[0], source_size(source, "height", 0), source_size(source, "width", 0), &opts);
}

const struct layer_reader resizing_readers[] = {{"Resizing", read}, {0}};
