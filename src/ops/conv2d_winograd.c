/* SPDX-License-Identifier: MIT */
/* One kernel: kernels/conv2d_winograd_cpu.cl. */
#include "ops/conv2d_winograd.h"

#include "base/memory.h"
#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "shape/shape.h"

#include <math.h>

/* What is remembered in step->tile. */
enum { TILE_ROWS, TILE_VECTORS, TILE_UNITS, TILE_LOCAL };

enum {
    SQUARE_TAPS = 3,
    MOST_TAPS = 7,
    MOST_POINTS = 10,
    MOST_SQUARE = 36,       /* points of a tile of 4 x 4 outputs of 3 x 3 taps: no other has more */
    MOST_ITEMS = 8,         /* that a compute unit gets */
    LOT_FLOATS = 320 << 10, /* that stay in a core's second cache beside weights: 1.25 MiB */
    /* What it takes, in multiply-adds, to transform a channel or filter of a tile of MOST_SQUARE points: measured. */
    INPUT = 220,
    OUTPUT = 230,
};

/* Winograd's F(cells, taps) as kernels/winograd.clh has it: its points, but infinity. */
struct transform {
    size_t cells;
    size_t taps;
    double points[MOST_POINTS - 1];
};

static const struct transform transforms[] = {
    {4, 3, {0, 2.0 / 3, -2.0 / 3, 3.0 / 2, -3.0 / 2}},
    {4, 7, {0, 2.0 / 5, -2.0 / 5, 4.0 / 5, -4.0 / 5, 4.0 / 3, -4.0 / 3, 5.0 / 2, -5.0 / 2}},
    {2, 3, {0, 1, -1}},
};

static size_t points_of(const struct transform *transform)
{
    return transform->cells + transform->taps - 1;
}

/* A transform along the axes along which the kernel has more than one tap. */
struct plane {
    const struct transform *transform;
    size_t cells[2];
    size_t points[2];
};

/* That of a tile with `cells` outputs along an axis; its transform is NULL if there is none for the kernel. */
static struct plane plane_of(size_t cells, const struct product *product)
{
    struct plane plane = {.cells = {1, 1}, .points = {1, 1}};
    const size_t *kernel = product->kernel;
    const size_t taps = kernel[0] > kernel[1] ? kernel[0] : kernel[1];

    for (size_t i = 0; i < sizeof transforms / sizeof *transforms; i++) {
        if (transforms[i].cells == cells && transforms[i].taps == taps) {
            plane.transform = &transforms[i];
        }
    }
    for (size_t axis = 0; axis < 2 && plane.transform; axis++) {
        if (kernel[axis] > 1) {
            plane.cells[axis] = cells;
            plane.points[axis] = points_of(plane.transform);
        }
    }
    return plane;
}

static size_t square_of(const struct plane *plane)
{
    return plane->points[0] * plane->points[1];
}

/* How the work is cut: lots of tiles by lots of blocks of filters. */
struct work {
    size_t down; /* tiles down a picture */
    size_t across;
    size_t tiles;
    size_t lot;   /* tiles of a lot, whole tiles of rows */
    size_t pixel; /* floats of a transformed pixel */
    size_t blocks;
    size_t item_blocks;
    size_t items;
    size_t local_floats;
};

/* Floats of a transformed pixel: another line of the cache for each point. */
static size_t pixel_floats(const struct product *product)
{
    return (divide_up(product->channels, VECTOR) + 1) * VECTOR;
}

/* Local memory of a tile: its input, and products with `columns` filters. */
static size_t tile_floats(const struct plane *plane, const struct product *product, size_t columns)
{
    return square_of(plane) * (pixel_floats(product) + columns);
}

/* What the compute unit that is done last does, in multiply-adds: it gets the most work-items, and begins LATE. Each
 * item reads its blocks' weights once more, from the core's own second cache if that can hold them all, and for each
 * block its lot, of which weights that pass through push out what is more than KEPT. */
static double unit_cost(const struct plane *plane, const struct product *product, const struct work *work,
                        const size_t *tile)
{
    enum { NEAR_FLOATS = 256 << 10, KEPT_FLOATS = 160 << 10, NEAR = 4, FAR = 16, LATE = 2000000 };
    const double square = (double)square_of(plane);
    const double tiles = (double)work->lot;
    const double channels = (double)product->channels;
    const double filters = (double)(work->item_blocks * VECTOR * tile[TILE_VECTORS]);
    const double read = square * channels * (double)product->filters > NEAR_FLOATS ? FAR : NEAR;
    const double floats = (double)work->local_floats;
    const double lost = floats > KEPT_FLOATS ? (floats - KEPT_FLOATS) * (double)work->item_blocks : 0;
    const double item = square * channels * filters * (tiles + read) + FAR * lost +
                        square / MOST_SQUARE * tiles * (INPUT * channels + OUTPUT * filters);

    return (double)divide_up(work->items, tile[TILE_UNITS]) * item + (item < LATE ? item : LATE);
}

