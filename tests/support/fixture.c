/* SPDX-License-Identifier: MIT */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "fixture.h"

#include "check.h"
#include "cl_fault.h"
#include "compare.h"
#include "device/cl.h"

#include <stdlib.h>
#include <string.h>

static struct {
    cl_device_id device;
    cl_context context;
    cl_command_queue queues[2]; /* in order, out of order */
    plait_context *contexts[2];
} fixture;

/* ---- The device ------------------------------------------------------------------------------------- */

static bool is_named(cl_platform_id platform, cl_device_id device, const plait_device_info *info)
{
    char text[1024] = "";

    assert_int_equal(clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof text, text, NULL), CL_SUCCESS);
    if (strncmp(text, info->platform, sizeof info->platform - 1) != 0) {
        return false;
    }
    assert_int_equal(clGetDeviceInfo(device, CL_DEVICE_NAME, sizeof text, text, NULL), CL_SUCCESS);
    return strncmp(text, info->name, sizeof info->name - 1) == 0;
}

/* The OpenCL device that plait described. */
static cl_device_id find_device(const plait_device_info *info)
{
    cl_platform_id platforms[16];
    cl_uint platform_count = 0;

    assert_int_equal(clGetPlatformIDs(16, platforms, &platform_count), CL_SUCCESS);
    for (cl_uint p = 0; p < platform_count && p < 16; p++) {
        cl_device_id devices[16];
        cl_uint count = 0;
        if (clGetDeviceIDs(platforms[p], CL_DEVICE_TYPE_ALL, 16, devices, &count) != CL_SUCCESS) {
            continue;
        }
        for (cl_uint d = 0; d < count && d < 16; d++) {
            if (is_named(platforms[p], devices[d], info)) {
                return devices[d];
            }
        }
    }
    fail_msg("plait's device \"%s\" is none of OpenCL's", info->name);
    return NULL;
}

int fixture_open(void **state)
{
    plait_context *chosen = NULL;
    plait_device_info info;
    cl_int code = CL_SUCCESS;

    (void)state;
    check_ok(plait_context_create(getenv("PLAIT_TEST_DEVICE"), NULL, &chosen));
    check_ok(plait_context_device(chosen, &info));
    plait_context_free(chosen);
    fixture.device = find_device(&info);
    fixture.context = clCreateContext(NULL, 1, &fixture.device, NULL, NULL, &code);
    assert_int_equal(code, CL_SUCCESS);
    for (int i = 0; i < 2; i++) {
        const cl_command_queue_properties order = i ? CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE : 0;
        fixture.queues[i] = clCreateCommandQueue(fixture.context, fixture.device, order, &code);
        assert_int_equal(code, CL_SUCCESS);
        check_ok(plait_context_adopt(fixture.context, fixture.queues[i], NULL, &fixture.contexts[i]));
    }
    return 0;
}

int fixture_close(void **state)
{
    uint64_t held = 0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        held += plait_context_bytes(fixture.contexts[i]);
        plait_context_free(fixture.contexts[i]);
        clFinish(fixture.queues[i]); /* else PoCL might compile while the program ends */
        clReleaseCommandQueue(fixture.queues[i]);
    }
    clReleaseContext(fixture.context);
    if (held != 0 || cl_fault_live() != 0) {
        /* cmocka does not count a failed teardown */
        print_error("left at the end: %llu bytes on the device; %s\n", (unsigned long long)held, cl_fault_live_text());
        exit(1);
    }
    return 0;
}

plait_context *fixture_context(bool out_of_order)
{
    return fixture.contexts[out_of_order];
}

cl_context fixture_cl_context(void)
{
    return fixture.context;
}

cl_device_id fixture_cl_device(void)
{
    return fixture.device;
}

cl_command_queue fixture_cl_queue(bool out_of_order)
{
    return fixture.queues[out_of_order];
}

/* ---- Guarded tensors -------------------------------------------------------------------------------- */

enum { GUARD = 64 };                           /* floats before and after */
static const uint32_t guard_bits = 0x7fc0dead; /* a NaN: who reads it shows it */

/* A tensor in the middle of a buffer. */
struct guarded {
    cl_mem mem;
    size_t offset; /* floats */
    size_t count;
    float *whole; /* what the buffer held before the run */
    plait_tensor *tensor;
};

static size_t whole_count(const struct guarded *guarded)
{
    return guarded->offset + guarded->count + GUARD;
}

