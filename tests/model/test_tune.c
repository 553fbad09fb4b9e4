/* SPDX-License-Identifier: MIT */
/* Plans take the variants that were measured; only variants with right values win; budgets and failures are kept to. */
#include "base/clock.h"
#include "base/memory.h"
#include "check.h"
#include "cl_fault.h"
#include "device/cache.h"
#include "fixture.h"
#include "folder.h"
#include "graph/op.h"
#include "model/model.h"
#include "ops/pointwise.h"
#include "plan/variant.h"
#include "weights.h"

#include <plait.h>
#include <string.h>

enum { BATCH = 3 };

static plait_context *context; /* with this cache */
static const char cache[] = "cache.sqlite";

static int open_context(void **state)
{
    folder_enter();
    if (fixture_open(state) != 0) {
        return -1;
    }
    return plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &(plait_context_opts){.cache = cache},
                               &context) == PLAIT_OK
               ? 0
               : -1;
}

static int close_context(void **state)
{
    plait_context_free(context);
    return fixture_close(state);
}

static int clear(void **state)
{
    (void)state;
    scratch_reset();
    return plait_tunings_delete(cache, NULL) == PLAIT_OK ? 0 : -1;
}

/* What plait_tune tells. */
struct told {
    size_t results;
    size_t progress;
    plait_tuned last;
    char variants[40][16]; /* winners */
    char wrong[64];        /* of the last */
};

static void note_result(void *user, const plait_tuned *tuned)
{
    struct told *told = user;

    assert_true(tuned->seconds > 0);
    assert_true(tuned->usual_seconds == 0 || tuned->seconds <= tuned->usual_seconds);
    told->last = *tuned;
    (void)strncpy(told->wrong, tuned->wrong, sizeof told->wrong - 1);
    assert_true(told->results < 40);
    (void)strncpy(told->variants[told->results++], tuned->variant, sizeof told->variants[0] - 1);
}

static void note_progress(void *user, size_t done, size_t total)
{
    struct told *told = user;

    assert_int_equal(done, told->progress++);
    assert_true(done < total);
}

static plait_status tune(plait_nodes inputs, plait_nodes outputs, struct told *told, plait_tune_report *report)
{
    const plait_model_opts opts = {.batch = BATCH};
    const plait_tune_opts tune_opts = {.seconds = 300, .progress = note_progress, .result = note_result, .user = told};

    *told = (struct told){0};
    return plait_tune(context, inputs, outputs, &opts, &tune_opts, report);
}

/* The variant of step `index` of a model, in scratch memory. */
static const char *variant_of(plait_nodes inputs, plait_nodes outputs, size_t index)
{
    const plait_model_opts opts = {.batch = BATCH};
    plait_model *model = NULL;
    plait_step_info info;

    check_ok(plait_model_create(context, inputs, outputs, &opts, &model));
    check_ok(plait_model_step(model, index, &info));
    const char *variant = scratch_text("%s", info.variant);
    plait_model_free(model);
    return variant;
}

static size_t steps_of(plait_nodes inputs, plait_nodes outputs)
{
    const plait_model_opts opts = {.batch = BATCH};
    plait_model *model = NULL;

    check_ok(plait_model_create(context, inputs, outputs, &opts, &model));
    const size_t count = plait_model_step_count(model);
    plait_model_free(model);
    return count;
}

/* Puts a row for step `index` of a model in the cache, as if `variant` had been measured. */
static void put(plait_nodes inputs, plait_nodes outputs, size_t index, const char *variant)
{
    const plait_model_opts opts = {.batch = BATCH};
    struct plan *plan = NULL;
    struct text key = {0};

    check_ok(model_plan(context, inputs, outputs, &opts, NULL, &plan));
    step_key(&plan->steps[index].step, &key);
    check_ok(tunings_keep(context, text_string(&key), variant, 1e-3));
    text_free(&key);
    plan_free(plan);
}

/* ---- Plans ------------------------------------------------------------------------------------------ */

