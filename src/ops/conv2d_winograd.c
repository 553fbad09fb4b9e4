/* SPDX-License-Identifier: MIT */
/* One kernel: kernels/conv2d_winograd_cpu.cl. */
#include "ops/conv2d_winograd.h"

#include "base/memory.h"
#include "ops/convolution.h"
#include "shape/shape.h"

/* What is remembered in step->tile. */
enum { TILE_ROWS, TILE_VECTORS, TILE_UNITS, TILE_LOCAL };

enum {
    TAPS = 3,
    MOST_POINTS = 6,
    VECTOR = 16,           /* floats of the kernel's vectors */
    LOTS_PER_UNIT = 4,     /* work-items that a compute unit should get, to end with the others */
    LOT_FLOATS = 320 << 10 /* that stay in a core's second cache beside weights: 1.25 MiB */
};

/* The transform of the kernel, kernels/winograd.clh: U = G g. */
struct transform {
    size_t cells;
    double g[MOST_POINTS][TAPS];
};

/* A point p has 1, p, p * p over the product of its distances from the other points; infinity has the last tap. */
static const struct transform transform2 = {2, {{1, 0, 0}, {0.5, 0.5, 0.5}, {0.5, -0.5, 0.5}, {0, 0, 1}}};

#define NEAR_WEIGHT (-81.0 / 130) /* 1 / (2 p p (p p - q q)) with p = 2/3, q = 3/2 */
#define FAR_WEIGHT (8.0 / 65)     /* the same with p and q exchanged */
static const struct transform transform4 = {4,
                                            {{1, 0, 0},
                                             {NEAR_WEIGHT, NEAR_WEIGHT * 2 / 3, NEAR_WEIGHT * 4 / 9},
                                             {NEAR_WEIGHT, -NEAR_WEIGHT * 2 / 3, NEAR_WEIGHT * 4 / 9},
                                             {FAR_WEIGHT, FAR_WEIGHT * 3 / 2, FAR_WEIGHT * 9 / 4},
                                             {FAR_WEIGHT, -FAR_WEIGHT * 3 / 2, FAR_WEIGHT * 9 / 4},
                                             {0, 0, 1}}};

static size_t points_of(const struct transform *transform)
{
    return transform->cells + TAPS - 1;
}

