/* SPDX-License-Identifier: MIT */
/* Matrix product over the last axis (layers.h has the formula). */
#include "ops/dense.h"

#include "base/sizes.h"
#include "device/gemm.h"
#include "graph/source.h"
#include "ops/activation.h"
#include "ops/product.h"
#include "shape/shape.h"

enum {
    PICTURE_AXES = 3,      /* pictures, rows, pixels: most axes of rows for all but the reference */
    REFERENCE_GROUP = 256, /* work-items of a group, if the device can */
    EPILOGUE_GROUP = 64,
    SPLIT_TERMS = 1024, /* least products of a part of a split sum */
    SPLIT_PARTS = 8,    /* parts that a compute unit should get */
    CLBLAST_ROWS = 64,  /* least sizes at which a library call is worth its cost */
    CLBLAST_UNITS = 256,
};

/* What is remembered in step->tile: by cpu, behind what product_cpu_plan remembers, and by clblast and reference. */
enum { TILE_PARTS = PRODUCT_CPU_TILE };
enum { TILE_GROUP, TILE_AXES };

void dense_infer(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    const struct dense *dense = node->params;
    const plait_shape kernel = dense->kernel.shape;
    const plait_shape x = inputs[0];
    size_t size = 0;

    if (x.rank == 0) {
        node_fail(graph, node, "input is a single number but must have an axis of channels");
    } else if (!dense->kernel.data) {
        node_fail(graph, node, "kernel is missing; it must have shape {%zu, units}", x.dims[x.rank - 1]);
    } else if (kernel.rank != 2) {
        node_fail(graph, node, "kernel has shape %s but must be {channels, units}", shape_name(kernel).text);
    } else if (!shape_size(kernel, &size) || size > SHAPE_MAX_ELEMENTS) {
        node_fail(graph, node, "kernel %s has more than %zu elements", shape_name(kernel).text, SHAPE_MAX_ELEMENTS);
    } else if (size == 0 || shape_count(x) == 0) {
        node_fail(graph, node, "input %s and kernel %s must have no size 0", shape_name(x).text,
                  shape_name(kernel).text);
    } else if (kernel.dims[0] != x.dims[x.rank - 1]) {
        node_fail(graph, node, "input has %zu channels but kernel expects %zu (kernel %s); transpose the weights",
                  x.dims[x.rank - 1], kernel.dims[0], shape_name(kernel).text);
    }
    if (node->poisoned || !node_weight(graph, node, "kernel", dense->kernel, kernel)) {
        return;
    }
    if (dense->bias.data || dense->bias.shape.rank > 0) {
        (void)node_weight(graph, node, "bias", dense->bias, PLAIT_SHAPE(kernel.dims[1]));
    }
    node->shape = x;
    node->shape.dims[x.rank - 1] = kernel.dims[1];
}

double dense_flops(const struct node *node, const plait_shape *inputs)
{
    (void)inputs;
    return 2.0 * (double)shape_count(node->shape) * (double)((const struct dense *)node->params)->kernel.shape.dims[0];
}

/* The axes that rows run over: those before the last, in the fewest that do for all tensors together. */
struct rows {
    struct view x;
    struct view y;
    struct view residual;
};

static struct rows rows_of(struct view x, struct view y, const struct view *residual)
{
    struct rows rows = {x, y, residual ? *residual : y};
    struct view *const views[] = {&rows.x, &rows.y, &rows.residual};

    for (size_t i = 0; i < 3; i++) {
        views[i]->rank--;
    }
    view_collapse(views, 3);
    return rows;
}

static struct rows planned_rows(const struct step *step)
{
    return rows_of(step->inputs[0], step->output, step->has_residual ? &step->residual : NULL);
}

static struct rows run_rows(const struct step *step, const struct run *run)
{
    return rows_of(run->inputs[0].view, run->output.view, step->has_residual ? &run->residual.view : NULL);
}

/* The size or stride of axis `axis` of PICTURE_AXES; rows of fewer axes are the last ones. */
static size_t along(const struct view *rows, const size_t *values, size_t axis, size_t none)
{
    const size_t missing = PICTURE_AXES > rows->rank ? PICTURE_AXES - rows->rank : 0;

    return axis < missing ? none : values[axis - missing];
}

static struct pixels pixels_of(const struct view *rows, const struct buffer *buffer, size_t offset)
{
    struct pixels pixels = {buffer, offset, {0}};

    for (size_t axis = 0; axis < PICTURE_AXES; axis++) {
        pixels.strides[axis] = along(rows, rows->strides, axis, 0);
    }
    return pixels;
}

