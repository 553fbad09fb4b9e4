/* SPDX-License-Identifier: MIT */
/* Threads that keep cores awake: they yield while there is a run, sleep else, and end. */
#include "check.h"
#include "device/awake.h"
#include "fixture.h"

#include <plait/layers.h>
#include <plait/model.h>
#include <threads.h>
#include <time.h>

enum { TRIES = 1000, WINDOW_MS = 10 };

/* Milliseconds of all threads while this one sleeps for a window. */
static double busy_ms(void)
{
    const clock_t begin = clock();

    (void)thrd_sleep(&(struct timespec){.tv_nsec = WINDOW_MS * 1000000L}, NULL);
    return (double)(clock() - begin) * 1e3 / CLOCKS_PER_SEC;
}

/* Waits until the threads are busy, or idle: on a machine that does other things, that takes more than a window. */
static void wait_until(bool busy)
{
    for (int i = 0; i < TRIES; i++) {
        const double ms = busy_ms();
        if (busy ? ms > WINDOW_MS / 4.0 : ms < WINDOW_MS / 10.0) {
            return;
        }
    }
    fail_msg("the threads stayed %s", busy ? "asleep" : "awake");
}

static void they_are_awake_during_runs_alone(void **state)
{
    struct awake *awake = NULL;

    (void)state;
    check_ok(awake_create(3, &awake));
    wait_until(false);
    awake_begin(awake);
    wait_until(true);
    awake_begin(awake);
    awake_end(awake);
    wait_until(true);
    awake_end(awake);
    wait_until(false);
    awake_begin(awake);
    wait_until(true);
    awake_free(awake); /* also within a run */
}

static void none_are_needed_for_one_core(void **state)
{
    struct awake *awake = NULL;

    (void)state;
    check_ok(awake_create(1, &awake));
    awake_begin(awake);
    wait_until(false);
    awake_end(awake);
    awake_free(awake);
    awake_begin(NULL);
    awake_end(NULL);
    awake_free(NULL);
}

static void a_context_can_have_them(void **state)
{
    const float x[] = {-1, 2, 3, -4};
    const float wanted[] = {0, 2, 3, 0};
    plait_context *context = NULL;
    plait_graph *graph = NULL;
    plait_model *model = NULL;
    float y[4];

    (void)state;
    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(false), &(plait_context_opts){.awake = 1},
                                 &context));
    check_ok(plait_graph_create(&graph));
    const plait_node input = plait_input(graph, NULL, PLAIT_SHAPE(4));
    check_ok(plait_model_create(context, PLAIT_NODES(input), PLAIT_NODES(plait_relu(input, NULL)), NULL, &model));
    for (int i = 0; i < 3; i++) {
        check_ok(plait_model_predict(model, 1, (const float *const[]){x}, (float *const[]){y}));
        assert_memory_equal(y, wanted, sizeof y);
    }
    plait_model_free(model);
    plait_graph_free(graph);
    plait_context_free(context);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_awake_during_runs_alone),
        cmocka_unit_test(none_are_needed_for_one_core),
        cmocka_unit_test(a_context_can_have_them),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
