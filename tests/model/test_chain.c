/* SPDX-License-Identifier: MIT */
/* A run as one kernel: the same bits as with a kernel for each step, however often, with whatever batch and tensors. */
#include "check.h"
#include "cl_fault.h"
#include "device/chain.h"
#include "device/cl.h"
#include "fixture.h"
#include "weights.h"

#include <string.h>

enum { PLANNED = 4, UNITS = 10, LAYERS = 40 };

static plait_context *new_context(int separate_kernels)
{
    const plait_context_opts opts = {.separate_kernels = separate_kernels};
    plait_context *context = NULL;

    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &opts, &context));
    return context;
}

static size_t chains;
static size_t others;

static void count_kernel(const char *kernel)
{
    chains += strcmp(kernel, "chain") == 0;
    others += strcmp(kernel, "chain") != 0;
}

/* Layers one after the other, two by two, with merges between: of weights, so that there are many buffers. */
struct line {
    plait_graph *graph;
    plait_node x;
    plait_node y;
    float *values; /* of MOST samples of x */
};

enum { MOST = 3 * PLANNED };

static struct line new_line(void)
{
    struct random random = random_stream("line of layers");
    struct line line = {.graph = twin_graph(), .values = random_floats(&random, DATA_NORMAL, MOST * UNITS)};
    plait_node ends[2];

    line.x = ends[0] = ends[1] = plait_input(line.graph, NULL, PLAIT_SHAPE(UNITS));
    for (size_t i = 0; i < LAYERS; i++) {
        plait_dense_opts dense = random_dense(&random, UNITS, UNITS);
        dense.activation = PLAIT_TANH;
        ends[i % 2] =
            i % 5 == 4 ? plait_multiply(PLAIT_NODES(ends[0], ends[1]), NULL) : plait_dense(ends[i % 2], &dense);
    }
    line.y = plait_add(PLAIT_NODES(ends[0], ends[1]), NULL);
    return line;
}

static plait_model *new_model(plait_context *context, const struct line *line)
{
    plait_model *model = NULL;

    check_ok(plait_model_create(context, PLAIT_NODES(line->x), PLAIT_NODES(line->y),
                                &(plait_model_opts){.batch = PLANNED}, &model));
    return model;
}

static float *predict(plait_model *model, const struct line *line, size_t batch)
{
    const float *x = line->values;
    float *y = scratch(batch * UNITS, sizeof *y);

    check_ok(plait_model_predict(model, batch, &x, &y));
    return y;
}

/* What kernels for each step make of the first samples. */
static const float *apart(const struct line *line, size_t batch)
{
    plait_context *context = new_context(1);
    plait_model *model = new_model(context, line);
    const float *y = predict(model, line, batch);

    plait_model_free(model);
    plait_context_free(context);
    return y;
}

/* Checks the first samples, and that the model ran by so many chains, if chains there are. */
static void check_predict(plait_context *context, plait_model *model, const struct line *line, size_t batch,
                          size_t commands)
{
    const float *wanted = apart(line, batch);

    chains = others = 0;
    cl_fault_watch(count_kernel);
    const float *y = predict(model, line, batch);
    cl_fault_watch(NULL);
    check_that(memcmp(y, wanted, batch * UNITS * sizeof *y) == 0, "a batch of %zu gives other bits", batch);
    if (context_chains(context)) {
        assert_int_equal(chains, commands);
        assert_int_equal(others, 0);
    }
}

/* More kinds of runs than a model keeps, twice over. */
static void a_run_is_one_kernel(void **state)
{
    const struct line line = new_line();
    plait_context *context = new_context(0);
    plait_model *model = new_model(context, &line);

    (void)state;
    for (size_t i = 0; i < 2 * MOST; i++) {
        const size_t batch = i % MOST + 1;
        check_predict(context, model, &line, batch, (batch + PLANNED - 1) / PLANNED);
    }
    plait_model_free(model);
    plait_context_free(context);
    plait_graph_free(line.graph);
}

/* A kernel that takes fewer buffers than there are is run several times. */
static void many_buffers_are_several_kernels(void **state)
{
    const struct line line = new_line();
    plait_context *context = new_context(0);

    (void)state;
    context->parameter_bytes = 256;
    plait_model *model = new_model(context, &line);
    check_predict(context, model, &line, PLANNED, 2);
    check_predict(context, model, &line, 1, 2);
    plait_model_free(model);
    plait_context_free(context);
    plait_graph_free(line.graph);
}