static void plans_take_what_was_measured(void **state)
{
    const struct two_branch net = two_branch_new("plans", BATCH);
    const plait_nodes in = two_branch_inputs(&net);
    const plait_nodes out = two_branch_outputs(&net);
    const char *usual = variant_of(in, out, 1);

    (void)state;
    put(in, out, 1, "reference");
    assert_string_equal(variant_of(in, out, 1), "reference");
    put(in, out, 1, "nothing");
    assert_string_equal(variant_of(in, out, 1), usual);
    put(in, out, 1, "depthwise_cpu"); /* not for this layer */
    assert_string_equal(variant_of(in, out, 1), usual);
    put(in, out, 1, "reference");
    check_ok(plait_tunings_delete(cache, context));
    assert_string_equal(variant_of(in, out, 1), usual);
    plait_graph_free(net.graph);
}

/* A 1x1 convolution with normalization and ReLU in its load: its reference has no such load. */
static void steps_that_the_reference_cannot_do(void **state)
{
    struct random random = random_stream("prologue");
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(6, 5, 4));
    const plait_batch_normalization_opts bn = random_batch_normalization(&random, 4);
    const plait_conv2d_opts conv = random_conv2d(&random, 4, 1, 3);
    const plait_node y = plait_conv2d(plait_relu(plait_batch_normalization(x, &bn), NULL), &conv);
    const plait_nodes in = PLAIT_NODES(x);
    const plait_nodes out = PLAIT_NODES(y);
    const plait_model_opts opts = {.batch = BATCH};
    struct plan *plan = NULL;
    plait_tune_report report;
    struct told told;

    (void)state;
    check_ok(model_plan(context, in, out, &opts, NULL, &plan));
    if (context_traits(context)->kind == PLAIT_DEVICE_CPU) {
        assert_non_null(plan->steps[0].step.input_scale);
        put(in, out, 0, "reference");
        assert_string_equal(variant_of(in, out, 0), plan->steps[0].step.variant->name);
        check_ok(plait_tunings_delete(cache, NULL));
        check_ok(tune(in, out, &told, &report));
        assert_int_equal(report.measured + report.wrong + report.left, 0);
    }
    plan_free(plan);
    plait_graph_free(graph);
}

/* Steps are measured without tails; a convolution has one if what was measured for it takes one. */
static void tails_follow_what_was_measured(void **state)
{
    static const char *const takers[] = {"winograd4_cpu", "winograd2_cpu"};
    struct random random = random_stream("tails");
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(12, 12, 32));
    const plait_conv2d_opts conv = random_conv2d(&random, 32, 3, 32);
    const plait_node y = plait_max_pooling2d(plait_conv2d(x, &conv), NULL);
    const plait_nodes in = PLAIT_NODES(x);
    const plait_nodes out = PLAIT_NODES(y);

    (void)state;
    if (context_traits(context)->kind == PLAIT_DEVICE_CPU) {
        for (size_t i = 0; i < 2; i++) {
            put(in, out, 0, takers[i]);
            assert_string_equal(variant_of(in, out, 0), takers[i]);
            assert_int_equal(steps_of(in, out), 1);
        }
        put(in, out, 0, "reference");
        assert_string_equal(variant_of(in, out, 0), "reference");
        assert_int_equal(steps_of(in, out), 2);
        check_ok(plait_tunings_delete(cache, NULL));
    }
    plait_graph_free(graph);
}

