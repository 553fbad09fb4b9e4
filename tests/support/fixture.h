/* SPDX-License-Identifier: MIT */
/* Runs models on the test device, through the public API, with guards around all memory.
 *
 * The device is PLAIT_TEST_DEVICE, as plait_context_create takes it; unset: the default device. A test
 * program gives fixture_open and fixture_close to cmocka_run_group_tests. */
#ifndef SUPPORT_FIXTURE_H
#define SUPPORT_FIXTURE_H

#include <plait/opencl.h>
#include <stdbool.h>

/* Opens the device. */
int fixture_open(void **state);

/* Closes it; ends the program as failed if a context still holds device memory, or an OpenCL object is
 * still alive. */
int fixture_close(void **state);

/* A plait context on the test's own OpenCL context, with an in-order or an out-of-order queue. The same one
 * at every call; not to be freed. */
plait_context *fixture_context(bool out_of_order);

/* The OpenCL objects under it. */
cl_context fixture_cl_context(void);
cl_device_id fixture_cl_device(void);
cl_command_queue fixture_cl_queue(bool out_of_order);

struct run_opts {
    size_t planned; /* samples that the model is planned for; 0: those of the data */
    plait_accuracy accuracy;
    const char *variants; /* as plait_model_opts */
    bool disjoint_memory;
    bool out_of_order; /* runs on the out-of-order queue */
    bool apart; /* each step has a kernel of its own, as with `variants`: it serves many tests, a chain but one */
};

/* Creates a model, runs `batch` samples from arrays `x` to arrays `y`, frees it. Returns what the first
 * call that failed returned. Along the way fails the test unless
 *   - nothing outside the outputs and nothing in the inputs was written: every tensor lies at an odd
 *     multiple of 4 bytes in a buffer, with 64 floats of NaN before and after;
 *   - a second run, and plait_model_predict, give the same bits;
 *   - the model's device memory is what plait_model_plan_memory said, and is given back. */
plait_status fixture_run(plait_nodes inputs, plait_nodes outputs, const struct run_opts *opts, size_t batch,
                         const float *const *x, float *const *y);

/* The operators of the model's steps, in order: "conv2d conv2d add", in scratch memory (check.h). */
const char *fixture_steps(plait_nodes inputs, plait_nodes outputs, const struct run_opts *opts);

#endif
