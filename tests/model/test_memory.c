/* SPDX-License-Identifier: MIT */
/* Device memory: known before it is taken, taken as said, given back. */
#define CL_USE_DEPRECATED_OPENCL_1_2_APIS
#include "check.h"
#include "cl_fault.h"
#include "fixture.h"
#include "weights.h"

enum { BATCH = 8 };

static const plait_model_opts eight = {.batch = BATCH};

static plait_memory planned(plait_context *context, const struct two_branch *net, const plait_model_opts *opts)
{
    plait_memory memory;

    check_ok(plait_model_plan_memory(context, two_branch_inputs(net), two_branch_outputs(net), opts, &memory));
    return memory;
}

/* A context that may hold so much. */
static plait_context *with_budget(uint64_t bytes)
{
    const plait_context_opts opts = {.memory_budget_bytes = bytes};
    plait_context *context = NULL;

    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &opts, &context));
    return context;
}

/* An array as both inputs: arrays that overlap are staged on every device. */
struct pair {
    const float *values[2];
};

static struct pair one_array_twice(const struct two_branch *net)
{
    const float *x = two_branch_values(net)[0];

    return (struct pair){{x, x}};
}

static void planning_asks_the_device_for_nothing(void **state)
{
    const struct two_branch net = two_branch_new("planning", BATCH);

    (void)state;
    cl_fault_at(0, 0, false);
    const plait_memory memory = planned(fixture_context(false), &net, &eight);
    assert_int_equal(cl_fault_calls(), 0);
    assert_int_equal(plait_context_bytes(fixture_context(false)), 0);
    assert_true(memory.weights_bytes > 0 && memory.arena_bytes > 0);
    assert_int_equal(memory.staging_bytes, BATCH * (5 * 4 * 3 + 5 * 4 * 3 + 10) * sizeof(float));
    plait_graph_free(net.graph);
}

static void memory_grows_with_the_batch(void **state)
{
    const struct two_branch net = two_branch_new("grows", BATCH);
    const plait_memory some = planned(fixture_context(false), &net, &eight);
    const plait_memory more = planned(fixture_context(false), &net, &(plait_model_opts){.batch = 2 * BATCH});
    const plait_memory keras = planned(fixture_context(false), &net, NULL);
    const plait_memory same = planned(fixture_context(false), &net, &(plait_model_opts){.batch = 32});

    (void)state;
    assert_int_equal(more.weights_bytes, some.weights_bytes);
    assert_true(more.arena_bytes > some.arena_bytes);
    assert_int_equal(more.staging_bytes, 2 * some.staging_bytes);
    assert_memory_equal(&keras, &same, sizeof same);
    plait_graph_free(net.graph);
}

static void what_is_held_is_what_was_planned(void **state)
{
    const struct two_branch net = two_branch_new("held", BATCH);
    plait_context *context = fixture_context(false);
    const plait_memory memory = planned(context, &net, &eight);
    float *y = scratch(net.output.ref.count, sizeof *y);
    plait_model *model = NULL;

    (void)state;
    check_ok(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net), &eight, &model));
    assert_int_equal(plait_context_bytes(context), memory.weights_bytes + memory.arena_bytes);
    for (int runs = 0; runs < 2; runs++) {
        check_ok(plait_model_predict(model, BATCH, one_array_twice(&net).values, &y));
        assert_int_equal(plait_context_bytes(context),
                         memory.weights_bytes + memory.arena_bytes + memory.staging_bytes);
    }
    plait_model_free(model);
    assert_int_equal(plait_context_bytes(context), 0);
    plait_graph_free(net.graph);
}

static void a_model_that_does_not_fit_is_refused_at_once(void **state)
{
    const struct two_branch net = two_branch_new("does_not_fit", BATCH);
    const plait_memory memory = planned(fixture_context(false), &net, &eight);
    const uint64_t needed = memory.weights_bytes + memory.arena_bytes;
    plait_context *context = with_budget(needed - 1);
    plait_model *model = NULL;

    (void)state;
    cl_fault_at(0, 0, false);
    check_message(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net), &eight, &model),
                  PLAIT_ERR_DEVICE_MEMORY, scratch_text("needs %llu bytes", (unsigned long long)needed));
    check_has(plait_error_message(), scratch_text("%llu are free", (unsigned long long)needed - 1));
    assert_int_equal(cl_fault_calls(), 0);
    assert_null(model);
    assert_int_equal(plait_context_bytes(context), 0);
    check_ok(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net),
                                &(plait_model_opts){.batch = BATCH / 2}, &model));
    plait_model_free(model);
    plait_context_free(context);
    plait_graph_free(net.graph);
}