/* Lots of tiles, and shares of the blocks, for each of which input is transformed again, so that compute units are soon
 * done. Lots of no tiles if not even `rows` fit. */
static struct work cut_work(const struct plane *plane, const struct product *product, const size_t *tile)
{
    const size_t columns = VECTOR * tile[TILE_VECTORS];
    const size_t rows = tile[TILE_ROWS];
    const size_t floats = tile_floats(plane, product, columns);
    const size_t most_items = MOST_ITEMS * tile[TILE_UNITS];
    struct work work = {
        .down = divide_up(product->output[0], plane->cells[0]),
        .across = divide_up(product->output[1], plane->cells[1]),
        .pixel = pixel_floats(product),
        .blocks = divide_up(product->filters, columns),
    };
    struct work best = work;
    double least_cost = INFINITY;

    work.tiles = product->pictures * work.down * work.across;
    const size_t groups = divide_up(work.tiles, rows);
    for (size_t size = least(groups, tile[TILE_LOCAL] / (floats * rows)); size > 0; size--) {
        const size_t lots = divide_up(groups, size);
        work.lot = size * rows;
        work.local_floats = work.lot * floats;
        for (size_t shares = 1; shares <= work.blocks && (shares == 1 || lots * shares <= most_items); shares++) {
            work.item_blocks = divide_up(work.blocks, shares);
            work.items = lots * divide_up(work.blocks, work.item_blocks);
            const double cost = unit_cost(plane, product, &work, tile);
            if (cost < least_cost) {
                best = work;
                least_cost = cost;
            }
        }
    }
    return best;
}

/* Rows of a register tile, `most` at most. */
static size_t rows_for(size_t tiles, size_t most, const struct device_traits *device)
{
    const size_t registers = device->vector_floats < VECTOR ? 6 : 14;
    const size_t rows = product_cpu_full_rows(tiles, 6, least(most, registers));

    return rows ? rows : most < 4 ? 1 : 4;
}

/* Fills in `tile`, as step->tile. */
static struct work planned_work(const struct plane *plane, const struct product *product,
                                const struct device_traits *device, size_t *tile)
{
    const size_t tiles = product->pictures * divide_up(product->output[0], plane->cells[0]) *
                         divide_up(product->output[1], plane->cells[1]);

    tile[TILE_VECTORS] = product_cpu_vectors(product, device);
    tile[TILE_UNITS] = device->compute_units;
    tile[TILE_LOCAL] = least(LOT_FLOATS, device->local_bytes / sizeof(float));
    tile[TILE_ROWS] =
        rows_for(tiles, tile[TILE_LOCAL] / tile_floats(plane, product, VECTOR * tile[TILE_VECTORS]), device);
    return cut_work(plane, product, tile);
}

/* Whether the plane is for the kernel: square, or of one row or column, which is faster for outputs of 4 alone. */
static bool fits_kernel(const struct plane *plane, const struct product *product)
{
    const size_t *kernel = product->kernel;
    const bool square = kernel[0] == kernel[1] && kernel[0] == SQUARE_TAPS;
    const bool line = (kernel[0] == 1 || kernel[1] == 1) && (plane->cells[0] == 4 || plane->cells[1] == 4);

    return plane->transform && convolution_is_plain(product) && (square || line);
}

/* Products, and by what they take in products, transforms and reading the weights, more than FAR of which every lot of
 * tiles reads from memory: measured. */
static double cost(size_t cells, const struct step *step, const struct device_traits *device)
{
    enum { READ = 32, FAR = 4 << 20 };
    const struct product product = convolution_planned(step);
    const struct plane plane = plane_of(cells, &product);
    size_t tile[4];
    const struct work work = planned_work(&plane, &product, device, tile);
    const double square = (double)square_of(&plane);
    const double share = square / MOST_SQUARE;
    const double tiles = (double)(divide_up(work.tiles, tile[TILE_ROWS]) * tile[TILE_ROWS]);
    const double channels = (double)product.channels;
    const double filters = (double)(work.blocks * VECTOR * tile[TILE_VECTORS]);
    const double again = (double)divide_up(work.blocks, work.item_blocks);
    const double weights = square * channels * filters;
    const double reads = weights > FAR ? (double)work.items / again : 1;

    return weights * (tiles + READ * reads) + share * tiles * (INPUT * channels * again + OUTPUT * filters);
}

