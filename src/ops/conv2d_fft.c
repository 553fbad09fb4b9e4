/* SPDX-License-Identifier: MIT */
/* Three kernels: kernels/conv2d_fft_forward.cl, conv2d_fft_product.cl and conv2d_fft_inverse.cl.
 *
 * A tile is a window of length x length input pixels; its circular correlation with the kernel is that of the
 * layer in the first length - kernel + 1 rows and columns. If the window holds the padding before the picture and
 * the whole picture, and is as long as the output, it is right in all of the output as soon as what wraps around meets
 * padding: then `same` needs no more than input + kernel / 2. */
#include "ops/conv2d_fft.h"

#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "ops/fft.h"
#include "shape/shape.h"

#include <math.h>

/* What is remembered in step->tile. */
enum { TILE_LENGTH, TILE_PICTURES, TILE_ROWS, TILE_UNITS };

enum {
    COMPLEX = 2 * FFT_LANES,   /* floats of 16 complex numbers */
    MOST_ROWS = 8,             /* tiles that share weights in registers */
    MOST_TILES = 32,           /* that a work-item keeps in the cache */
    COLUMN_LOTS_PER_UNIT = 4,  /* the same, of conv2d_fft_product */
    SCRATCH_FLOATS = 32 << 20, /* of a part of the batch: 128 MiB */
    PACKED_FLOATS = 128 << 20, /* most weights: 512 MiB */
};

/* How pictures are cut. Pairs are {rows, cols}. */
struct tiling {
    struct fft fft;
    size_t half;     /* columns of a transform */
    size_t cells[2]; /* output pixels of a tile */
    size_t count[2]; /* tiles of a picture */
    size_t lead;     /* rows of a window that have nothing but padding, */
    size_t rows;     /* and those after them that may have more; made even */
    size_t channel_blocks;
    size_t filter_blocks;
};

/* Cuts an axis; false if windows of this length are too short. */
static bool cut_axis(const struct product *product, size_t axis, size_t length, struct tiling *tiling)
{
    const size_t before = product->before[axis];
    const size_t reach = product->output[axis] + product->kernel[axis] - 1; /* first output's to last output's taps */
    size_t cells = product->output[axis];

    if (length < product->input[axis] + before || length + before < reach || length < cells) {
        if (length < product->kernel[axis]) {
            return false;
        }
        cells = length - product->kernel[axis] + 1;
    }
    tiling->count[axis] = divide_up(product->output[axis], cells);
    tiling->cells[axis] = divide_up(product->output[axis], tiling->count[axis]);
    return true;
}

static bool cut_pictures(const struct product *product, struct fft fft, struct tiling *tiling)
{
    *tiling = (struct tiling){
        .fft = fft,
        .half = fft.length / 2 + 1,
        .channel_blocks = divide_up(product->channels, FFT_LANES),
        .filter_blocks = divide_up(product->filters, FFT_LANES),
    };
    if (!cut_axis(product, 0, fft.length, tiling) || !cut_axis(product, 1, fft.length, tiling)) {
        return false;
    }
    const bool whole = tiling->count[0] == 1;
    tiling->lead = whole ? product->before[0] : 0;
    tiling->rows = whole ? product->input[0] : tiling->cells[0] + product->kernel[0] - 1;
    tiling->rows += tiling->rows % 2;
    return true;
}

static size_t tiles_of(const struct product *product, const struct tiling *tiling)
{
    return product->pictures * tiling->count[0] * tiling->count[1];
}

/* Numbers in all transforms of the weights. */
static double weights_of(const struct product *product, const struct tiling *tiling)
{
    return (double)(tiling->half * tiling->fft.length) * (double)product->channels *
           (double)(tiling->filter_blocks * FFT_LANES);
}

/* Time of a layer, in multiply-adds of conv2d_cpu, whose time is little else. Measured: a transform's number takes
 * as long as TURN of them for each radix and EACH more; a float of weights from memory as long as READ. */
static double cost_of(const struct product *product, const struct tiling *tiling)
{
    enum { TURN = 2, EACH = 12, READ = 14 };
    const struct fft *fft = &tiling->fft;
    const double tiles = (double)tiles_of(product, tiling);
    const double weights = weights_of(product, tiling);
    const double lines = (double)(tiling->channel_blocks * (tiling->rows / 2 + tiling->half)) +
                         (double)(tiling->filter_blocks * (divide_up(tiling->cells[0], 2) + tiling->half));
    const double numbers = tiles * lines * (double)(fft->length * FFT_LANES);

    return numbers * (double)(EACH + TURN * (fft->radices[0] + fft->radices[1])) + 4 * tiles * weights +
           2 * READ * weights;
}