/* Runs on the application's tensors need no staging; plait_model_predict may, and says so. */
static void staging_that_does_not_fit_is_refused_by_predict(void **state)
{
    const struct two_branch net = two_branch_new("staging", BATCH);
    const plait_memory memory = planned(fixture_context(false), &net, &eight);
    plait_context *context = with_budget(memory.weights_bytes + memory.arena_bytes + memory.staging_bytes - 1);
    float *y = scratch(net.output.ref.count, sizeof *y);
    plait_model *model = NULL;
    plait_tensor *tensor = NULL;

    (void)state;
    check_ok(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net), &eight, &model));
    for (int tries = 0; tries < 2; tries++) {
        check_message(plait_model_predict(model, BATCH, one_array_twice(&net).values, &y), PLAIT_ERR_DEVICE_MEMORY,
                      "bytes are needed");
    }
    check_ok(plait_tensor_create(context, PLAIT_SHAPE(1), &tensor));
    plait_tensor_free(tensor);
    plait_model_free(model);
    assert_int_equal(plait_context_bytes(context), 0);
    plait_context_free(context);
    plait_graph_free(net.graph);
}

static void two_models_share_the_budget(void **state)
{
    const struct two_branch net = two_branch_new("two_models", BATCH);
    const plait_memory memory = planned(fixture_context(false), &net, &eight);
    plait_context *context = with_budget(2 * (memory.weights_bytes + memory.arena_bytes) - 1);
    plait_model *models[2] = {NULL};

    (void)state;
    check_ok(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net), &eight, &models[0]));
    check_status(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net), &eight, &models[1]),
                 PLAIT_ERR_DEVICE_MEMORY);
    plait_model_free(models[0]);
    check_ok(plait_model_create(context, two_branch_inputs(&net), two_branch_outputs(&net), &eight, &models[1]));
    plait_model_free(models[1]);
    plait_context_free(context);
    plait_graph_free(net.graph);
}

/* The longest chain needs two values at a time, however long it is. */
static void values_share_memory_by_lifetime(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(1024));
    plait_node y = x;
    plait_memory shared;
    plait_memory apart;

    (void)state;
    for (int i = 0; i < 20; i++) {
        y = plait_softmax(y, NULL);
    }
    check_ok(plait_model_plan_memory(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y), &eight, &shared));
    check_ok(plait_model_plan_memory(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(y),
                                     &(plait_model_opts){.batch = BATCH, .disjoint_memory = 1}, &apart));
    assert_int_equal(shared.arena_bytes, 2 * BATCH * 1024 * sizeof(float));
    assert_int_equal(apart.arena_bytes, 19 * BATCH * 1024 * sizeof(float));
    plait_graph_free(graph);
}

/* A large kernel, which would be transformed, and a small one. */
static void less_memory_takes_less(void **state)
{
    static const size_t sizes[] = {3, 15};
    const plait_model_opts less = {.batch = 1, .less_memory = 1};
    const plait_model_opts plain = {.batch = 1};
    plait_context *context = fixture_context(false);

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct random random = random_stream("less");
        plait_graph *graph = twin_graph();
        const struct twin x =
            twin_input(graph, PLAIT_SHAPE(32, 32, 32), 1, random_floats(&random, DATA_NORMAL, 32 * 32 * 32));
        plait_conv2d_opts opts = random_conv2d(&random, 32, sizes[i], 32);
        opts.padding = PLAIT_SAME;
        const struct twin y = twin_conv2d(x, &opts);
        plait_memory with;
        plait_memory without;
        check_ok(plait_model_plan_memory(context, PLAIT_NODES(x.node), PLAIT_NODES(y.node), &less, &with));
        check_ok(plait_model_plan_memory(context, PLAIT_NODES(x.node), PLAIT_NODES(y.node), &plain, &without));
        const size_t weights = (sizes[i] * sizes[i] * 32 + 1) * 32 * sizeof(float);
        assert_true(with.weights_bytes + with.arena_bytes <= without.weights_bytes + without.arena_bytes);
        assert_true(with.weights_bytes <= weights + weights / 2 + (96 << 10));
        plait_graph_free(graph);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(planning_asks_the_device_for_nothing),
        cmocka_unit_test(memory_grows_with_the_batch),
        cmocka_unit_test(what_is_held_is_what_was_planned),
        cmocka_unit_test(a_model_that_does_not_fit_is_refused_at_once),
        cmocka_unit_test(staging_that_does_not_fit_is_refused_by_predict),
        cmocka_unit_test(two_models_share_the_budget),
        cmocka_unit_test(values_share_memory_by_lifetime),
        cmocka_unit_test(less_memory_takes_less),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
