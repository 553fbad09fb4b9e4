/* SPDX-License-Identifier: MIT */
#include "ops/conv2d_single.h"

#include "base/sizes.h"
#include "ops/convolution.h"
#include "ops/cpu.h"
#include "shape/shape.h"

/* What is remembered in step->tile. */
enum { TILE_UNITS };

static size_t line_floats(const struct product *product)
{
    return divide_up(product->channels, VECTOR) * VECTOR;
}

static size_t kernel_floats(const struct product *product)
{
    return product->kernel[0] * product->kernel[1] * line_floats(product);
}

static bool applicable(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return device->kind == PLAIT_DEVICE_CPU && device->vector_floats == VECTOR && product.groups == 1 &&
           product.filters == 1 && product.channels >= VECTOR;
}

/* As measured: for each vector, kernel row and pixel. */
static double cost(const struct step *step, const struct device_traits *device)
{
    enum { PER_VECTOR = 64, PER_ROW = 128, PER_PIXEL = 256 };
    const struct product product = convolution_planned(step);
    const double vectors = (double)(kernel_floats(&product) / VECTOR);
    const double pixels = (double)(product.pictures * product.output[0] * product.output[1]);

    (void)device;
    return pixels * (double)product.filters * (vectors * PER_VECTOR + (double)product.kernel[0] * PER_ROW + PER_PIXEL);
}

static plait_status plan(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);
    const plait_shape kernel = PLAIT_SHAPE(product.kernel[0], product.kernel[1], line_floats(&product));
    size_t floats = 0;

    if (product.groups * product.filters > 1) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "it takes a single filter, not %zu", product.groups * product.filters);
    }
    if (!shape_size(kernel, &floats) || floats >= SHAPE_MAX_ELEMENTS) {
        return error_set(PLAIT_ERR_UNSUPPORTED, "the packed kernel %s has more than %zu elements",
                         shape_name(kernel).text, SHAPE_MAX_ELEMENTS);
    }
    step->packed_floats = floats + 1;
    step->tile[TILE_UNITS] = device->compute_units;
    activation_options(&step->activation, step_kernel(step, "conv2d_single_cpu"));
    return PLAIT_OK;
}

static void pack(const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);
    const size_t line = line_floats(&product);

    for (size_t term = 0; term < product_terms(&product); term++) {
        product_weights(step, &product, term, 0, 1, packed + term / product.channels * line + term % product.channels);
    }
    product_bias(step, 0, 1, packed + kernel_floats(&product));
}

static plait_status enqueue(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);
    const size_t chunks = product.pictures * product.output[0] * divide_up(product.output[1], VECTOR);
    const size_t each = divide_up(chunks, LOTS_PER_UNIT * step->tile[TILE_UNITS]);
    struct arg args[PRODUCT_ARGS + 1];

    product_args(&product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int(each);
    return launch(run->stream, run->kernels[0], (struct range){.global = {divide_up(chunks, each)}, .local = {1}}, args,
                  PRODUCT_ARGS + 1);
}

const struct variant conv2d_single_cpu = {
    .name = "single_cpu", .applicable = applicable, .cost = cost, .plan = plan, .pack = pack, .enqueue = enqueue};