/* The cheapest way to cut pictures; false if there is none. */
static bool choose_tiling(const struct product *product, struct tiling *best)
{
    double least = 0;

    *best = (struct tiling){0};
    for (struct fft fft = fft_from(1); fft.length > 0; fft = fft_from(fft.length + 1)) {
        struct tiling tiling;
        if (!cut_pictures(product, fft, &tiling)) {
            continue;
        }
        const double cost = cost_of(product, &tiling);
        if (best->fft.length == 0 || cost < least) {
            *best = tiling;
            least = cost;
        }
    }
    return best->fft.length > 0;
}

/* As in step->tile. */
static struct tiling planned_tiling(const struct step *step, const struct product *product)
{
    struct tiling tiling;

    (void)cut_pictures(product, fft_from(step->tile[TILE_LENGTH]), &tiling);
    return tiling;
}

/* The work of a part of the batch, and where its scratch lies. */
struct work {
    size_t tiles;
    size_t item_tiles; /* of a work-item of conv2d_fft_product */
    size_t item_columns;
    size_t product_items;
    size_t item_pairs[2]; /* of rows, of conv2d_fft_forward and conv2d_fft_inverse */
    size_t shares[2];     /* work-items for a block */
    size_t x_floats;
    size_t y_floats;
    size_t slab_floats;
    size_t floats;
};

static void share_rows(struct work *work, size_t i, size_t blocks, size_t pairs, size_t units)
{
    const size_t shares = divide_up(LOTS_PER_UNIT * units, work->tiles * blocks);

    work->item_pairs[i] = divide_up(pairs, shares < pairs ? shares : pairs);
    work->shares[i] = divide_up(pairs, work->item_pairs[i]);
}

static struct work cut_work(const struct tiling *tiling, size_t pictures, size_t rows, size_t units)
{
    const size_t line = tiling->half * COMPLEX;
    struct work work = {.tiles = pictures * tiling->count[0] * tiling->count[1]};
    const size_t groups = divide_up(work.tiles, rows);
    const size_t most = divide_up(MOST_TILES, rows);
    const size_t enough = divide_up(COLUMN_LOTS_PER_UNIT * units, tiling->half);

    work.item_tiles = divide_up(groups, enough);
    work.item_tiles = rows * (work.item_tiles < most ? work.item_tiles : most);
    work.item_columns = divide_up(tiling->half, COLUMN_LOTS_PER_UNIT * units);
    work.product_items = divide_up(tiling->half, work.item_columns) * divide_up(work.tiles, work.item_tiles);
    share_rows(&work, 0, tiling->channel_blocks, tiling->rows / 2, units);
    share_rows(&work, 1, tiling->filter_blocks, divide_up(tiling->cells[0], 2), units);
    work.x_floats = work.tiles * tiling->channel_blocks * tiling->rows * line;
    work.y_floats = work.tiles * tiling->filter_blocks * tiling->cells[0] * line;
    work.slab_floats = tiling->fft.length * (work.item_tiles * (tiling->channel_blocks + 1) + 1) * COMPLEX;
    work.floats = work.x_floats + work.y_floats + work.product_items * work.slab_floats;
    return work;
}

/* Where things lie in packed. */
struct packed {
    size_t block; /* floats of a block of filters at one k */
    size_t bias;
    size_t table;
    size_t floats;
};

static struct packed lay_out(const struct product *product, const struct tiling *tiling)
{
    struct packed packed = {.block = tiling->fft.length * product->channels * COMPLEX};

    packed.bias = tiling->half * tiling->filter_blocks * packed.block;
    packed.table = packed.bias + tiling->filter_blocks * FFT_LANES;
    packed.floats = packed.table + fft_table_floats(tiling->fft);
    return packed;
}

bool conv2d_fft_applicable(const struct step *step, const struct product *product, const struct device_traits *device)
{
    struct tiling tiling;

    return device->kind == PLAIT_DEVICE_CPU && step->accuracy == PLAIT_FAST && convolution_is_plain(product) &&
           choose_tiling(product, &tiling) && lay_out(product, &tiling).floats <= PACKED_FLOATS;
}

double conv2d_fft_cost(const struct product *product)
{
    struct tiling tiling;

    return choose_tiling(product, &tiling) ? cost_of(product, &tiling) : INFINITY;
}

