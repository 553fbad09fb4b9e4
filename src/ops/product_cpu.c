/* SPDX-License-Identifier: MIT */
/* Register tiles: kernels/conv2d_cpu.cl, conv2d_strips_cpu.cl and gemm_cpu.cl. */
#include "base/memory.h"
#include "base/sizes.h"
#include "ops/cpu.h"
#include "ops/product_gemm.h"
#include "ops/product_strips.h"
#include "shape/shape.h"

/* What is remembered in step->tile. */
enum { TILE_ROWS, TILE_VECTORS, TILE_UNITS };

enum {
    CACHE_FLOATS = 256 << 10, /* weights that stay in a core's second cache: 1 MiB */
    FEW_PIXELS = 8,
    TILES_PER_PASS = 16, /* tiles that share weights in the cache */
    TAIL_CELLS = 4,      /* divides the rows of a tile that has a tail */
};

static size_t pixels_of(const struct product *product)
{
    return product->pictures * product->output[0] * product->output[1];
}

/* Filters of a group, filled up to whole blocks. */
static size_t padded(const struct product *product, size_t columns)
{
    return divide_up(product->filters, columns) * columns;
}

static size_t blocks_of(const struct product *product, size_t columns)
{
    return product->groups * divide_up(product->filters, columns);
}

/* A kernel with register tiles, and its launch, given rows and columns of a tile and compute units. The first whose
 * condition holds is taken. */
struct form {
    const char *name;
    bool (*applicable)(const struct product *product);
    plait_status (*launch)(const struct run *run, const struct product *product, size_t rows, size_t columns,
                           size_t units);
};

static bool always(const struct product *product)
{
    (void)product;
    return true;
}

static plait_status launch_taps(const struct run *run, const struct product *product, size_t rows, size_t columns,
                                size_t units);

static const struct form forms[] = {
    {"gemm_cpu", product_is_gemm, product_gemm_launch},
    {"conv2d_strips_cpu", product_is_strips, product_strips_launch},
    {"conv2d_cpu", always, launch_taps},
};

static const struct form *form_of(const struct product *product)
{
    const struct form *form = forms;

    while (!form->applicable(product)) {
        form++;
    }
    return form;
}

size_t product_cpu_full_rows(size_t count, size_t least, size_t most)
{
    static const size_t sizes[] = {14, 12, 8, 7, 6};
    size_t best = 0;
    size_t fewest = SIZE_MAX;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        const size_t rows = divide_up(count, sizes[i]) * sizes[i];
        if (sizes[i] >= least && sizes[i] <= most && rows < fewest) {
            best = sizes[i];
            fewest = rows;
        }
    }
    return best;
}

/* Rows of a tile. With few pixels and large weights, the time is that of reading the weights: then a tile of
 * few rows, with less to do for each, gets them sooner. */
static size_t rows_for(const struct product *product, const struct device_traits *device)
{
    const size_t pixels = pixels_of(product);
    const size_t most = device->vector_floats < VECTOR            ? 6
                        : form_of(product)->launch != launch_taps ? product_cpu_full_rows(pixels, 7, 14)
                                                                  : 12;
    const bool large = product_terms(product) * product->filters * product->groups >= CACHE_FLOATS;

    if (!large || pixels > FEW_PIXELS) {
        return most;
    }
    return pixels == 1 ? 1 : pixels <= 4 ? 4 : pixels <= most ? most : 8;
}

/* The same of a tile that has whole windows of a tail, of up to TAIL_CELLS cells. */
static size_t rows_with_tail(const struct product *product, const struct device_traits *device)
{
    const size_t pixels = pixels_of(product);

    return device->vector_floats < VECTOR ? 4 : divide_up(pixels, 8) * 2 < divide_up(pixels, 12) * 3 ? 8 : 12;
}

bool product_cpu_takes_tail(const struct product *product, const struct tail *tail)
{
    return form_of(product)->launch == product_strips_launch && TAIL_CELLS % (tail->window[0] * tail->window[1]) == 0 &&
           product_strips_takes_tail(product, tail);
}

/* Vectors of a tile's row: two do more for each value of x, one wastes less behind the last filter. A tile of
 * one vector takes 0.6 of the time. */
