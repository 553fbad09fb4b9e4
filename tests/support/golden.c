/* SPDX-License-Identifier: MIT */
#include "golden.h"

#include "fixture.h"

#include <math.h>
#include <plait/load.h>
#include <stdio.h>
#include <string.h>

plait_array golden_array(const char *name, ...)
{
    char text[200];
    plait_array file;
    va_list args;

    va_start(args, name);
    (void)vsnprintf(text, sizeof text, name, args);
    va_end(args);
    const char *path = scratch_text(PLAIT_SOURCE_DIR "/tests/golden/data/%s.npy", text);
    FILE *found = fopen(path, "rb");
    if (!found) {
        return (plait_array){0};
    }
    (void)fclose(found);
    check_ok(plait_npy_read(path, &file));
    struct reference copy = reference_of(file.shape, file.data);
    const plait_array array = {.data = reference_floats(&copy), .shape = file.shape};
    plait_array_free(&file);
    return array;
}

struct twin golden_input(plait_graph *graph, plait_array x)
{
    plait_shape sample = {.rank = x.shape.rank - 1};

    memcpy(sample.dims, x.shape.dims + 1, sample.rank * sizeof sample.dims[0]);
    return twin_input(graph, sample, x.shape.dims[0], x.data);
}

const float *golden_run(const struct golden *golden, plait_accuracy accuracy)
{
    const struct run_opts opts = {.accuracy = accuracy};
    const float *x[GOLDEN_INPUTS];
    plait_node nodes[GOLDEN_INPUTS];
    float *y = scratch(golden->output.ref.count, sizeof *y);

    for (size_t i = 0; i < golden->input_count; i++) {
        x[i] = reference_floats(&golden->inputs[i].ref);
        nodes[i] = golden->inputs[i].node;
    }
    check_ok(fixture_run((plait_nodes){nodes, golden->input_count}, PLAIT_NODES(golden->output.node), &opts,
                         golden->inputs[0].ref.shape.dims[0], x, &y));
    return y;
}

void golden_check(const struct golden *golden)
{
    const struct reference *oracle = &golden->output.ref;
    struct reference keras_bound = *oracle;

    keras_bound.terms = scratch(oracle->count, sizeof *keras_bound.terms);
    for (size_t i = 0; i < oracle->count; i++) {
        const double cancelled = golden->keras_cancels ? 1 + fmin(fabs(golden->inputs[0].ref.value[i]), 100) : 0;
        keras_bound.terms[i] = oracle->terms[i] + cancelled;
    }
    check_that(golden->keras.data != NULL, "%s: there is no file of Keras's values", golden->name);
    check_that(memcmp(&golden->keras.shape, &oracle->shape, sizeof oracle->shape) == 0, "%s: Keras has another shape",
               golden->name);
    check_verdict(compare(golden->keras.data, &keras_bound, GATE_ANY, 0), "%s: Keras and the oracle", golden->name);
    check_verdict(compare(golden_run(golden, PLAIT_STRICT), oracle, GATE_ANY, 0), "%s: plait and the oracle",
                  golden->name);
}
