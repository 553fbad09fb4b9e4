/* SPDX-License-Identifier: MIT */
#include "ops/conv2d_inverted.h"

#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "ops/depthwise_expanded.h"
#include "ops/ring.h"
#include "shape/shape.h"

#include <math.h>

/* What is remembered in step->tile besides. */
enum { INVERTED_LOCAL = RING_TILE, INVERTED_TILE }; /* floats of local memory that it may take */

enum {
    MOST_FLOATS = 256 << 10, /* of local memory, in a core's second cache: 1 MiB */
    TRIES = 8,               /* numbers of strips that are looked at */

    /* In multiply-adds, as measured: */
    SUM = 4,         /* adding to a sum in the second cache, */
    STORE = 18,      /* storing a value, */
    READ = 8,        /* reading a weight, */
    BETWEEN = 24,    /* writing and reading a value of the tensor between the steps that this one replaces, */
    BLOCK = 512,     /* a channel besides, */
    LAUNCH = 3 << 19 /* and the time between steps: 15 microseconds */
};

/* The sizes: `deep` is the depthwise convolution, with the operands of the whole. */
struct sizes {
    struct product deep;
    size_t channels; /* of the input */
    size_t filters;  /* of the output */
};

/* How the work is cut. */
struct work {
    size_t strips;
    size_t strip; /* output rows of one */
    size_t band;  /* and of a part of it whose lines the ring holds */
    struct ring ring;
    size_t sums_at; /* in local memory, in floats */
    size_t local_floats;
};

static size_t padded(size_t filters, const size_t *tile)
{
    return divide_up(filters, ring_columns(tile)) * ring_columns(tile);
}

static struct work work_of(const struct sizes *sizes, size_t strips, const size_t *tile)
{
    const struct product *deep = &sizes->deep;
    const size_t strip = divide_up(deep->output[0], strips);
    const size_t band = ring_band(deep, strip, tile);
    const struct ring ring = ring_of(deep, band, tile);
    const size_t pixels = band * deep->output[1] + tile[RING_PIXELS] - 1; /* the last tile may end behind */
    const size_t sums_at = ring_floats(&ring, tile) + pixels * ring_columns(tile);

    return (struct work){
        .strips = divide_up(deep->output[0], strip),
        .strip = strip,
        .band = band,
        .ring = ring,
        .sums_at = sums_at,
        .local_floats = sums_at + strip * deep->output[1] * padded(sizes->filters, tile),
    };
}

/* What a compute unit takes, in multiply-adds. */
static double cost_of(const struct sizes *sizes, const struct work *work, const size_t *tile)
{
    const struct product *deep = &sizes->deep;
    const double waves = (double)divide_up(deep->pictures * work->strips, tile[RING_UNITS]);
    const double wide = (double)padded(deep->groups, tile);
    const double filters = (double)padded(sizes->filters, tile);
    const double pixels = (double)(work->strip * deep->output[1]);
    const double weights = wide * ((double)sizes->channels + filters);

    return waves * (wide * (ring_cost(deep, sizes->channels, work->strip) + BLOCK) +
                    pixels * filters * wide * (1 + SUM / (double)ring_columns(tile)) + READ * weights);
}

/* Strips that let the compute units end together and compute little twice, of those that local memory holds; none if
 * there are none. */
static struct work cut_work(const struct sizes *sizes, const size_t *tile)
{
    const size_t most = sizes->deep.output[0];
    const size_t sharers = divide_up(tile[RING_UNITS], sizes->deep.pictures); /* of a picture */
    struct work best = {0};
    double least_cost = INFINITY;

    for (size_t strips = least(sharers, most), tries = 0; tries < TRIES && strips <= most; strips += sharers) {
        const struct work work = work_of(sizes, strips, tile);
        const double cost = cost_of(sizes, &work, tile);
        const bool fits = work.local_floats <= tile[INVERTED_LOCAL];
        if (fits && cost < least_cost) {
            best = work;
            least_cost = cost;
        }
        tries += fits;
    }
    return best;
}

static void fill_tile(const struct sizes *sizes, const struct device_traits *device, size_t *tile)
{
    const struct product wide = {.groups = 1, .filters = sizes->deep.groups};
    const struct product narrow = {.groups = 1, .filters = sizes->filters};

    ring_tile(&sizes->deep, least(product_cpu_vectors(&wide, device), product_cpu_vectors(&narrow, device)), device,
              tile);
    tile[INVERTED_LOCAL] = least(MOST_FLOATS, device->local_bytes / sizeof(float));
}

/* What a compute unit takes for the steps that this one replaces. */
static double cost_apart(const struct sizes *sizes, const struct device_traits *device, const size_t *tile)
{
    const struct product *deep = &sizes->deep;
    const double pixels = (double)(deep->output[0] * deep->output[1]);
    const double wide = (double)deep->groups;
    const double filters = (double)padded(sizes->filters, tile);
    const double project = pixels * (filters * (wide + STORE) + BETWEEN * wide);
    const double weights = wide * ((double)sizes->channels + filters);

    return depthwise_expanded_cost(deep, sizes->channels, device) + LAUNCH +
           (project + READ * weights) / (double)device->compute_units;
}