/* Pictures whose pixels are the rows, and a kernel of 1x1. */
static struct product product_of(const struct step *step, const struct rows *rows)
{
    const size_t *kernel = ((const struct dense *)step->params)->kernel.shape.dims;
    const size_t size[] = {along(&rows->x, rows->x.dims, 1, 1), along(&rows->x, rows->x.dims, 2, 1)};

    struct product product = {
        .pictures = along(&rows->x, rows->x.dims, 0, 1),
        .input = {size[0], size[1]},
        .output = {size[0], size[1]},
        .kernel = {1, 1},
        .strides = {1, 1},
        .dilation = {1, 1},
        .groups = 1,
        .channels = kernel[0],
        .filters = kernel[1],
    };

    product.taps = product_taps(&product);
    return product;
}

static struct product run_product(const struct step *step, const struct run *run, const struct rows *rows)
{
    struct product product = product_of(step, rows);

    product.x = pixels_of(&rows->x, run->inputs[0].buffer, run->inputs[0].offset);
    product.y = pixels_of(&rows->y, run->output.buffer, run->output.offset);
    if (step->has_residual) {
        product.residual = pixels_of(&rows->residual, run->residual.buffer, run->residual.offset);
    }
    return product;
}

static size_t rows_count(const struct product *product)
{
    return product->pictures * product->output[0] * product->output[1];
}

static plait_status too_many_axes(const struct rows *rows, size_t most)
{
    return error_set(PLAIT_ERR_UNSUPPORTED,
                     "the rows lie in memory along %zu axes that cannot be joined; this variant takes %zu",
                     rows->x.rank, most);
}

/* What dense_epilogue adds up: `parts` parts of each row, `part_stride` apart. */
struct sums {
    struct pixels x;
    size_t parts;
    size_t part_stride;
    size_t bias_offset; /* in the packed weights */
    size_t group;       /* work-items of a group */
};

static plait_status launch_epilogue(const struct run *run, struct kernel *kernel, const struct product *product,
                                    const struct sums *sums)
{
    const struct pixels *y = &product->y;
    const struct pixels *residual = product->residual.buffer ? &product->residual : y;
    const size_t all_rows = rows_count(product);
    const size_t x_view[] = {sums->x.strides[0], sums->x.strides[1], sums->x.strides[2], sums->part_stride};
    const size_t residual_view[] = {residual->strides[0], residual->strides[1], residual->strides[2],
                                    product->residual.buffer != NULL};
    const size_t rows[] = {product->output[0], product->output[1], all_rows, product->filters, sums->parts};
    const struct range range = {.global = {product->filters, all_rows}, .local = {sums->group, 1}};

    return launch(run->stream, kernel, range,
                  ARGS(arg_buffer(sums->x.buffer), arg_long(sums->x.offset), arg_buffer(y->buffer), arg_long(y->offset),
                       arg_buffer(residual->buffer), arg_long(residual->offset), arg_buffer(run->packed),
                       arg_long(sums->bias_offset), arg_int8(x_view, 4), arg_int8(y->strides, 3),
                       arg_int8(residual_view, 4), arg_int8(rows, 5)));
}

/* ---- cpu ---- */

/* Parts of the sum over channels: more than one where there is too little to do for all compute units
 * otherwise. They must divide the channels. */
static size_t parts_for(const struct product *product, const struct device_traits *device)
{
    const size_t items = divide_up(rows_count(product), 12) * divide_up(product->filters, 32);
    const size_t most = product->channels / SPLIT_TERMS;
    size_t parts = items < 2 * device->compute_units ? SPLIT_PARTS * device->compute_units / items : 1;

    parts = parts < most ? parts : most;
    while (parts > 1 && product->channels % parts != 0) {
        parts--;
    }
    return parts > 0 ? parts : 1;
}

static void split(struct product *product, size_t parts)
{
    product->groups = parts;
    product->channels /= parts;
    product->split = parts > 1;
    product->taps = product_taps(product);
}

static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    return device->kind == PLAIT_DEVICE_CPU && planned_rows(step).x.rank <= PICTURE_AXES;
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;
    const struct rows rows = planned_rows(step);
    struct product product = product_of(step, &rows);
    const size_t parts = parts_for(&product, device);

    if (rows.x.rank > PICTURE_AXES) {
        return too_many_axes(&rows, PICTURE_AXES);
    }
    split(&product, parts);
    TRY(product_cpu_plan(step, &product, device));
    step->tile[TILE_PARTS] = parts;
    if (parts > 1) {
        step->packed_floats += product.filters; /* the bias, for the epilogue */
        step->scratch_floats = rows_count(&product) * parts * product.filters;
        activation_options(&step->activation, step_kernel(step, "dense_epilogue"));
    }