static size_t square_of(const struct transform *transform)
{
    return points_of(transform) * points_of(transform);
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
static size_t tile_floats(const struct transform *transform, const struct product *product, size_t columns)
{
    return square_of(transform) * (pixel_floats(product) + columns);
}

/* Lots are as large as fits, but there must be enough of them; after that, blocks are shared out, for which input
 * must be transformed again. Lots of no tiles if not even `rows` fit. */
static struct work cut_work(const struct transform *transform, const struct product *product, const size_t *tile)
{
    const size_t columns = VECTOR * tile[TILE_VECTORS];
    const size_t rows = tile[TILE_ROWS];
    const size_t enough = LOTS_PER_UNIT * tile[TILE_UNITS];
    struct work work = {
        .down = divide_up(product->output[0], transform->cells),
        .across = divide_up(product->output[1], transform->cells),
        .pixel = pixel_floats(product),
        .blocks = divide_up(product->filters, columns),
    };
    const size_t floats = tile_floats(transform, product, columns);

    work.tiles = product->pictures * work.down * work.across;
    const size_t groups = divide_up(work.tiles, rows);
    const size_t most = tile[TILE_LOCAL] / (floats * rows);
    const size_t lots = divide_up(groups, least(most ? most : 1, divide_up(groups, enough)));
    work.lot = most ? divide_up(groups, lots) * rows : 0;
    work.item_blocks = divide_up(work.blocks, least(work.blocks, divide_up(enough, lots)));
    work.items = lots * divide_up(work.blocks, work.item_blocks);
    work.local_floats = work.lot * floats;
    return work;
}

/* Rows of a register tile, `most` at most. */
static size_t rows_for(size_t tiles, size_t most, const struct device_traits *device)
{
    const size_t registers = device->vector_floats < VECTOR ? 6 : 14;
    const size_t rows = product_cpu_full_rows(tiles, 6, least(most, registers));

    return rows ? rows : most < 4 ? 1 : 4;
}

/* Fills in `tile`, as step->tile. */
static struct work planned_work(const struct transform *transform, const struct product *product,
                                const struct device_traits *device, size_t *tile)
{
    const size_t tiles = product->pictures * divide_up(product->output[0], transform->cells) *
                         divide_up(product->output[1], transform->cells);

    tile[TILE_VECTORS] = product_cpu_vectors(product, device);
    tile[TILE_UNITS] = device->compute_units;
    tile[TILE_LOCAL] = least(LOT_FLOATS, device->local_bytes / sizeof(float));
    tile[TILE_ROWS] =
        rows_for(tiles, tile[TILE_LOCAL] / tile_floats(transform, product, VECTOR * tile[TILE_VECTORS]), device);
    return cut_work(transform, product, tile);
}

static bool is_3x3(const struct product *product)
{
    return convolution_is_plain(product) && product->kernel[0] == TAPS && product->kernel[1] == TAPS;
}

/* Products, and by what they take in products, transforms and reading the weights, more than FAR of which every lot of
 * tiles reads from memory: measured. */
static double cost(const struct transform *transform, const struct step *step, const struct device_traits *device)
{
    enum { INPUT = 220, OUTPUT = 230, READ = 24, FAR = 4 << 20 };
    const struct product product = convolution_planned(step);
    size_t tile[4];
    const struct work work = planned_work(transform, &product, device, tile);
    const double square = (double)square_of(transform);
    const double share = square / (MOST_POINTS * MOST_POINTS); /* of the larger transform */
    const double tiles = (double)(divide_up(work.tiles, tile[TILE_ROWS]) * tile[TILE_ROWS]);
    const double channels = (double)product.channels;
    const double filters = (double)(work.blocks * VECTOR * tile[TILE_VECTORS]);
    const double again = (double)divide_up(work.blocks, work.item_blocks);
    const double weights = square * channels * filters;
    const double reads = weights > FAR ? (double)work.items / again : 1;

    return weights * (tiles + READ * reads) + share * tiles * (INPUT * channels * again + OUTPUT * filters);
}

static bool applicable(const struct transform *transform, const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);
    size_t tile[4];

    return device->kind == PLAIT_DEVICE_CPU && step->accuracy == PLAIT_FAST && is_3x3(&product) &&
           product.channels >= VECTOR && planned_work(transform, &product, device, tile).lot > 0;
}

static size_t packed_weights(const struct transform *transform, const struct product *product, size_t columns)
{
    return divide_up(product->filters, columns) * columns * square_of(transform) * product->channels;
}

static plait_status plan(const struct transform *transform, struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);
    size_t floats = 0;

    if (step->accuracy != PLAIT_FAST || device->kind != PLAIT_DEVICE_CPU) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "Winograd's algorithm is for CPUs, and not PLAIT_STRICT");
    }
    if (!is_3x3(&product)) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the kernel must be {3,3}, and strides, dilation_rate and groups 1");
    }
    const struct work work = planned_work(transform, &product, device, step->tile);
    if (work.lot == 0) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "a lot of tiles does not fit in %llu bytes of local memory",
                         (unsigned long long)device->local_bytes);
    }
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const plait_shape shape = PLAIT_SHAPE(square_of(transform), product.channels, work.blocks * columns);
    if (!shape_size(shape, &floats) || !size_add(floats, work.blocks * columns + work.pixel, &floats) ||
        floats > SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the transformed kernel %s has more than %zu elements",
                         shape_name(shape).text, SHAPE_MAX_ELEMENTS);
    }
    step->packed_floats = floats;
    struct text *options = step_kernel(step, "conv2d_winograd_cpu");
    text_add(options, "-D CELLS=%zu -D ROWS=%zu -D VECTORS=%zu", transform->cells, step->tile[TILE_ROWS],
             step->tile[TILE_VECTORS]);
    activation_options(&step->activation, options);
    return PLAIT_OK;
}

/* The taps of a kernel of one channel, for as many filters as a vector has; 0 for those beyond `lanes`. */
struct filters {
    double value[TAPS * TAPS][VECTOR];
    double scale[VECTOR];
};

static void read_taps(const struct step *step, const float *kernel, size_t tap, size_t first, size_t lanes,
                      struct filters *out)
{
    *out = (struct filters){0};
    for (size_t lane = 0; lane < lanes; lane++) {
        for (size_t i = 0; i < TAPS * TAPS; i++) {
            out->value[i][lane] = (double)kernel[i * tap + first + lane];
        }
        out->scale[lane] = step->scale ? step->scale[first + lane] : 1;
    }
}