/* Equal steps have equal keys; whatever changes the work changes the key. */
static void keys_tell_steps_apart(void **state)
{
    struct random random = random_stream("keys");
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(9, 9, 4));
    plait_conv2d_opts conv = random_conv2d(&random, 4, 3, 4);
    plait_conv2d_opts strided = conv;
    plait_conv2d_opts grouped = random_conv2d(&random, 2, 3, 4);
    strided.strides[0] = strided.strides[1] = 2;
    grouped.groups = 2;
    const plait_node y[] = {
        plait_conv2d(x, &conv),
        plait_conv2d(x, &conv),
        plait_conv2d(x, &strided),
        plait_conv2d(x, &grouped),
        plait_max_pooling2d(x, &(plait_pooling2d_opts){.pool_size = {3, 3}, .strides = {2, 2}}),
        plait_max_pooling2d(x, &(plait_pooling2d_opts){.pool_size = {2, 2}, .strides = {2, 2}}),
        plait_softmax(x, &(plait_softmax_opts){.axis = 1}),
        plait_softmax(x, NULL),
    };
    enum { COUNT = sizeof y / sizeof *y };
    struct text keys[COUNT] = {{0}};
    struct plan *plan = NULL;
    const plait_model_opts opts = {.batch = BATCH};

    (void)state;
    check_ok(model_plan(context, PLAIT_NODES(x), (plait_nodes){y, COUNT}, &opts, NULL, &plan));
    assert_int_equal(plan->step_count, COUNT);
    for (size_t i = 0; i < COUNT; i++) {
        step_key(&plan->steps[i].step, &keys[i]);
        check_ok(keys[i].status);
        for (size_t k = 0; k < i; k++) {
            const bool equal = strcmp(text_string(&keys[i]), text_string(&keys[k])) == 0;
            check_that(equal == (i == 1), "steps %zu and %zu: %s\n%s", k, i, text_string(&keys[k]),
                       text_string(&keys[i]));
        }
    }
    for (size_t i = 0; i < COUNT; i++) {
        text_free(&keys[i]);
    }
    plan_free(plan);
    plait_graph_free(graph);
}

/* ---- Tuning ----------------------------------------------------------------------------------------- */

static void a_model_is_tuned_once(void **state)
{
    const struct two_branch net = two_branch_new("tuned", BATCH);
    const plait_nodes in = two_branch_inputs(&net);
    const plait_nodes out = two_branch_outputs(&net);
    plait_tune_report report;
    struct told told;

    (void)state;
    check_ok(tune(in, out, &told, &report));
    assert_int_equal(report.measured, told.results);
    assert_int_equal(report.known + report.left + report.wrong, 0);
    const size_t measured = report.measured;
    check_ok(tune(in, out, &told, &report));
    assert_int_equal(report.known, measured);
    assert_int_equal(report.measured + told.results + report.left, 0);
    assert_int_equal(told.progress, measured);
    check_ok(
        plait_tune(context, in, out, &(plait_model_opts){.batch = BATCH}, &(plait_tune_opts){.again = 1}, &report));
    assert_int_equal(report.measured, measured);
    plait_graph_free(net.graph);
}

/* The results are those of an untuned model within rounding. */
static void tuned_models_compute_the_same(void **state)
{
    const struct two_branch net = two_branch_new("same", BATCH);
    struct told told;

    (void)state;
    check_ok(tune(two_branch_inputs(&net), two_branch_outputs(&net), &told, NULL));
    const float *const *x = two_branch_values(&net);
    float y[2][BATCH * 10];
    plait_context *const contexts[] = {context, fixture_context(false)};
    for (size_t i = 0; i < 2; i++) {
        plait_model *model = NULL;
        float *const outputs[] = {y[i]};
        check_ok(plait_model_create(contexts[i], two_branch_inputs(&net), two_branch_outputs(&net), NULL, &model));
        check_ok(plait_model_predict(model, BATCH, x, outputs));
        plait_model_free(model);
    }
    for (size_t i = 0; i < BATCH * 10; i++) {
        check_that(y[0][i] - y[1][i] < 1e-5F && y[1][i] - y[0][i] < 1e-5F, "value %zu is %g and %g", i, (double)y[0][i],
                   (double)y[1][i]);
    }
    plait_graph_free(net.graph);
}

/* Variants that claim to be the fastest: */
static bool applies(const struct step *step, const struct device_traits *device)
{
    (void)step, (void)device;
    return true;
}

