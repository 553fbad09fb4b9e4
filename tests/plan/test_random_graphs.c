/* SPDX-License-Identifier: MIT */
/* Random graphs: whatever the planner folds, fuses, joins and shares, the values are the oracle's, and the
 * same bits whether memory is shared or not. */
#include "check.h"
#include "plan/plan.h"
#include "random_graph.h"
#include "trial.h"

#include <math.h>
#include <string.h>

static float **run(const struct sample *sample, const struct run_opts *opts)
{
    float **y = sample_outputs(sample);

    check_ok(fixture_run(sample->inputs, sample->outs, opts, sample->batch, sample_inputs(sample), y));
    return y;
}

static void values_are_right_however_memory_is_shared(void **state)
{
    struct random random = random_stream("random_graphs");

    (void)state;
    for (size_t round = 0; round < test_rounds(60); round++) {
        struct sample sample;
        random_sample(&sample, &random);
        const bool fast = random_between(&random, 0, 2) == 0;
        struct run_opts opts = {
            .accuracy = fast ? PLAIT_FAST : PLAIT_STRICT,
            .planned = random_between(&random, 1, 4),
            .out_of_order = random_between(&random, 0, 1),
        };
        float **shared = run(&sample, &opts);
        opts.disjoint_memory = true;
        float **apart = run(&sample, &opts);
        for (size_t i = 0; i < sample.outs.count; i++) {
            check_verdict(compare_floats(shared[i], apart[i], sample.outputs[i].ref.count),
                          "graph %zu, output %zu: shared and disjoint memory", round, i);
            check_verdict(compare(shared[i], &sample.outputs[i].ref, fast ? GATE_L2 : GATE_ANY, 1e-4),
                          "graph %zu, output %zu", round, i);
        }
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
    check_verdict(compare_enough(0.5), "random graphs");
}

/* ---- The plan itself -------------------------------------------------------------------------------- */

static void check_place(const struct plan *plan, const struct place *place)
{
    size_t last = place->offset;

    assert_in_range(place->storage, 0, plan->storage_count - 1);
    for (size_t i = 0; i < place->view.rank; i++) {
        last += (place->view.dims[i] - 1) * place->view.strides[i];
    }
    assert_true(last < plan->storages[place->storage].floats);
    assert_true(place->view.strides[place->view.rank - 1] <= 1);
}

static void check_places(const struct plan *plan)
{
    for (size_t i = 0; i < plan->step_count; i++) {
        const struct planned_step *planned = &plan->steps[i];
        for (size_t k = 0; k < planned->step.input_count; k++) {
            check_place(plan, &planned->inputs[k]);
        }
        check_place(plan, &planned->output);
        if (planned->step.tail.kind != TAIL_NONE) {
            check_place(plan, &planned->tail_output);
        }
        if (planned->step.has_residual) {
            check_place(plan, &planned->residual);
        }
    }
}

static bool meet(size_t a, size_t a_count, size_t b, size_t b_count)
{
    return a < b + b_count && b < a + a_count;
}

/* Storages of the arena that are needed at the same step do not overlap. */
static void check_storages(const struct plan *plan)
{
    for (size_t i = 0; i < plan->storage_count; i++) {
        const struct storage *a = &plan->storages[i];
        for (size_t k = 0; k < i; k++) {
            const struct storage *b = &plan->storages[k];
            if (a->kind == STORAGE_ARENA && b->kind == STORAGE_ARENA && a->first <= b->last && b->first <= a->last) {
                assert_false(meet(a->offset, a->floats, b->offset, b->floats));
            }
        }
        assert_true(a->kind != STORAGE_ARENA || a->first == SIZE_MAX || a->offset + a->floats <= plan->arena_floats);
    }
}

static struct plan *plan_of(const struct sample *sample, const plait_model_opts *opts)
{
    const struct plan_request request = {.inputs = sample->inputs,
                                         .outputs = sample->outs,
                                         .opts = opts,
                                         .device = context_traits(fixture_context(false))};
    struct plan *plan = NULL;

    check_ok(plan_create(&request, &plan));
    return plan;
}

static void no_plan_reaches_beyond_its_memory(void **state)
{
    struct random random = random_stream("random_plans");

    (void)state;
    for (size_t round = 0; round < test_rounds(400); round++) {
        struct sample sample;
        random_sample(&sample, &random);
        struct plan *shared = plan_of(&sample, &(plait_model_opts){.batch = sample.batch});
        struct plan *apart = plan_of(&sample, &(plait_model_opts){.batch = sample.batch, .disjoint_memory = 1});
        check_places(shared);
        check_storages(shared);
        assert_true(shared->arena_floats <= apart->arena_floats);
        plan_free(shared);
        plan_free(apart);
        plait_graph_free(sample.net.graph);
        scratch_reset();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_right_however_memory_is_shared),
        cmocka_unit_test(no_plan_reaches_beyond_its_memory),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
