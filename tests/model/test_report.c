/* SPDX-License-Identifier: MIT */
/* The report of a plan says what runs, what was merged into it, and what costs nothing. */
#include "check.h"
#include "fixture.h"
#include "weights.h"

#include <math.h>
#include <string.h>

static const char *report_of(const plait_model *model)
{
    size_t length = 0;

    check_ok(plait_model_report(model, NULL, 0, &length));
    char *text = scratch(length + 1, 1);
    check_ok(plait_model_report(model, text, length + 1, &length));
    assert_int_equal(strlen(text), length);
    return text;
}

/* The line that begins with the layer's name, in scratch memory. */
static const char *line_of(const char *report, const char *layer)
{
    const char *begin = strstr(report, scratch_text("\n  %s ", layer));

    check_that(begin != NULL, "no step of layer \"%s\" in:\n%s", layer, report);
    return scratch_text("%.*s", (int)strcspn(begin + 1, "\n"), begin + 1);
}

static void steps_and_what_is_merged_into_them(void **state)
{
    const struct two_branch net = two_branch_new("report", 2);
    plait_model *model = NULL;

    (void)state;
    check_ok(plait_model_create(fixture_context(false), two_branch_inputs(&net), two_branch_outputs(&net),
                                &(plait_model_opts){.batch = 6}, &model));
    const char *report = report_of(model);
    check_has(report, "batch of 6");
    check_has(line_of(report, "conv2d"), "{5,4,4}");
    check_has(line_of(report, "conv2d"), "batch_normalization, re_lu");
    check_has(line_of(report, "conv2d_2"), "batch_normalization_1, re_lu_1");
    check_has(line_of(report, "dense"), "{10}");
    check_has(report, "no kernel runs for: concatenate, flatten");
    assert_null(strstr(report, "copy"));
    plait_model_free(model);
    plait_graph_free(net.graph);
}

static void steps_one_by_one(void **state)
{
    static const char *const layers[] = {"conv2d", "conv2d_1", "conv2d_2", "conv2d_3", "dense", "dense"};
    static const char *const kinds[] = {"conv2d", "conv2d", "conv2d", "conv2d", "dense", "softmax"};
    const struct two_branch net = two_branch_new("steps", 2);
    plait_model *model = NULL;

    (void)state;
    check_ok(
        plait_model_create(fixture_context(false), two_branch_inputs(&net), two_branch_outputs(&net), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 6);
    for (size_t i = 0; i < 6; i++) {
        plait_step_info info;
        check_ok(plait_model_step(model, i, &info));
        assert_string_equal(info.layer, layers[i]);
        assert_string_equal(info.kind, kinds[i]);
        check_has(report_of(model), info.variant);
        assert_true(info.seconds == 0);
        size_t variants = 0;
        bool has_its_own = false;
        for (const char *name; (name = plait_model_step_variant(model, i, variants)); variants++) {
            has_its_own = has_its_own || strcmp(name, info.variant) == 0;
        }
        assert_true(has_its_own);
        assert_string_equal(plait_model_step_variant(model, i, variants - 1), "reference");
    }
    assert_null(plait_model_step_variant(model, 6, 0));
    assert_null(plait_model_step_variant(NULL, 0, 0));
    plait_model_free(model);
    plait_graph_free(net.graph);
}

/* A multiply-add counts 2; folding and fusing change nothing. */
static void arithmetic_is_counted(void **state)
{
    const struct two_branch net = two_branch_new("arithmetic", 2);
    plait_model *model = NULL;
    plait_step_info first;
    plait_step_info dense;

    (void)state;
    check_ok(
        plait_model_create(fixture_context(false), two_branch_inputs(&net), two_branch_outputs(&net), NULL, &model));
    check_ok(plait_model_step(model, 0, &first));
    check_ok(plait_model_step(model, 4, &dense));
    check_that(fabs(first.gflop * 1e9 - 2 * (5 * 4 * 4) * (3 * 3 * 3)) < 1e-3, "conv2d has %.9f GFLOP", first.gflop);
    check_that(fabs(dense.gflop * 1e9 - 2 * 160 * 10) < 1e-3, "dense has %.9f GFLOP", dense.gflop);
    plait_model_free(model);
    plait_graph_free(net.graph);
}

static void a_model_that_only_copies(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(3));
    plait_model *model = NULL;
    const float values[3] = {1, 2, 3};
    const float *const inputs[] = {values};
    float y[3] = {0};
    float *const outputs[] = {y};

    (void)state;
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x), PLAIT_NODES(x), NULL, &model));
    check_has(report_of(model), "no kernel runs for: -");
    check_ok(plait_model_predict(model, 1, inputs, outputs));
    assert_memory_equal(y, values, sizeof y);
    plait_model_free(model);
    plait_graph_free(graph);
}

struct told {
    size_t calls;
    size_t total;
};

static void note_progress(void *user, size_t done, size_t total)
{
    struct told *told = user;

    assert_int_equal(done, told->calls);
    told->calls++;
    told->total = total;
}

static void progress_counts_the_steps(void **state)
{
    const struct two_branch net = two_branch_new("progress", 2);
    struct told told = {0};
    const plait_model_opts opts = {.progress = note_progress, .user = &told};
    plait_model *model = NULL;

    (void)state;
    check_ok(
        plait_model_create(fixture_context(false), two_branch_inputs(&net), two_branch_outputs(&net), &opts, &model));
    assert_int_equal(told.total, plait_model_step_count(model));
    assert_int_equal(told.calls, told.total + 1);
    plait_model_free(model);
    plait_graph_free(net.graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_counts_the_steps), cmocka_unit_test(steps_and_what_is_merged_into_them),
        cmocka_unit_test(steps_one_by_one),          cmocka_unit_test(arithmetic_is_counted),
        cmocka_unit_test(a_model_that_only_copies),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