static bool applicable(size_t cells, const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);
    const struct plane plane = plane_of(cells, &product);
    size_t tile[4];

    return device->kind == PLAIT_DEVICE_CPU && step->accuracy == PLAIT_FAST && fits_kernel(&plane, &product) &&
           product.channels >= VECTOR && planned_work(&plane, &product, device, tile).lot > 0;
}

/* Whether the tail's windows lie within tiles. */
static bool takes_tail(size_t cells, const struct step *step, const struct tail *tail)
{
    const struct product product = convolution_planned(step);
    const struct plane plane = plane_of(cells, &product);

    return plane.cells[0] % tail->window[0] == 0 && plane.cells[1] % tail->window[1] == 0;
}

static size_t packed_weights(const struct plane *plane, const struct product *product, size_t columns)
{
    return divide_up(product->filters, columns) * columns * square_of(plane) * product->channels;
}

static plait_status plan(size_t cells, struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);
    const struct plane plane = plane_of(cells, &product);
    size_t floats = 0;

    if (step->accuracy != PLAIT_FAST || device->kind != PLAIT_DEVICE_CPU) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "Winograd's algorithm is for CPUs, and not PLAIT_STRICT");
    }
    if (!fits_kernel(&plane, &product)) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the kernel must be %s, and strides, dilation_rate and groups 1",
                         cells == 4 ? "{3,3}, {1,3}, {3,1}, {1,7} or {7,1}" : "{3,3}");
    }
    const struct work work = planned_work(&plane, &product, device, step->tile);
    if (work.lot == 0) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "a lot of tiles does not fit in %llu bytes of local memory",
                         (unsigned long long)device->local_bytes);
    }
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const plait_shape shape = PLAIT_SHAPE(square_of(&plane), product.channels, work.blocks * columns);
    if (!shape_size(shape, &floats) || !size_add(floats, work.blocks * columns + work.pixel, &floats) ||
        floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the transformed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    step->packed_floats = floats;
    struct text *options = step_kernel(step, "conv2d_winograd_cpu");
    text_add(options, "-D CELLS=%zu -D TAPS=%zu -D DOWN=%d -D ACROSS=%d -D ROWS=%zu -D VECTORS=%zu", cells,
             plane.transform->taps, plane.points[0] > 1, plane.points[1] > 1, step->tile[TILE_ROWS],
             step->tile[TILE_VECTORS]);
    activation_options(&step->activation, options);
    tail_options(&step->tail, step->fleeting, options);
    return PLAIT_OK;
}

/* G along an axis: 1 where there is no transform. */
struct matrix {
    size_t points;
    size_t taps;
    double g[MOST_POINTS][MOST_TAPS];
};

static struct matrix matrix_along(const struct plane *plane, size_t axis)
{
    struct matrix matrix = {.points = plane->points[axis], .taps = 1, .g = {{1}}};
    const double *points = plane->transform->points;

    if (matrix.points == 1) {
        return matrix;
    }
    matrix.taps = plane->transform->taps;
    for (size_t i = 0; i + 1 < matrix.points; i++) {
        double value = 1;
        for (size_t j = 0; j + 1 < matrix.points; j++) {
            value /= j == i ? 1 : points[i] - points[j];
        }
        for (size_t tap = 0; tap < matrix.taps; tap++, value *= points[i]) {
            matrix.g[i][tap] = value;
        }
    }
    for (size_t tap = 0; tap < matrix.taps; tap++) {
        matrix.g[matrix.points - 1][tap] = tap + 1 == matrix.taps;
    }
    return matrix;
}

/* The taps {row}{col} of a kernel of one channel, for as many filters as a vector has; 0 for those beyond `lanes`. */
struct filters {
    double value[MOST_TAPS + 2][VECTOR]; /* 3 x 3 are more than 7 */
    double scale[VECTOR];
};

static void read_taps(const struct step *step, const float *kernel, const struct product *product, size_t first,
                      struct filters *out)
{
    const size_t lanes = least(VECTOR, product->filters - first);
    const size_t tap = product->channels * product->filters;

    *out = (struct filters){0};
    for (size_t lane = 0; lane < lanes; lane++) {
        for (size_t i = 0; i < product->kernel[0] * product->kernel[1]; i++) {
            out->value[i][lane] = (double)kernel[i * tap + first + lane];
        }
        out->scale[lane] = step->scale ? step->scale[first + lane] : 1;
    }
}