out:
    return status;
}

static void pack_cpu(const struct step *step, float *packed)
{
    const struct rows rows = planned_rows(step);
    struct product product = product_of(step, &rows);
    float *bias = packed + step->packed_floats - product.filters;

    split(&product, step->tile[TILE_PARTS]);
    product_cpu_pack(step, &product, packed);
    if (product.split) {
        product_bias(step, 0, product.filters, bias);
    }
}

/* The parts of the sums go to scratch memory, {row}{part}{unit}. */
static plait_status enqueue_split(const struct step *step, const struct run *run, const struct product *whole)
{
    plait_status status = PLAIT_OK;
    const size_t parts = step->tile[TILE_PARTS];
    const size_t pixel = parts * whole->filters;
    const size_t row = whole->output[1] * pixel;
    const struct sums sums = {
        .x = {run->scratch, run->scratch_offset, {whole->output[0] * row, row, pixel}},
        .parts = parts,
        .part_stride = whole->filters,
        .bias_offset = step->packed_floats - whole->filters,
        .group = 1,
    };
    struct product product = *whole;

    split(&product, parts);
    product.y = sums.x;
    product.residual = (struct pixels){0};
    TRY(product_cpu_launch(step, run, &product));
    TRY(launch_epilogue(run, run->kernels[1], whole, &sums));
out:
    return status;
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    const struct rows rows = run_rows(step, run);
    const struct product product = run_product(step, run, &rows);

    return step->tile[TILE_PARTS] > 1 ? enqueue_split(step, run, &product) : product_cpu_launch(step, run, &product);
}

/* ---- gpu ---- */

static bool applicable_gpu(const struct step *step, const struct device_traits *device)
{
    const struct rows rows = planned_rows(step);
    const struct product product = product_of(step, &rows);

    return rows.x.rank <= PICTURE_AXES && product_gpu_applicable(&product, device);
}

static plait_status plan_gpu(struct step *step, const struct device_traits *device)
{
    const struct rows rows = planned_rows(step);
    const struct product product = product_of(step, &rows);

    return rows.x.rank <= PICTURE_AXES ? product_gpu_plan(step, &product, device) : too_many_axes(&rows, PICTURE_AXES);
}

static void pack_gpu(const struct step *step, float *packed)
{
    const struct rows rows = planned_rows(step);
    const struct product product = product_of(step, &rows);

    product_gpu_pack(step, &product, packed);
}

static plait_status enqueue_gpu(const struct step *step, const struct run *run)
{
    const struct rows rows = run_rows(step, run);
    const struct product product = run_product(step, run, &rows);

    return product_gpu_launch(step, run, &product);
}

/* ---- clblast ---- */

static bool applicable_clblast(const struct step *step, const struct device_traits *device)
{
    const struct rows rows = planned_rows(step);

    return device->has_clblast && device->kind == PLAIT_DEVICE_GPU && rows.x.rank == 1 &&
           rows.x.dims[0] >= CLBLAST_ROWS && step->output.dims[step->output.rank - 1] >= CLBLAST_UNITS;
}

static plait_status plan_clblast(struct step *step, const struct device_traits *device)
{
    const struct rows rows = planned_rows(step);
    const struct product product = product_of(step, &rows);

    if (!device->has_clblast) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "plait was built without CLBlast");
    }
    if (rows.x.rank > 1) {
        return too_many_axes(&rows, 1);
    }
    step->tile[TILE_GROUP] = device->max_work_group < EPILOGUE_GROUP ? device->max_work_group : EPILOGUE_GROUP;
    activation_options(&step->activation, step_kernel(step, "dense_epilogue"));
    return product_plain_floats(&product, &step->packed_floats);
}

static void pack_plain(const struct step *step, float *packed)
{
    const struct rows rows = planned_rows(step);
    const struct product product = product_of(step, &rows);

    product_plain_pack(step, &product, packed);
}

/* A single row may have any stride, CLBlast wants one that rows could have. */
static struct matrix matrix_of(const struct pixels *pixels, size_t columns)
{
    const size_t stride = pixels->strides[2];

    return (struct matrix){pixels->buffer, pixels->offset, stride < columns ? columns : stride};
}

