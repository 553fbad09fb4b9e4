/* SPDX-License-Identifier: MIT */
#include "cl_order.h"

#include "check.h"
#include "cl_fault.h"
#include "random.h"

#include <string.h>

enum { MOST = 2048, MOST_WAITS = 512, WORDS = MOST / 64 };

struct command {
    cl_event event;
    cl_event gate; /* completes when it may run; NULL: it is not held back */
    size_t label;
    bool ended;
    uint64_t before[WORDS]; /* commands that it waits for, directly or not */
};

static struct command commands[MOST];
static size_t count;
static size_t label;
static enum cl_order order;
static struct random choice;
static cl_event waits[MOST_WAITS + 1]; /* of the command on its way */
static bool releasing;

static bool has(const uint64_t *bits, size_t index)
{
    return bits[index / 64] >> index % 64 & 1;
}

/* Notes that the newest command waits for the one with that event; events of others are the test's own business. */
static void note_wait(struct command *command, cl_event event)
{
    for (size_t i = 0; i < count; i++) {
        if (commands[i].event == event) {
            command->before[i / 64] |= (uint64_t)1 << i % 64;
            for (size_t k = 0; k < WORDS; k++) {
                command->before[k] |= commands[i].before[k];
            }
        }
    }
}

static void before(struct cl_command *enqueued)
{
    struct command *command = &commands[count];
    cl_context context = NULL;

    assert_true(count < MOST && enqueued->count <= MOST_WAITS);
    *command = (struct command){.label = label};
    for (cl_uint i = 0; i < enqueued->count; i++) {
        waits[i] = enqueued->waits[i];
        note_wait(command, waits[i]);
    }
    if (order == ORDER_OF_QUEUE || !enqueued->event || enqueued->count == 0 || count == 0) {
        return; /* the first has no other's context to look at, and without a list a marker waits for everything */
    }
    assert_int_equal(clGetEventInfo(waits[0], CL_EVENT_CONTEXT, sizeof(cl_context), &context, NULL), CL_SUCCESS);
    command->gate = clCreateUserEvent(context, NULL);
    assert_non_null(command->gate);
    waits[enqueued->count++] = command->gate;
    enqueued->waits = waits;
}

static void after(const struct cl_command *enqueued)
{
    if (!enqueued->event) {
        return; /* a new buffer that gets its memory */
    }
    commands[count].event = *enqueued->event;
    assert_int_equal(clRetainEvent(commands[count].event), CL_SUCCESS); /* no other gets the same handle */
    count++;
}

/* Whether all that the command waits for has ended. */
static bool may_run(const struct command *command)
{
    for (size_t i = 0; i < count; i++) {
        if (has(command->before, i) && !commands[i].ended) {
            return false;
        }
    }
    return !command->ended;
}

/* The command to run next; `count` if none may run. */
static size_t choose(void)
{
    size_t ready[MOST];
    size_t found = 0;

    for (size_t i = 0; i < count; i++) {
        if (may_run(&commands[i])) {
            ready[found++] = i;
        }
    }
    if (found == 0) {
        return count;
    }
    return ready[order == ORDER_RANDOM ? random_between(&choice, 0, found - 1) : found - 1];
}

/* Runs all that was held back. */
static void waiting(void)
{
    if (releasing || order == ORDER_OF_QUEUE) {
        return;
    }
    releasing = true;
    for (size_t next = choose(); next < count; next = choose()) {
        if (commands[next].gate) {
            assert_int_equal(clSetUserEventStatus(commands[next].gate, CL_COMPLETE), CL_SUCCESS);
        }
        assert_int_equal(clWaitForEvents(1, &commands[next].event), CL_SUCCESS);
        commands[next].ended = true;
    }
    releasing = false;
}

void cl_order_begin(enum cl_order wanted)
{
    order = wanted;
    count = 0;
    label = SIZE_MAX;
    choice = random_stream("cl_order");
    cl_fault_hooks((struct cl_hooks){before, after, waiting});
}

void cl_order_end(void)
{
    waiting();
    cl_fault_hooks((struct cl_hooks){0});
    for (size_t i = 0; i < count; i++) {
        (void)clReleaseEvent(commands[i].event);
        if (commands[i].gate) {
            (void)clReleaseEvent(commands[i].gate);
        }
    }
    count = 0;
}

void cl_order_label(size_t wanted)
{
    label = wanted;
}

size_t cl_order_count(void)
{
    return count;
}

size_t cl_order_label_of(size_t command)
{
    return commands[command].label;
}

bool cl_order_follows(size_t later, size_t earlier)
{
    return has(commands[later].before, earlier);
}