/* A tensor with `values`, or with the guard's NaN where they are NULL. `odd` varies the place. */
static struct guarded guarded_new(bool out_of_order, plait_shape shape, const float *values, size_t odd)
{
    struct guarded guarded = {.offset = GUARD + 2 * odd + 1, .count = 1};
    cl_int code = CL_SUCCESS;

    for (size_t i = 0; i < shape.rank; i++) {
        guarded.count *= shape.dims[i];
    }
    const size_t count = whole_count(&guarded);
    guarded.whole = scratch(count, sizeof *guarded.whole);
    for (size_t i = 0; i < count; i++) {
        memcpy(&guarded.whole[i], &guard_bits, sizeof guard_bits);
    }
    if (values) {
        memcpy(guarded.whole + guarded.offset, values, guarded.count * sizeof *values);
    }
    guarded.mem = clCreateBuffer(fixture.context, CL_MEM_READ_WRITE | CL_MEM_COPY_HOST_PTR, count * sizeof(float),
                                 guarded.whole, &code);
    assert_int_equal(code, CL_SUCCESS);
    check_ok(plait_tensor_adopt(fixture.contexts[out_of_order], guarded.mem, guarded.offset * sizeof(float), shape,
                                &guarded.tensor));
    return guarded;
}

/* Reads the buffer after a run, checks what must not have changed, and gives the tensor's values. */
static const float *guarded_values(const struct guarded *guarded, bool out_of_order, bool is_output)
{
    const size_t count = whole_count(guarded);
    float *now = scratch(count, sizeof *now);

    assert_int_equal(clEnqueueReadBuffer(fixture.queues[out_of_order], guarded->mem, CL_TRUE, 0, count * sizeof *now,
                                         now, 0, NULL, NULL),
                     CL_SUCCESS);
    for (size_t i = 0; i < count; i++) {
        const bool inside = i >= guarded->offset && i < guarded->offset + guarded->count;
        if (is_output && inside) {
            continue;
        }
        check_that(memcmp(&now[i], &guarded->whole[i], sizeof *now) == 0,
                   "%s: float %td of a tensor of %zu was written", is_output ? "output" : "input",
                   (ptrdiff_t)i - (ptrdiff_t)guarded->offset, guarded->count);
    }
    return now + guarded->offset;
}

static void guarded_free(struct guarded *guarded)
{
    plait_tensor_free(guarded->tensor);
    clReleaseMemObject(guarded->mem);
}

/* ---- Runs ------------------------------------------------------------------------------------------- */

static plait_shape with_batch(plait_shape sample, size_t batch)
{
    plait_shape shape = {.rank = sample.rank + 1, .dims = {batch}};

    memcpy(shape.dims + 1, sample.dims, sample.rank * sizeof sample.dims[0]);
    return shape;
}

static size_t size_of(plait_shape shape)
{
    size_t count = 1;

    for (size_t i = 0; i < shape.rank; i++) {
        count *= shape.dims[i];
    }
    return count;
}

/* Runs and waits. The in-order queue orders the later read by itself, the other one needs the event. */
static plait_status run_and_wait(plait_model *model, size_t batch, const plait_tensor *const *inputs,
                                 plait_tensor *const *outputs, bool out_of_order)
{
    cl_event event = NULL;

    if (!out_of_order) {
        return plait_model_run(model, batch, inputs, outputs);
    }
    const plait_status status = plait_model_enqueue(model, batch, inputs, outputs, 0, NULL, &event);
    if (status == PLAIT_OK) {
        assert_int_equal(clWaitForEvents(1, &event), CL_SUCCESS);
        clReleaseEvent(event);
    }
    return status;
}

static plait_status run_on_tensors(plait_model *model, size_t batch, bool out_of_order, const float *const *x,
                                   float *const *y)
{
    const size_t input_count = plait_model_input_count(model);
    const size_t count = input_count + plait_model_output_count(model);
    struct guarded *all = scratch(count, sizeof *all);
    plait_tensor **tensors = scratch(count, sizeof *tensors);

    for (size_t i = 0; i < count; i++) {
        const bool is_input = i < input_count;
        const plait_shape sample =
            is_input ? plait_model_input_shape(model, i) : plait_model_output_shape(model, i - input_count);
        all[i] = guarded_new(out_of_order, with_batch(sample, batch), is_input ? x[i] : NULL, i);
        tensors[i] = all[i].tensor;
    }
    const plait_status status =
        run_and_wait(model, batch, (const plait_tensor *const *)tensors, tensors + input_count, out_of_order);
    for (size_t i = 0; i < count; i++) {
        const bool is_output = i >= input_count;
        if (status == PLAIT_OK) {
            const float *values = guarded_values(&all[i], out_of_order, is_output);
            if (is_output) {
                memcpy(y[i - input_count], values, all[i].count * sizeof *values);
            }
        }
        guarded_free(&all[i]);
    }
    return status;
}