size_t product_cpu_vectors(const struct product *product, const struct device_traits *device)
{
    const bool narrow = device->vector_floats < VECTOR;

    return narrow || padded(product, VECTOR) * 6 < padded(product, 2 * VECTOR) * 5 ? 1 : 2;
}

/* Padding along an axis, before and after. */
static double padding_of(const struct product *product, size_t axis)
{
    const size_t extent = (product->kernel[axis] - 1) * product->dilation[axis] + 1;
    const size_t reach = (product->output[axis] - 1) * product->strides[axis] + extent;

    return reach > product->input[axis] ? (double)(reach - product->input[axis]) : 0;
}

/* Products, with those of tiles that are not full and without taps in the padding, which are skipped more or less;
 * what a tile takes besides, and reading the weights: measured. */
double product_cpu_cost(const struct product *product, const struct device_traits *device)
{
    enum { TILE = 8000, READ = 32 };
    const size_t rows = rows_for(product, device);
    const size_t columns = VECTOR * product_cpu_vectors(product, device);
    const double tiles = (double)(divide_up(pixels_of(product), rows) * blocks_of(product, columns));
    double taps = 1;

    for (size_t i = 0; i < 2; i++) {
        const double padding = padding_of(product, i);
        const double kernel = (double)product->kernel[i];
        const double cut =
            padding / 2 < kernel ? padding * (padding + 2) / (4 * kernel * (double)product->output[i]) : 0;
        taps *= kernel * (1 - (cut < 0.5 ? cut : 0.5));
    }
    return tiles * (taps * (double)(product->channels * rows * columns) + TILE) +
           READ * (double)(product_terms(product) * blocks_of(product, columns) * columns);
}

/* Scale and shift of the input, each in whole vectors. */
static size_t prologue_floats(const struct product *product)
{
    return 2 * divide_up(product->channels, VECTOR) * VECTOR;
}