/* y = the sum of factor[i] * x[i], of all lanes, where x[i] are `step` floats apart. */
static void combine(size_t count, const double *factor, const double *x, size_t step, double *y)
{
    for (size_t lane = 0; lane < VECTOR; lane++) {
        y[lane] = 0;
        for (size_t i = 0; i < count; i++) {
            y[lane] += factor[i] * x[i * step + lane];
        }
    }
}

/* U = G g G' of a channel; points of U are `point` floats apart. */
static void transform_kernel(const struct matrix *down, const struct matrix *across, const struct filters *filters,
                             float *out, size_t point)
{
    for (size_t p = 0; p < down->points; p++) {
        double row[MOST_TAPS][VECTOR];
        for (size_t b = 0; b < across->taps; b++) {
            combine(down->taps, down->g[p], filters->value[b], across->taps * VECTOR, row[b]);
        }
        for (size_t q = 0; q < across->points; q++, out += point) {
            double value[VECTOR];
            combine(across->taps, across->g[q], row[0], VECTOR, value);
            for (size_t lane = 0; lane < VECTOR; lane++) {
                out[lane] = (float)(filters->scale[lane] * value[lane]);
            }
        }
    }
}

/* By blocks of filters, points, channels, and filters of a block. */
static void pack(size_t cells, const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);
    const struct plane plane = plane_of(cells, &product);
    const struct matrix down = matrix_along(&plane, 0);
    const struct matrix across = matrix_along(&plane, 1);
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const size_t point = product.channels * columns;
    float *bias = packed + packed_weights(&plane, &product, columns);
    struct filters filters;

    for (size_t first = 0; first < product.filters; first += VECTOR) {
        float *block = packed + first / columns * square_of(&plane) * point + first % columns;
        for (size_t c = 0; c < product.channels; c++) {
            read_taps(step, step->weights[0].array.data + c * product.filters, &product, first, &filters);
            transform_kernel(&down, &across, &filters, block + c * columns, point);
        }
    }
    product_bias(step, 0, product.filters, bias);
}

static plait_status enqueue(size_t cells, const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);
    const struct plane plane = plane_of(cells, &product);
    const struct work work = cut_work(&plane, &product, step->tile);
    const size_t cuts[] = {work.down, work.across, work.tiles, work.lot, work.blocks, work.item_blocks, work.pixel};
    struct arg args[PRODUCT_ARGS + PRODUCT_TAIL_ARGS + 2];
    struct arg *own = args + PRODUCT_ARGS + PRODUCT_TAIL_ARGS;

    product_args(&product, run->packed, args);
    product_tail_args(&product, args + PRODUCT_ARGS);
    own[0] = arg_int8(cuts, sizeof cuts / sizeof *cuts);
    own[1] = arg_local(work.local_floats * sizeof(float));
    return launch(run->stream, run->kernels[0], (struct range){.global = {work.items}, .local = {1}}, args,
                  sizeof args / sizeof *args);
}

/* The functions of a variant whose tiles have so many outputs along an axis. */
#define VARIANT(cells)                                                                          \
    static bool applicable_##cells(const struct step *step, const struct device_traits *device) \
    {                                                                                           \
        return applicable(cells, step, device);                                                 \
    }                                                                                           \
    static double cost_##cells(const struct step *step, const struct device_traits *device)     \
    {                                                                                           \
        return cost(cells, step, device);                                                       \
    }                                                                                           \
    static plait_status plan_##cells(struct step *step, const struct device_traits *device)     \
    {                                                                                           \
        return plan(cells, step, device);                                                       \
    }                                                                                           \
    static bool takes_tail_##cells(const struct step *step, const struct tail *tail)            \
    {                                                                                           \
        return takes_tail(cells, step, tail);                                                   \
    }                                                                                           \
    static void pack_##cells(const struct step *step, float *packed)                            \
    {                                                                                           \
        pack(cells, step, packed);                                                              \
    }                                                                                           \
    static plait_status enqueue_##cells(const struct step *step, const struct run *run)         \
    {                                                                                           \
        return enqueue(cells, step, run);                                                       \
    }

VARIANT(4)
VARIANT(2)

const struct variant conv2d_winograd4_cpu = {.name = "winograd4_cpu",
                                             .applicable = applicable_4,
                                             .cost = cost_4,
                                             .plan = plan_4,
                                             .pack = pack_4,
                                             .enqueue = enqueue_4,
                                             .takes_tail = takes_tail_4};
const struct variant conv2d_winograd2_cpu = {.name = "winograd2_cpu",
                                             .applicable = applicable_2,
                                             .cost = cost_2,
                                             .plan = plan_2,
                                             .pack = pack_2,
                                             .enqueue = enqueue_2,
                                             .takes_tail = takes_tail_2};