static double costs_nothing(const struct step *step, const struct device_traits *device)
{
    (void)step, (void)device;
    return 0;
}

/* One that writes nothing, */
static plait_status plan_nothing(struct step *step, const struct device_traits *device)
{
    (void)step, (void)device;
    return PLAIT_OK;
}

static plait_status enqueue_nothing(const struct step *step, const struct run *run)
{
    (void)step, (void)run;
    return PLAIT_OK;
}

/* one that forgets the activation, */
static plait_status plan_linear(struct step *step, const struct device_traits *device)
{
    const struct activation activation = step->activation;

    step->activation = (struct activation){0};
    const plait_status status = pointwise_variants[POINTWISE_VARIANTS - 1]->plan(step, device);
    step->activation = activation;
    return status;
}

/* and one that fails. */
static plait_status enqueue_failure(const struct step *step, const struct run *run)
{
    (void)step, (void)run;
    return error_set(PLAIT_ERR_OPENCL, "as planned");
}

static void infer_same(plait_graph *graph, struct node *node, const plait_shape *inputs)
{
    (void)graph;
    node->shape = inputs[0];
}

/* sigmoid, with such a variant before the true ones. */
static plait_node sigmoid_with(const struct variant *variant, plait_node x)
{
    static const struct variant *variants[POINTWISE_VARIANTS + 1];
    static struct op op = {.name = "test",
                           .class_name = "Test",
                           .infer = infer_same,
                           .variants = variants,
                           .variant_count = POINTWISE_VARIANTS + 1,
                           .activation = pointwise_activation};
    const struct activation activation = {.kind = PLAIT_SIGMOID};

    variants[0] = variant;
    memcpy(variants + 1, pointwise_variants, POINTWISE_VARIANTS * sizeof *variants);
    return graph_add(&op, PLAIT_NODES(x), NULL, &activation, sizeof activation);
}

static void wrong_variants_never_win(void **state)
{
    static const struct variant lazy = {"lazy", applies, plan_nothing, NULL, enqueue_nothing, costs_nothing};
    const struct variant linear = {"linear", applies, plan_linear, NULL, pointwise_variants[1]->enqueue, costs_nothing};
    static const struct variant failing = {"failing", applies, plan_nothing, NULL, enqueue_failure, costs_nothing};
    const struct variant *const liars[] = {&lazy, &linear, &failing};

    (void)state;
    for (size_t i = 0; i < sizeof liars / sizeof *liars; i++) {
        plait_graph *graph = twin_graph();
        const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(7, 5));
        const plait_node y = sigmoid_with(liars[i], x);
        plait_tune_report report;
        struct told told;
        assert_string_equal(variant_of(PLAIT_NODES(x), PLAIT_NODES(y), 0), liars[i]->name);
        check_ok(tune(PLAIT_NODES(x), PLAIT_NODES(y), &told, &report));
        assert_int_equal(report.measured, 1);
        assert_int_equal(report.wrong, liars[i] != &failing);
        assert_string_equal(told.wrong, liars[i] != &failing ? liars[i]->name : "");
        assert_string_equal(told.last.usual, liars[i]->name);
        assert_true(told.last.usual_seconds == 0);
        assert_string_equal(variant_of(PLAIT_NODES(x), PLAIT_NODES(y), 0), told.variants[0]);
        assert_string_not_equal(told.variants[0], liars[i]->name);
        plait_graph_free(graph);
        check_ok(plait_tunings_delete(cache, NULL));
    }
}

static void budgets_are_kept_to(void **state)
{
    const struct two_branch net = two_branch_new("budget", BATCH);
    const plait_nodes in = two_branch_inputs(&net);
    const plait_nodes out = two_branch_outputs(&net);
    plait_tune_report report;
    double seconds = clock_seconds();

    (void)state;
    check_ok(plait_tune(context, in, out, NULL, &(plait_tune_opts){.seconds = 1e-9}, &report));
    seconds = clock_seconds() - seconds;
    check_that(seconds < 2, "a budget of a nanosecond took %g s", seconds);
    assert_int_equal(report.measured + report.known, 0);
    assert_true(report.left > 0);
    plait_graph_free(net.graph);
}

