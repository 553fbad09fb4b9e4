/* SPDX-License-Identifier: MIT */
/* Threads that share a context, each with a model and tensors of its own: the same bits as alone. */
#include "check.h"
#include "fixture.h"
#include "weights.h"

#include <pthread.h> /* not threads.h, which the thread sanitizer does not see */
#include <string.h>

enum { THREADS = 4, BATCH = 2, OUTPUTS = BATCH * 10 };

/* One thread's work; cmocka's checks are for the main thread alone. */
struct work {
    plait_context *context;
    plait_nodes inputs;
    plait_nodes outputs;
    const float *const *x;
    size_t rounds;
    float right[OUTPUTS];
    const char *failure; /* NULL: none */
};

static const char *predict(plait_model *model, const struct work *work)
{
    float y[OUTPUTS] = {0};
    float *const outputs[] = {y};

    if (plait_model_predict(model, BATCH, work->x, outputs) != PLAIT_OK) {
        return "plait_model_predict failed";
    }
    return memcmp(y, work->right, sizeof y) == 0 ? NULL : "plait_model_predict gave other bits";
}

static const char *round_trip(const struct work *work, size_t round)
{
    const float value = (float)round;
    float back = 0;
    plait_tensor *tensor = NULL;

    if (plait_tensor_create(work->context, PLAIT_SHAPE(1), &tensor) != PLAIT_OK) {
        return "plait_tensor_create failed";
    }
    const plait_status status = plait_tensor_write(tensor, &value, 1);
    const bool same = status == PLAIT_OK && plait_tensor_read(tensor, &back, 1) == PLAIT_OK && back == value;
    plait_tensor_free(tensor);
    return same ? NULL : "a tensor did not keep its value";
}

/* Each thread's message is its own. */
static const char *provoke(const struct work *work)
{
    plait_tensor *tensor = NULL;
    const size_t size = (size_t)1 << 31;

    if (plait_tensor_create(work->context, PLAIT_SHAPE(size), &tensor) != PLAIT_ERR_TOO_LARGE) {
        return "a tensor too large was not refused";
    }
    return strstr(plait_error_message(), "2147483648") ? NULL : "the message is another one's";
}

static void *do_work(void *argument)
{
    struct work *work = argument;

    for (size_t round = 0; round < work->rounds && !work->failure; round++) {
        plait_model *model = NULL;
        const plait_model_opts opts = {.batch = BATCH};
        if (plait_model_create(work->context, work->inputs, work->outputs, &opts, &model) != PLAIT_OK) {
            work->failure = "plait_model_create failed";
            break;
        }
        for (size_t i = 0; i < 5 && !work->failure; i++) {
            work->failure = predict(model, work);
        }
        plait_model_free(model);
        work->failure = work->failure ? work->failure : round_trip(work, round);
        work->failure = work->failure ? work->failure : provoke(work);
    }
    return NULL;
}

/* A context without kernels, so that the threads build them against each other. */
static plait_context *new_context(bool out_of_order)
{
    plait_context *context = NULL;

    check_ok(plait_context_adopt(fixture_cl_context(), fixture_cl_queue(out_of_order), NULL, &context));
    return context;
}

static void threads_share_a_context(void **state)
{
    (void)state;
    for (int out_of_order = 0; out_of_order < 2; out_of_order++) {
        struct two_branch nets[THREADS];
        struct work work[THREADS];
        pthread_t threads[THREADS];
        plait_context *context = new_context(out_of_order);
        for (size_t i = 0; i < THREADS; i++) {
            nets[i] = two_branch_new(scratch_text("thread %zu", i), BATCH);
            work[i] = (struct work){.context = fixture_context(false),
                                    .inputs = two_branch_inputs(&nets[i]),
                                    .outputs = two_branch_outputs(&nets[i]),
                                    .x = two_branch_values(&nets[i])};
            float *right = work[i].right;
            check_ok(fixture_run(work[i].inputs, work[i].outputs, &(struct run_opts){0}, BATCH, work[i].x, &right));
            work[i].context = context;
            work[i].rounds = test_rounds(16);
        }
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_create(&threads[i], NULL, do_work, &work[i]), 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            assert_int_equal(pthread_join(threads[i], NULL), 0);
        }
        for (size_t i = 0; i < THREADS; i++) {
            check_that(!work[i].failure, "thread %zu: %s", i, work[i].failure ? work[i].failure : "");
            plait_graph_free(nets[i].graph);
        }
        assert_int_equal(plait_context_bytes(context), 0);
        plait_context_free(context);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(threads_share_a_context),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