/* Where no channels are left out, it is rather the next depthwise convolution that takes the 1x1 one. */
bool conv2d_inverted_takes(const struct stage *stage, const struct device_traits *device)
{
    const struct stage *deep = stage->head;
    size_t tile[INVERTED_TILE] = {0};

    if (!deep->head || !convolution_is_pointwise(stage) || !depthwise_expanded_takes(deep, device) ||
        !(activation_is_linear(&stage->activation) || activation_equal(&stage->activation, &deep->activation))) {
        return false;
    }
    const struct sizes sizes = {
        .deep = convolution_stage(deep),
        .channels = deep->head->input.dims[deep->head->input.rank - 1],
        .filters = convolution_stage(stage).filters,
    };
    if (sizes.filters >= sizes.deep.groups ||
        sizes.channels + sizes.filters + 128 > SHAPE_MAX_ELEMENTS / 64 / sizes.deep.groups) {
        return false;
    }
    fill_tile(&sizes, device, tile);
    const struct work work = cut_work(&sizes, tile);
    return work.strips > 0 && cost_of(&sizes, &work, tile) < cost_apart(&sizes, device, tile);
}

static struct sizes sizes_of(const struct step *step, struct operand x, struct operand y)
{
    return (struct sizes){
        .deep = convolution_product(step->head, x, y),
        .channels = convolution_bank(step->head->head->params).channels,
        .filters = convolution_bank(step->params).filters,
    };
}

static bool applicable(const struct step *step, const struct device_traits *device)
{
    /* takes_head has seen to the rest */
    return step->head && step->head->head && device->kind == PLAIT_DEVICE_CPU;
}

static size_t block_floats(const struct step *step)
{
    return ring_block_floats(step->head, step->tile) +
           ring_columns(step->tile) * padded(convolution_bank(step->params).filters, step->tile);
}

static plait_status plan(struct step *step, const struct device_traits *device)
{
    if (!step->head || !step->head->head) {
        return error_set(PLAIT_ERR_UNSUPPORTED,
                         "there are no 1x1 and depthwise convolutions in front that it could compute as well");
    }
    const struct sizes sizes =
        sizes_of(step, (struct operand){.view = step->inputs[0]}, (struct operand){.view = step->output});
    fill_tile(&sizes, device, step->tile);
    const struct work work = cut_work(&sizes, step->tile);
    step->packed_floats =
        divide_up(sizes.deep.groups, ring_columns(step->tile)) * block_floats(step) + padded(sizes.filters, step->tile);
    struct text *options =
        ring_kernel(step, &sizes.deep, work.band * sizes.deep.output[1], device, "inverted_residual_cpu");
    if (activation_is_linear(&step->activation)) {
        text_add(options, " -D LINEAR");
    }
    activation_options(&step->head->activation, options);
    return PLAIT_OK;
}

static void pack(const struct step *step, float *packed)
{
    const struct product project = convolution_geometry(step->params, step->head->output.dims + 1, &step->padding);
    const size_t columns = ring_columns(step->tile);
    const size_t wide = convolution_bank(step->head->params).groups;

    for (size_t first = 0; first < wide; first += columns) {
        ring_pack_block(step->head, first, step->tile, packed);
        packed += ring_block_floats(step->head, step->tile);
        for (size_t filter = 0; filter < project.filters; filter += columns, packed += columns * columns) {
            for (size_t i = 0; i < least(columns, wide - first); i++) {
                product_weights(step, &project, first + i, filter, least(columns, project.filters - filter),
                                packed + i * columns);
            }
        }
    }
    product_bias(step, 0, project.filters, packed);
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    struct sizes sizes = sizes_of(step, run->inputs[0], run->output);
    const struct product wide = {.kernel = {1, 1}, .channels = sizes.channels};
    const struct work work = cut_work(&sizes, step->tile);
    const size_t blocks = divide_up(sizes.deep.groups, ring_columns(step->tile));
    const size_t cuts[] = {blocks,         work.strips,          work.strip,        work.band,
                           sizes.channels, product_block(&wide), sizes.deep.groups, sizes.filters};
    const size_t ring[] = {work.ring.lines, work.ring.pixels, work.sums_at, work.strip * sizes.deep.output[1]};
    const struct range range = {.global = {sizes.deep.pictures * work.strips}, .local = {1}};
    struct arg args[PRODUCT_ARGS + 3];

    if (step->has_residual) {
        sizes.deep.residual = product_pixels(&run->residual);
    }
    product_args(&sizes.deep, run->packed, args);
    args[PRODUCT_ARGS] = arg_int8(cuts, sizeof cuts / sizeof *cuts);
    args[PRODUCT_ARGS + 1] = arg_int8(ring, sizeof ring / sizeof *ring);
    args[PRODUCT_ARGS + 2] = arg_local(work.local_floats * sizeof(float));
    return launch(run->stream, run->kernels[0], range, args, PRODUCT_ARGS + 3);
}

const struct variant conv2d_inverted_cpu = {.name = "inverted_cpu",
                                            .applicable = applicable,
                                            .plan = plan,
                                            .pack = pack,
                                            .enqueue = enqueue,
                                            .takes_head = true};