/* Why the layer cannot be computed this way. */
static plait_status check(const struct step *step, const struct product *product, struct tiling *tiling)
{
    if (step->accuracy != PLAIT_FAST) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "a product in the frequency domain is not PLAIT_STRICT");
    }
    if (!convolution_is_plain(product)) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "strides {%zu,%zu}, dilation_rate {%zu,%zu} and groups %zu must be 1",
                         product->strides[0], product->strides[1], product->dilation[0], product->dilation[1],
                         product->groups);
    }
    if (!choose_tiling(product, tiling)) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "no transform of %d cells is longer than the kernel, {%zu,%zu}",
                         FFT_MOST, product->kernel[0], product->kernel[1]);
    }
    if (weights_of(product, tiling) > (double)PACKED_FLOATS / 2) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the transformed kernel has %.0f floats, more than %d",
                         2 * weights_of(product, tiling), PACKED_FLOATS);
    }
    return PLAIT_OK;
}

plait_status conv2d_fft_plan(struct step *step, const struct product *product, const struct device_traits *device)
{
    plait_status status = PLAIT_OK;
    struct tiling tiling;

    TRY(check(step, product, &tiling));
    const size_t tiles = tiles_of(product, &tiling);
    const size_t rows = tiles < MOST_ROWS ? tiles : MOST_ROWS;
    size_t pictures = product->pictures;
    struct work work = cut_work(&tiling, pictures, rows, device->compute_units);
    while (work.floats > SCRATCH_FLOATS && pictures > 1) {
        pictures = divide_up(pictures, 2);
        work = cut_work(&tiling, pictures, rows, device->compute_units);
    }
    if (work.floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the transform of a picture has %zu floats, more than %zu", work.floats,
                         SHAPE_MAX_ELEMENTS);
    }
    step->tile[TILE_LENGTH] = tiling.fft.length;
    step->tile[TILE_PICTURES] = pictures;
    step->tile[TILE_ROWS] = rows;
    step->tile[TILE_UNITS] = device->compute_units;
    step->packed_floats = lay_out(product, &tiling).floats;
    step->scratch_floats = work.floats;
    static const char *const names[] = {"conv2d_fft_forward", "conv2d_fft_product", "conv2d_fft_inverse"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct text *options = step_kernel(step, names[i]);
        text_add(options, "-D RADIX_A=%zu -D RADIX_B=%zu", tiling.fft.radices[0], tiling.fft.radices[1]);
        if (i == 1) {
            text_add(options, " -D ROWS=%zu", rows);
        } else if (i == 2) {
            activation_options(&step->activation, options);
        }
    }
out:
    return status;
}

void conv2d_fft_pack(const struct step *step, const struct product *product, float *packed)
{
    const struct tiling tiling = planned_tiling(step, product);
    const struct packed place = lay_out(product, &tiling);
    const size_t length = tiling.fft.length;
    /* rows are transformed to twice their transform, and back to LENGTH times themselves, twice */
    const double unit = 0.5 / (double)(length * length);

    for (size_t block = 0; block < tiling.filter_blocks; block++) {
        const size_t first = block * FFT_LANES;
        const size_t lanes = product->filters - first < FFT_LANES ? product->filters - first : FFT_LANES;
        double scale[FFT_LANES] = {0};
        for (size_t i = 0; i < lanes; i++) {
            scale[i] = step->scale ? unit * step->scale[first + i] : unit;
        }
        product_bias(step, first, lanes, packed + place.bias + first);
        for (size_t c = 0; c < product->channels; c++) {
            const struct fft_taps taps = {
                .rows = product->kernel[0],
                .cols = product->kernel[1],
                .lanes = lanes,
                .taps = step->weights[0].array.data + c * product->filters + first,
                .step = product->channels * product->filters,
                .scale = scale,
            };
            fft_kernel(&taps, length, packed + block * place.block + c * COMPLEX, tiling.filter_blocks * place.block,
                       product->channels * COMPLEX);
        }
    }
    fft_table(tiling.fft, packed + place.table);
}

/* One part of the batch on its way through the three kernels. */
struct part {
    const struct run *run;
    const struct product *product;
    const struct tiling *tiling;
    struct packed packed;
    struct work work;
    size_t rows;
    size_t lines[2]; /* where rows of x and of y lie in scratch */
    size_t slabs;
};