static void separate_kernels_stay_apart(void **state)
{
    const struct line line = new_line();
    plait_context *context = new_context(1);
    plait_model *model = new_model(context, &line);

    (void)state;
    assert_false(context_chains(context));
    chains = others = 0;
    cl_fault_watch(count_kernel);
    (void)predict(model, &line, 1);
    cl_fault_watch(NULL);
    assert_int_equal(chains, 0);
    assert_true(others > LAYERS / 2);
    plait_model_free(model);
    plait_context_free(context);
    plait_graph_free(line.graph);
}

/* ---- Tensors ---- */

/* Runs one sample from float `from` of a tensor to float `to` of another, or the same. */
static void check_tensors(plait_model *model, const struct line *line, plait_context *context, cl_mem in, cl_mem out,
                          size_t from, size_t to)
{
    plait_tensor *x = NULL;
    plait_tensor *y = NULL;
    float result[UNITS];

    check_ok(plait_tensor_adopt(context, in, from * sizeof(float), PLAIT_SHAPE(1, UNITS), &x));
    check_ok(plait_tensor_adopt(context, out, to * sizeof(float), PLAIT_SHAPE(1, UNITS), &y));
    check_ok(plait_tensor_write(x, line->values, UNITS));
    check_ok(plait_model_run(model, 1, (const plait_tensor *const[]){x}, &y));
    check_ok(plait_tensor_read(y, result, UNITS));
    check_that(memcmp(result, apart(line, 1), sizeof result) == 0, "from %zu to %zu: other bits", from, to);
    plait_tensor_free(x);
    plait_tensor_free(y);
}

static void tensors_may_change(void **state)
{
    static const size_t offsets[][2] = {{0, 0}, {16, 0}, {16, 32}, {0, 64}, {0, 32}};
    const struct line line = new_line();
    plait_context *context = new_context(0);
    plait_model *model = new_model(context, &line);
    cl_mem buffers[3];

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        buffers[i] = clCreateBuffer(fixture_cl_context(), CL_MEM_READ_WRITE, 1024, NULL, NULL);
        assert_non_null(buffers[i]);
    }
    for (size_t round = 0; round < 2; round++) {
        for (size_t i = 0; i < sizeof offsets / sizeof offsets[0]; i++) {
            check_tensors(model, &line, context, buffers[0], buffers[1], offsets[i][0], offsets[i][1]);
            check_tensors(model, &line, context, buffers[2], buffers[0], offsets[i][0], offsets[i][1]);
            check_tensors(model, &line, context, buffers[1], buffers[1], offsets[i][0], offsets[i][1] + 64);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        (void)clReleaseMemObject(buffers[i]);
    }
    plait_model_free(model);
    plait_context_free(context);
    plait_graph_free(line.graph);
}

/* ---- Failures ---- */

static void end_fault(void *user, size_t done, size_t total)
{
    (void)user;
    (void)done;
    (void)total;
    cl_fault_at(0, 0, false);
}

/* Progress is told first when the chain was tried. */
static void a_chain_that_does_not_build_is_done_without(void **state)
{
    const struct line line = new_line();
    plait_context *context = new_context(0);
    const plait_model_opts opts = {.batch = PLANNED, .progress = end_fault};
    plait_model *model = NULL;

    (void)state;
    if (context_chains(context)) {
        cl_fault_at_call("clBuildProgram", 1, CL_BUILD_PROGRAM_FAILURE, true);
        check_ok(plait_model_create(context, PLAIT_NODES(line.x), PLAIT_NODES(line.y), &opts, &model));
        assert_memory_equal(predict(model, &line, 2), apart(&line, 2), 2 * UNITS * sizeof(float));
    }
    plait_model_free(model);
    plait_context_free(context);
    plait_graph_free(line.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_is_one_kernel),
        cmocka_unit_test(many_buffers_are_several_kernels),
        cmocka_unit_test(separate_kernels_stay_apart),
        cmocka_unit_test(tensors_may_change),
        cmocka_unit_test(a_chain_that_does_not_build_is_done_without),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