/* y = a * g[0] + b * g[1] + c * g[2], of all lanes. */
static void combine(const double *g, const double *a, const double *b, const double *c, double *y)
{
    for (size_t lane = 0; lane < VECTOR; lane++) {
        y[lane] = a[lane] * g[0] + b[lane] * g[1] + c[lane] * g[2];
    }
}

/* U = G g G' of a channel; points of U are `point` floats apart. */
static void transform_kernel(const struct transform *transform, const struct filters *filters, float *out, size_t point)
{
    const size_t points = points_of(transform);
    const double(*g)[TAPS] = transform->g;

    for (size_t p = 0; p < points; p++) {
        double row[TAPS][VECTOR];
        for (size_t b = 0; b < TAPS; b++) {
            combine(g[p], filters->value[b], filters->value[TAPS + b], filters->value[2 * TAPS + b], row[b]);
        }
        for (size_t q = 0; q < points; q++) {
            double value[VECTOR];
            combine(g[q], row[0], row[1], row[2], value);
            for (size_t lane = 0; lane < VECTOR; lane++) {
                out[(p * points + q) * point + lane] = (float)(filters->scale[lane] * value[lane]);
            }
        }
    }
}

/* By blocks of filters, points, channels, and filters of a block. */
static void pack(const struct transform *transform, const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);
    const size_t columns = VECTOR * step->tile[TILE_VECTORS];
    const size_t point = product.channels * columns;
    const size_t tap = product.channels * product.filters;
    float *bias = packed + packed_weights(transform, &product, columns);
    struct filters filters;

    for (size_t first = 0; first < product.filters; first += VECTOR) {
        const size_t lanes = least(VECTOR, product.filters - first);
        float *block = packed + first / columns * square_of(transform) * point + first % columns;
        for (size_t c = 0; c < product.channels; c++) {
            read_taps(step, step->weights[0].array.data + c * product.filters, tap, first, lanes, &filters);
            transform_kernel(transform, &filters, block + c * columns, point);
        }
    }
    product_bias(step, 0, product.filters, bias);
}

static plait_status enqueue(const struct transform *transform, const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);
    const struct work work = cut_work(transform, &product, step->tile);
    const size_t cuts[] = {work.down, work.across, work.tiles, work.lot, work.blocks, work.item_blocks, work.pixel};
    struct arg args[PRODUCT_ARGS + 2];

    product_args(&product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int8(cuts, sizeof cuts / sizeof *cuts);
    args[PRODUCT_ARGS + 1] = arg_local(work.local_floats * sizeof(float));
    return launch(run->stream, run->kernels[0], (struct range){.global = {work.items}, .local = {1}}, args,
                  PRODUCT_ARGS + 2);
}

/* The functions of a variant for a transform. */
#define VARIANT(transform)                                                                          \
    static bool applicable_##transform(const struct step *step, const struct device_traits *device) \
    {                                                                                               \
        return applicable(&transform, step, device);                                                \
    }                                                                                               \
    static double cost_##transform(const struct step *step, const struct device_traits *device)     \
    {                                                                                               \
        return cost(&transform, step, device);                                                      \
    }                                                                                               \
    static plait_status plan_##transform(struct step *step, const struct device_traits *device)     \
    {                                                                                               \
        return plan(&transform, step, device);                                                      \
    }                                                                                               \
    static void pack_##transform(const struct step *step, float *packed)                            \
    {                                                                                               \
        pack(&transform, step, packed);                                                             \
    }                                                                                               \
    static plait_status enqueue_##transform(const struct step *step, const struct run *run)         \
    {                                                                                               \
        return enqueue(&transform, step, run);                                                      \
    }

VARIANT(transform4)
VARIANT(transform2)

const struct variant conv2d_winograd4_cpu = {.name = "winograd4_cpu",
                                             .applicable = applicable_transform4,
                                             .cost = cost_transform4,
                                             .plan = plan_transform4,
                                             .pack = pack_transform4,
                                             .enqueue = enqueue_transform4};
const struct variant conv2d_winograd2_cpu = {.name = "winograd2_cpu",
                                             .applicable = applicable_transform2,
                                             .cost = cost_transform2,
                                             .plan = plan_transform2,
                                             .pack = pack_transform2,
                                             .enqueue = enqueue_transform2};