static plait_status launch_forward(const struct part *part)
{
    const struct product *product = part->product;
    const struct tiling *tiling = part->tiling;
    const struct pixels *x = &product->x;
    const size_t view[] = {product->input[0], product->input[1], product->channels,
                           x->strides[0],     x->strides[1],     x->strides[2]};
    const size_t tiles[] = {tiling->count[0],   tiling->count[1],   tiling->cells[0], tiling->cells[1],
                            product->before[0], product->before[1], tiling->lead,     tiling->rows};
    const size_t work[] = {tiling->channel_blocks, part->work.item_pairs[0], part->work.shares[0], part->packed.table};
    const struct range range = {.global = {part->work.tiles * tiling->channel_blocks * part->work.shares[0]},
                                .local = {1}};

    return launch(part->run->stream, part->run->kernels[0], range,
                  ARGS(arg_buffer(x->buffer), arg_long(x->offset), arg_buffer(part->run->scratch),
                       arg_long(part->lines[0]), arg_buffer(part->run->packed), arg_int8(view, 6), arg_int8(tiles, 8),
                       arg_int8(work, 4)));
}

static plait_status launch_product(const struct part *part)
{
    const struct tiling *tiling = part->tiling;
    const struct buffer *scratch = part->run->scratch;
    const size_t sizes[] = {
        part->product->channels, tiling->channel_blocks, tiling->filter_blocks, tiling->lead, tiling->rows,
        tiling->cells[0],        part->packed.table};
    const size_t work[] = {part->work.tiles, part->work.item_tiles, part->work.item_columns, part->work.slab_floats};
    const struct range range = {.global = {part->work.product_items}, .local = {1}};

    return launch(part->run->stream, part->run->kernels[1], range,
                  ARGS(arg_buffer(scratch), arg_long(part->lines[0]), arg_buffer(scratch), arg_long(part->lines[1]),
                       arg_buffer(scratch), arg_long(part->slabs), arg_buffer(part->run->packed), arg_int8(sizes, 7),
                       arg_int8(work, 4)));
}

static plait_status launch_inverse(const struct part *part)
{
    const struct product *product = part->product;
    const struct tiling *tiling = part->tiling;
    const struct pixels *y = &product->y;
    const struct pixels *residual = product->residual.buffer ? &product->residual : y;
    const size_t view[] = {product->output[0], product->output[1], product->filters,
                           y->strides[0],      y->strides[1],      y->strides[2]};
    const size_t residual_view[] = {product->residual.buffer != NULL, residual->strides[0], residual->strides[1],
                                    residual->strides[2]};
    const size_t tiles[] = {tiling->count[0], tiling->count[1], tiling->cells[0], tiling->cells[1]};
    const size_t work[] = {tiling->filter_blocks, part->work.item_pairs[1], part->work.shares[1], part->packed.table,
                           part->packed.bias};
    const struct range range = {.global = {part->work.tiles * tiling->filter_blocks * part->work.shares[1]},
                                .local = {1}};

    return launch(part->run->stream, part->run->kernels[2], range,
                  ARGS(arg_buffer(part->run->scratch), arg_long(part->lines[1]), arg_buffer(y->buffer),
                       arg_long(y->offset), arg_buffer(residual->buffer), arg_long(residual->offset),
                       arg_buffer(part->run->packed), arg_int8(view, 6), arg_int8(residual_view, 4), arg_int8(tiles, 4),
                       arg_int8(work, 5)));
}

plait_status conv2d_fft_launch(const struct step *step, const struct run *run, const struct product *product)
{
    plait_status status = PLAIT_OK;
    const struct tiling tiling = planned_tiling(step, product);
    struct product here = *product;
    struct part part = {.run = run, .product = &here, .tiling = &tiling, .packed = lay_out(product, &tiling)};

    for (size_t done = 0; done < product->pictures; done += here.pictures) {
        const size_t left = product->pictures - done;
        here.pictures = left < step->tile[TILE_PICTURES] ? left : step->tile[TILE_PICTURES];
        part.work = cut_work(&tiling, here.pictures, step->tile[TILE_ROWS], step->tile[TILE_UNITS]);
        part.lines[0] = run->scratch_offset;
        part.lines[1] = part.lines[0] + part.work.x_floats;
        part.slabs = part.lines[1] + part.work.y_floats;
        TRY(launch_forward(&part));
        TRY(launch_product(&part));
        TRY(launch_inverse(&part));
        here.x.offset += here.pictures * here.x.strides[0];
        here.y.offset += here.pictures * here.y.strides[0];
        here.residual.offset += here.pictures * here.residual.strides[0];
    }
out:
    return status;
}