static plait_status enqueue_clblast(const struct step *step, const struct run *run)
{
    plait_status status = PLAIT_OK;
    const struct rows rows = run_rows(step, run);
    const struct product product = run_product(step, run, &rows);
    const struct matrix kernel = {run->packed, 0, product.filters};
    const struct sums sums = {
        .x = product.y,
        .parts = 1,
        .bias_offset = product.channels * product.filters,
        .group = step->tile[TILE_GROUP],
    };

    TRY(gemm(run->stream, product.output[1], product.filters, product.channels, matrix_of(&product.x, product.channels),
             kernel, matrix_of(&product.y, product.filters)));
    TRY(launch_epilogue(run, run->kernels[0], &product, &sums));
out:
    return status;
}

/* ---- reference ---- */

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    const struct rows rows = planned_rows(step);
    const struct product product = product_of(step, &rows);
    struct text *options = step_kernel(step, "dense_reference");

    step->tile[TILE_AXES] = rows.x.rank;
    step->tile[TILE_GROUP] = device->max_work_group < REFERENCE_GROUP ? device->max_work_group : REFERENCE_GROUP;
    text_add(options, "-D AXES=%zu", rows.x.rank);
    activation_options(&step->activation, options);
    return product_plain_floats(&product, &step->packed_floats);
}

/* Values of `axes` axes; those that a smaller batch has made superfluous come first and get `none`. */
static struct arg axes_arg(const struct view *rows, const size_t *values, size_t axes, size_t none)
{
    size_t all[8];

    for (size_t i = 0; i < axes; i++) {
        const size_t ahead = axes - rows->rank;
        all[i] = i < ahead ? none : values[i - ahead];
    }
    return arg_int8(all, axes);
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    const struct rows rows = run_rows(step, run);
    const struct product product = product_of(step, &rows);
    const struct operand *residual = step->has_residual ? &run->residual : &run->output;
    const size_t axes = step->tile[TILE_AXES];
    const size_t count = view_count(&rows.x);
    const size_t sizes[] = {product.channels, product.filters, count, step->has_residual, product_block(&product)};

    return launch(run->stream, run->kernels[0],
                  (struct range){.global = {count * product.filters}, .local = {step->tile[TILE_GROUP]}},
                  ARGS(ARG_OPERAND(run->inputs[0]), ARG_OPERAND(run->output), ARG_OPERAND(*residual),
                       arg_buffer(run->packed), axes_arg(&rows.x, rows.x.dims, axes, 1),
                       axes_arg(&rows.x, rows.x.strides, axes, 0), axes_arg(&rows.y, rows.y.strides, axes, 0),
                       axes_arg(&rows.residual, rows.residual.strides, axes, 0), arg_int8(sizes, 5)));
}

static const struct variant cpu = {"cpu", applicable_cpu, plan_cpu, pack_cpu, enqueue_cpu};
static const struct variant clblast = {"clblast",  applicable_clblast, plan_clblast,
                                       pack_plain, enqueue_clblast,    .calls_library = true};
static const struct variant gpu = {"gpu", applicable_gpu, plan_gpu, pack_gpu, enqueue_gpu};
static const struct variant reference = {"reference", NULL, plan_reference, pack_plain, enqueue_reference};

const struct variant *const dense_variants[DENSE_VARIANTS] = {&cpu, &clblast, &gpu, &reference};

static const struct op op_dense = {
    .name = "dense",
    .class_name = "Dense",
    .infer = dense_infer,
    .flops = dense_flops,
    .variants = dense_variants,
    .variant_count = DENSE_VARIANTS,
    .takes_affine = true,
    .takes_activation = true,
    .takes_residual = true,
};

plait_node plait_dense(plait_node x, const plait_dense_opts *opts)
{
    const plait_dense_opts given = opts ? *opts : (plait_dense_opts){0};
    const struct dense dense = {given.kernel, given.bias};

    return layer_activation(graph_add(&op_dense, PLAIT_NODES(x), given.name, &dense, sizeof dense), given.activation);
}

static plait_node read(struct source *source, plait_nodes x)
{
    plait_dense_opts opts = {.name = source->name, .activation = source_activation(source, "activation")};
    size_t index = 0;

    opts.kernel = source_next_weight(source, true, &index);
    opts.bias = source_next_weight(source, source_flag(source, "use_bias", true), &index);
    source_check_axes(source, "units", opts.kernel, 1, 1);
    return plait_dense(x.items[0], &opts);
}

const struct layer_reader dense_readers[] = {{"Dense", read, MASKS_PASS}, {0}};