plait_status product_cpu_floats(const struct step *step, const struct product *product, size_t *packed)
{
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const plait_shape shape = PLAIT_SHAPE(product->kernel[0], product->kernel[1], product->channels, product->groups,
                                          padded(product, columns));
    const plait_shape behind = PLAIT_SHAPE(product->groups, padded(product, columns));
    size_t floats = 0;

    /* the weights, the bias, and zeros for a kernel row */
    if (!shape_size(shape, &floats) || !size_add(floats, shape_count(behind), &floats) ||
        !size_add(floats, product->kernel[1] * product->channels, &floats) || floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    *packed = floats + (step->input_scale ? prologue_floats(product) : 0);
    return PLAIT_OK;
}

plait_status product_cpu_plan(struct step *step, const struct product *product, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;

    step->tile[TILE_ROWS] = step->tail.kind != TAIL_NONE ? rows_with_tail(product, device) : rows_for(product, device);
    step->tile[TILE_VECTORS] = product_cpu_vectors(product, device);
    step->tile[TILE_UNITS] = device->compute_units;
    TRY(product_cpu_floats(step, product, &step->packed_floats));
    struct text *options = step_kernel(step, form_of(product)->name);
    text_add(options, "-D ROWS=%zu -D VECTORS=%zu", step->tile[TILE_ROWS], step->tile[TILE_VECTORS]);
    if (step->input_scale) {
        text_add(options, " -D NORMALIZED");
    }
    if (step->gated) {
        text_add(options, " -D GATED");
    }
    if (!product->split) {
        activation_options(&step->activation, options);
        tail_options(&step->tail, step->fleeting, options);
    }
out:
    return status;
}

static void pack_prologue(const struct step *step, const struct product *product, float *scale)
{
    float *shift = scale + prologue_floats(product) / 2;

    for (size_t i = 0; i < product->channels; i++) {
        scale[i] = (float)step->input_scale[i];
        shift[i] = (float)step->input_shift[i];
    }
}

/* The i-th block of filters, of all groups. */
struct block {
    size_t first_term;
    size_t first_filter;
    size_t count;
};

static struct block block_at(const struct product *product, size_t columns, size_t i)
{
    const size_t blocks = divide_up(product->filters, columns); /* of a group */
    const size_t group = i / blocks;
    const size_t column = i % blocks * columns;

    return (struct block){
        .first_term = product->split ? group * product_terms(product) : 0,
        .first_filter = column + (product->split ? 0 : group * product->filters),
        .count = product->filters - column < columns ? product->filters - column : columns,
    };
}

void product_cpu_pack(const struct step *step, const struct product *product, float *packed)
{
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const size_t blocks = divide_up(product->filters, columns); /* of a group */
    const size_t terms = product_terms(product);
    float *bias = packed + product->groups * blocks * terms * columns;

    /* by terms first: weights are read in the order in which they lie */
    for (size_t term = 0; term < terms; term++) {
        for (size_t i = 0; i < product->groups * blocks; i++) {
            const struct block block = block_at(product, columns, i);
            product_weights(step, product, block.first_term + term, block.first_filter, block.count,
                            packed + (i * terms + term) * columns);
        }
    }
    for (size_t i = 0; i < product->groups * blocks && !product->split; i++) {
        const struct block block = block_at(product, columns, i);
        product_bias(step, block.first_filter, block.count, bias + i * columns);
    }
    if (step->input_scale) {
        pack_prologue(step, product, packed + step->packed_floats - prologue_floats(product));
    }
}

/* How the work is cut: as kernels/conv2d_cpu.cl wants it. */
struct work {
    size_t blocks;
    size_t group_blocks;
    size_t item_blocks;
    size_t tiles;
    size_t item_tiles;
    size_t pass_rows;
    size_t strip;
};

/* Rows of a strip. Tiles of 3 x 4 pixels have fewer taps in the padding than 1 x 12; it shows for large
 * kernels. */
static size_t strip_for(const struct product *product)
{
    const bool large = product->kernel[0] > 8 && product->kernel[1] > 8;
    size_t strip = large ? 4 : 1;

    while (product->output[0] % strip != 0) {
        strip--;
    }
    return strip;
}

static size_t items_of(const struct work *work)
{
    return divide_up(work->tiles, work->item_tiles) * divide_up(work->blocks, work->item_blocks);
}

/* A work-item takes as many blocks of filters for its tile as stay in the cache together. If not even one
 * does, it takes several tiles and as many kernel rows at a time as do. In any case there must be enough
 * work-items. */
static struct work cut_work(const struct product *product, size_t rows, size_t columns, size_t units)
{
    const size_t block_floats = product_terms(product) * columns;
    const size_t row_floats = block_floats / product->kernel[0];
    const size_t enough = LOTS_PER_UNIT * units;
    struct work work = {
        .blocks = blocks_of(product, columns),
        .group_blocks = divide_up(product->filters, columns),
        .item_blocks = 1,
        .tiles = divide_up(pixels_of(product), rows),
        .item_tiles = 1,
        .pass_rows = product->kernel[0],
        .strip = strip_for(product),
    };

    if (block_floats <= CACHE_FLOATS) {
        const size_t fit = CACHE_FLOATS / block_floats;
        work.item_blocks = fit < work.blocks ? fit : work.blocks;
    } else if (row_floats < CACHE_FLOATS && work.tiles > 1) {
        work.pass_rows = CACHE_FLOATS / row_floats;
        work.item_tiles = TILES_PER_PASS;
    }
    while (items_of(&work) < enough && work.item_blocks * work.item_tiles > 1) {
        work.item_blocks = divide_up(work.item_blocks, 2);
        work.item_tiles = divide_up(work.item_tiles, 2);
    }
    return work;
}

static plait_status launch_taps(const struct run *run, const struct product *product, size_t rows, size_t columns,
                                size_t units)
{
    const struct work work = cut_work(product, rows, columns, units);
    const size_t sizes[] = {work.blocks,     work.group_blocks, work.item_blocks, work.tiles,
                            work.item_tiles, work.pass_rows,    work.strip};
    const struct range range = {.global = {items_of(&work)}, .local = {1}};
    struct arg args[PRODUCT_ARGS + 1];

    product_args(product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int8(sizes, sizeof sizes / sizeof *sizes);
    return launch(run->stream, run->kernels[0], range, args, PRODUCT_ARGS + 1);
}

plait_status product_cpu_launch(const struct step *step, const struct run *run, const struct product *product)
{
    struct product here = *product;

    here.prologue = step->input_scale ? step->packed_floats - prologue_floats(product) : 0;
    return form_of(product)->launch(run, &here, step->tile[TILE_ROWS], VECTOR * step->tile[TILE_VECTORS],
                                    step->tile[TILE_UNITS]);
}