/* Arrays for the outputs of `batch` samples. */
static float **output_arrays(const plait_model *model, size_t batch)
{
    const size_t count = plait_model_output_count(model);
    float **arrays = scratch(count, sizeof *arrays);

    for (size_t i = 0; i < count; i++) {
        arrays[i] = scratch(batch * size_of(plait_model_output_shape(model, i)), sizeof(float));
    }
    return arrays;
}

static void check_same(const plait_model *model, size_t batch, float *const *a, float *const *b, const char *what)
{
    for (size_t i = 0; i < plait_model_output_count(model); i++) {
        const size_t count = batch * size_of(plait_model_output_shape(model, i));
        check_that(memcmp(a[i], b[i], count * sizeof(float)) == 0, "%s gives other bits in output %zu", what, i);
    }
}

static plait_status run_all_ways(plait_model *model, bool out_of_order, size_t batch, const float *const *x,
                                 float *const *y)
{
    float **again = output_arrays(model, batch);
    plait_status status = run_on_tensors(model, batch, out_of_order, x, y);

    if (status == PLAIT_OK) {
        check_ok(run_on_tensors(model, batch, out_of_order, x, again));
        check_same(model, batch, y, again, "a second run");
        check_ok(plait_model_predict(model, batch, x, again));
        check_same(model, batch, y, again, "plait_model_predict");
    }
    return status;
}

static void check_memory(plait_context *context, plait_nodes inputs, plait_nodes outputs, const plait_model_opts *opts,
                         const plait_model *model)
{
    plait_memory planned;
    plait_memory taken;

    check_ok(plait_model_plan_memory(context, inputs, outputs, opts, &planned));
    check_ok(plait_model_memory(model, &taken));
    assert_int_equal(planned.weights_bytes, taken.weights_bytes);
    assert_int_equal(planned.arena_bytes, taken.arena_bytes);
    assert_int_equal(planned.staging_bytes, taken.staging_bytes);
}

static plait_model_opts model_opts(const struct run_opts *opts, size_t batch)
{
    return (plait_model_opts){
        .batch = opts->planned ? opts->planned : batch,
        .accuracy = opts->accuracy,
        .disjoint_memory = opts->disjoint_memory,
        .variants = opts->variants,
    };
}

plait_status fixture_run(plait_nodes inputs, plait_nodes outputs, const struct run_opts *opts, size_t batch,
                         const float *const *x, float *const *y)
{
    plait_context *context = fixture_context(opts->out_of_order);
    const uint64_t held = plait_context_bytes(context);
    const size_t failed_builds = cl_fault_failed_builds();
    const plait_model_opts wanted = model_opts(opts, batch);
    const bool chains = context->chains;
    plait_model *model = NULL;

    context->chains = chains && !opts->variants && !opts->apart;
    plait_status status = plait_model_create(context, inputs, outputs, &wanted, &model);
    if (status == PLAIT_OK) {
        check_memory(context, inputs, outputs, &wanted, model);
        status = run_all_ways(model, opts->out_of_order, batch, x, y);
    }
    plait_model_free(model);
    context->chains = chains;
    assert_int_equal(plait_context_bytes(context), held);
    check_that(cl_fault_failed_builds() == failed_builds,
               "a program did not build at the first try; does kernels/builtins.clh lack what it calls?");
    return status;
}

const char *fixture_steps(plait_nodes inputs, plait_nodes outputs, const struct run_opts *opts)
{
    const plait_model_opts wanted = model_opts(opts, 1);
    plait_model *model = NULL;
    const char *text = "";

    check_ok(plait_model_create(fixture_context(opts->out_of_order), inputs, outputs, &wanted, &model));
    for (size_t i = 0; i < plait_model_step_count(model); i++) {
        plait_step_info info;
        check_ok(plait_model_step(model, i, &info));
        text = scratch_text("%s%s%s", text, i ? " " : "", info.kind);
    }
    plait_model_free(model);
    return text;
}