static void mistakes_are_refused(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3));
    const plait_nodes in = PLAIT_NODES(x);
    const plait_nodes out = PLAIT_NODES(plait_relu(x, NULL));
    plait_context *other = NULL;

    (void)state;
    check_message(plait_tune(NULL, in, out, NULL, NULL, NULL), PLAIT_ERR_INVALID, "context is NULL");
    check_message(plait_tune(context, in, (plait_nodes){0}, NULL, NULL, NULL), PLAIT_ERR_INVALID, "no outputs");
    check_message(plait_tune(context, in, out, NULL, &(plait_tune_opts){.seconds = -1}, NULL), PLAIT_ERR_INVALID,
                  "seconds is -1");
    check_message(plait_tune(context, in, out, &(plait_model_opts){.accuracy = 7}, NULL, NULL), PLAIT_ERR_INVALID,
                  "accuracy is 7");
    check_message(plait_tunings_visit(cache, NULL, NULL), PLAIT_ERR_INVALID, "visit is NULL");
    const struct {
        const char *cache;
        plait_status status;
    } places[] = {{"", PLAIT_ERR_INVALID}, {"/proc/no/such/cache", PLAIT_ERR_IO}};
    for (size_t i = 0; i < 2; i++) {
        const plait_context_opts opts = {.cache = places[i].cache};
        check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &opts, &other));
        check_status(plait_tune(other, in, out, NULL, NULL, NULL), places[i].status);
        plait_context_free(other);
    }
    plait_graph_free(graph);
}

/* Each OpenCL call and each allocation in turn fails for good. */
static void failures_leak_nothing(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3));
    const plait_nodes in = PLAIT_NODES(x);
    const plait_nodes out = PLAIT_NODES(plait_relu(x, NULL));
    const plait_tune_opts opts = {.again = 1};

    (void)state;
    check_ok(plait_tune(context, in, out, NULL, &opts, NULL));
    const long live = cl_fault_live();
    for (size_t n = 1; n < 60; n++) {
        cl_fault_at(n, CL_INVALID_COMMAND_QUEUE, true);
        const plait_status status = plait_tune(context, in, out, NULL, &opts, NULL);
        cl_fault_at(0, 0, false);
        check_that(status == PLAIT_ERR_DEVICE_LOST, "call %zu failing gave %s", n, plait_status_name(status));
        check_that(cl_fault_live() == live, "call %zu: objects leak: %s", n, cl_fault_live_text());
    }
    for (size_t n = 1, asked = n; asked >= n; n++) { /* how many there are depends on the time that runs take */
        (void)mem_fail_at(n, true);
        const plait_status status = plait_tune(context, in, out, NULL, &opts, NULL);
        asked = mem_fail_at(0, false);
        check_that(status == (asked < n ? PLAIT_OK : PLAIT_ERR_HOST_MEMORY), "allocation %zu failing gave %s", n,
                   plait_status_name(status));
        check_that(cl_fault_live() == live, "allocation %zu: objects leak: %s", n, cl_fault_live_text());
    }
    assert_int_equal(plait_context_bytes(context), 0);
    plait_graph_free(graph);
}

#define TEST(function) cmocka_unit_test_teardown(function, clear)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_that_the_reference_cannot_do),
        TEST(plans_take_what_was_measured),
        TEST(tails_follow_what_was_measured),
        TEST(keys_tell_steps_apart),
        TEST(a_model_is_tuned_once),
        TEST(tuned_models_compute_the_same),
        TEST(wrong_variants_never_win),
        TEST(budgets_are_kept_to),
        TEST(mistakes_are_refused),
        TEST(failures_leak_nothing),
    };

    return cmocka_run_group_tests(tests, open_context, close_context);
}
