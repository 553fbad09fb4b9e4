/* SPDX-License-Identifier: MIT */
/* The ways to compute a convolution layer. */
#include "ops/conv2d_fft.h"
#include "ops/conv2d_inverted.h"
#include "ops/conv2d_single.h"
#include "ops/conv2d_winograd.h"
#include "ops/convolution.h"
#include "ops/depthwise.h"
#include "ops/depthwise_expanded.h"

#include <math.h>

enum { REFERENCE_GROUP = 256 }; /* work-items of a group, if the device can */

static bool applicable_depthwise_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return depthwise_cpu_applicable(&product, device);
}

static plait_status plan_depthwise_cpu(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return depthwise_cpu_plan(step, &product, device);
}

static void pack_depthwise_cpu(const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);

    depthwise_cpu_pack(step, &product, packed);
}

static plait_status enqueue_depthwise_cpu(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);

    return depthwise_cpu_launch(step, run, &product);
}

static bool applicable_fft_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return conv2d_fft_applicable(step, &product, device);
}

static double cost_fft_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    (void)device;
    return conv2d_fft_cost(&product);
}

static plait_status plan_fft_cpu(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return conv2d_fft_plan(step, &product, device);
}

static void pack_fft_cpu(const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);

    conv2d_fft_pack(step, &product, packed);
}

static plait_status enqueue_fft_cpu(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);

    return conv2d_fft_launch(step, run, &product);
}

/* Small groups leave most of a vector empty, but are still faster so than by the reference. */
static bool applicable_cpu(const struct step *step, const struct device_traits *device)
{
    (void)step;
    return device->kind == PLAIT_DEVICE_CPU;
}

static double cost_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return product_cpu_cost(&product, device);
}

static plait_status plan_cpu(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return product_cpu_plan(step, &product, device);
}

static bool takes_tail_cpu(const struct step *step, const struct tail *tail)
{
    const struct product product = convolution_planned(step);

    return product_cpu_takes_tail(&product, tail);
}

static void pack_cpu(const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);

    product_cpu_pack(step, &product, packed);
}

static plait_status enqueue_cpu(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);

    return product_cpu_launch(step, run, &product);
}

static bool applicable_gpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return product_gpu_applicable(&product, device);
}

static plait_status plan_gpu(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    return product_gpu_plan(step, &product, device);
}

static void pack_gpu(const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);

    product_gpu_pack(step, &product, packed);
}

static plait_status enqueue_gpu(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);

    return product_gpu_launch(step, run, &product);
}

static plait_status plan_reference(struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    step->tile[0] = device->max_work_group < REFERENCE_GROUP ? device->max_work_group : REFERENCE_GROUP;
    activation_options(&step->activation, step_kernel(step, "conv2d_reference"));
    return product_plain_floats(&product, &step->packed_floats);
}

static void pack_reference(const struct step *step, float *packed)
{
    const struct product product = convolution_planned(step);

    product_plain_pack(step, &product, packed);
}

static plait_status enqueue_reference(const struct step *step, const struct run *run)
{
    const struct product product = convolution_running(step, run);
    const size_t filters = product.groups * product.filters;
    const size_t pixels = product.pictures * product.output[0] * product.output[1];
    struct arg args[PRODUCT_ARGS + 1];

    product_args(&product, run->packed, args);
    args[PRODUCT_ARGS] = arg_int(filters);
    return launch(run->stream, run->kernels[0], (struct range){.global = {pixels * filters}, .local = {step->tile[0]}},
                  args, PRODUCT_ARGS + 1);
}

bool convolution_takes_head(const struct stage *stage, const struct device_traits *device)
{
    return depthwise_expanded_takes(stage, device) || conv2d_inverted_takes(stage, device);
}

/* Nothing is as fast where each channel is a group; a single channel is one of a few for the others. */
static double cost_depthwise_cpu(const struct step *step, const struct device_traits *device)
{
    const struct product product = convolution_planned(step);

    (void)device;
    return product.groups > 1 ? 0 : INFINITY;
}

static const struct variant depthwise_cpu = {.name = "depthwise_cpu",
                                             .applicable = applicable_depthwise_cpu,
                                             .cost = cost_depthwise_cpu,
                                             .plan = plan_depthwise_cpu,
                                             .pack = pack_depthwise_cpu,
                                             .enqueue = enqueue_depthwise_cpu};
static const struct variant fft_cpu = {.name = "fft_cpu",
                                       .applicable = applicable_fft_cpu,
                                       .cost = cost_fft_cpu,
                                       .plan = plan_fft_cpu,
                                       .pack = pack_fft_cpu,
                                       .enqueue = enqueue_fft_cpu};
static const struct variant cpu = {.name = "cpu",
                                   .applicable = applicable_cpu,
                                   .cost = cost_cpu,
                                   .plan = plan_cpu,
                                   .pack = pack_cpu,
                                   .enqueue = enqueue_cpu,
                                   .takes_prologue = true,
                                   .takes_tail = takes_tail_cpu};
static const struct variant gpu = {
    .name = "gpu", .applicable = applicable_gpu, .plan = plan_gpu, .pack = pack_gpu, .enqueue = enqueue_gpu};
static const struct variant reference = {
    .name = "reference", .plan = plan_reference, .pack = pack_reference, .enqueue = enqueue_reference};

const struct variant *const convolution_variants[CONVOLUTION_VARIANTS] = {
    &conv2d_inverted_cpu,  &depthwise_expanded_cpu, &depthwise_cpu, &fft_cpu, &conv2d_winograd4_cpu,
    &conv2d_winograd2_cpu, &conv2d_single_cpu,      &cpu,           &gpu,     &reference};
