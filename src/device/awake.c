/* SPDX-License-Identifier: MIT */
#include "device/awake.h"

#include "base/error.h"
#include "base/memory.h"

#include <stdatomic.h>
#include <threads.h>

enum { MOST_THREADS = 15 }; /* to wake more at the beginning of a run takes as long as they save */

struct awake {
    mtx_t lock;
    cnd_t begun;
    atomic_size_t runs;
    bool stop;
    size_t count;
    thrd_t threads[MOST_THREADS];
};

/* Sleeps until there is a run; false if there will be none. */
static bool wait_for_run(struct awake *awake)
{
    (void)mtx_lock(&awake->lock);
    while (!awake->stop && atomic_load(&awake->runs) == 0) {
        (void)cnd_wait(&awake->begun, &awake->lock);
    }
    const bool stop = awake->stop;
    (void)mtx_unlock(&awake->lock);
    return !stop;
}

static int keep_awake(void *argument)
{
    struct awake *awake = argument;

    while (wait_for_run(awake)) {
        while (atomic_load(&awake->runs) > 0) {
            thrd_yield();
        }
    }
    return 0;
}

plait_status awake_create(size_t cores, struct awake **out)
{
    plait_status status = PLAIT_OK;
    struct awake *awake = NULL;

    TRY(mem_alloc(&awake, 1, sizeof *awake));
    if (mtx_init(&awake->lock, mtx_plain) != thrd_success) {
        mem_free(awake);
        return error_set(PLAIT_ERR_HOST_MEMORY, "a mutex could not be made");
    }
    if (cnd_init(&awake->begun) != thrd_success) {
        mtx_destroy(&awake->lock);
        mem_free(awake);
        return error_set(PLAIT_ERR_HOST_MEMORY, "a condition variable could not be made");
    }
    while (awake->count + 1 < cores && awake->count < MOST_THREADS) {
        if (thrd_create(&awake->threads[awake->count], keep_awake, awake) != thrd_success) {
            awake_free(awake);
            return error_set(PLAIT_ERR_HOST_MEMORY, "thread %zu to keep %zu cores awake could not be made",
                             awake->count + 1, cores);
        }
        awake->count++;
    }
    *out = awake;
out:
    return status;
}

void awake_begin(struct awake *awake)
{
    if (awake) {
        (void)mtx_lock(&awake->lock);
        atomic_fetch_add(&awake->runs, 1);
        (void)cnd_broadcast(&awake->begun);
        (void)mtx_unlock(&awake->lock);
    }
}

void awake_end(struct awake *awake)
{
    if (awake) {
        atomic_fetch_sub(&awake->runs, 1);
    }
}

void awake_free(struct awake *awake)
{
    if (!awake) {
        return;
    }
    (void)mtx_lock(&awake->lock);
    awake->stop = true;
    atomic_store(&awake->runs, 0);
    (void)cnd_broadcast(&awake->begun);
    (void)mtx_unlock(&awake->lock);
    for (size_t i = 0; i < awake->count; i++) {
        (void)thrd_join(awake->threads[i], NULL);
    }
    cnd_destroy(&awake->begun);
    mtx_destroy(&awake->lock);
    mem_free(awake);
}
