/* SPDX-License-Identifier: MIT */
#include "keras_case.h"

#include "fixture.h"
#include "oracle.h"

#include <stdio.h>
#include <string.h>

struct keras_loaded keras_load(const char *path, const plait_keras_opts *opts)
{
    struct keras_loaded loaded = {0};

    check_ok(plait_graph_create(&loaded.graph));
    check_ok(plait_load_keras(loaded.graph, path, opts, &loaded.keras));
    return loaded;
}

void keras_unload(struct keras_loaded *loaded)
{
    plait_keras_free(loaded->keras);
    plait_graph_free(loaded->graph);
}

/* Reads CASE.x0.npy, ... ; returns how many there are. */
static size_t read_arrays(const char *name, char kind, plait_array *out)
{
    size_t count = 0;

    for (; count < KERAS_MOST_ENDS; count++) {
        const char *path = keras_path(scratch_text("%s.%c%zu.npy", name, kind, count));
        FILE *file = fopen(path, "rb");
        if (!file) {
            break;
        }
        (void)fclose(file);
        check_ok(plait_npy_read(path, &out[count]));
    }
    check_that(count > 0, "%s has no arrays", name);
    return count;
}

static plait_shape sample_shape(plait_shape shape)
{
    plait_shape sample = {.rank = shape.rank - 1};

    memcpy(sample.dims, shape.dims + 1, sample.rank * sizeof *sample.dims);
    return sample;
}

struct keras_golden keras_golden_read(const char *name)
{
    struct keras_golden golden = {0};

    golden.inputs = read_arrays(name, 'x', golden.x);
    golden.outputs = read_arrays(name, 'y', golden.y);
    for (size_t i = 0; i < golden.inputs; i++) {
        golden.sizes[i].shape = sample_shape(golden.x[i].shape);
    }
    return golden;
}

void keras_golden_free(struct keras_golden *golden)
{
    for (size_t i = 0; i < KERAS_MOST_ENDS; i++) {
        plait_array_free(&golden->x[i]);
        plait_array_free(&golden->y[i]);
    }
}

void keras_check_outputs(const char *file, const struct keras_loaded *loaded, const struct keras_golden *golden)
{
    const struct run_opts opts = {.accuracy = PLAIT_STRICT};
    const plait_nodes inputs = plait_keras_inputs(loaded->keras);
    const plait_nodes outputs = plait_keras_outputs(loaded->keras);
    const float *x[KERAS_MOST_ENDS] = {0};
    float *y[KERAS_MOST_ENDS] = {0};
    struct reference want[KERAS_MOST_ENDS];

    check_that(inputs.count == golden->inputs && outputs.count == golden->outputs, "%s: %zu inputs, %zu outputs", file,
               inputs.count, outputs.count);
    for (size_t i = 0; i < golden->inputs; i++) {
        x[i] = golden->x[i].data;
    }
    for (size_t i = 0; i < golden->outputs; i++) {
        want[i] = reference_of(golden->y[i].shape, golden->y[i].data);
        y[i] = scratch(want[i].count, sizeof(float));
        const plait_shape got = plait_node_shape(outputs.items[i]);
        const plait_shape wanted = sample_shape(golden->y[i].shape);
        check_that(memcmp(&got, &wanted, sizeof got) == 0, "%s: output %zu has another shape", file, i);
    }
    check_ok(fixture_run(inputs, outputs, &opts, golden->x[0].shape.dims[0], x, y));
    for (size_t i = 0; i < golden->outputs; i++) {
        check_verdict(compare(y[i], &want[i], GATE_L2, 2e-6), "%s, output %zu", file, i);
    }
}

void keras_check_case(const char *name, const char *form)
{
    const char *file = scratch_text("%s.%s", name, form);
    struct keras_golden golden = keras_golden_read(name);
    const plait_keras_opts opts = {.sizes = golden.sizes, .size_count = golden.inputs};
    struct keras_loaded loaded = keras_load(keras_path(file), &opts);

    keras_check_outputs(file, &loaded, &golden);
    keras_unload(&loaded);
    keras_golden_free(&golden);
    scratch_reset();
}
