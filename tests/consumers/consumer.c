/* SPDX-License-Identifier: MIT */
/* The smallest program of a user, C17 and C++17 alike: lists the devices, adds two tensors of 2 x 2. */
#include <plait.h>
#include <stdio.h>

static int failed(void)
{
    fprintf(stderr, "%s\n", plait_error_message());
    return 1;
}

static plait_status list_devices(void)
{
    size_t count = 0;
    plait_status status = plait_device_count(&count);

    for (size_t i = 0; i < count && status == PLAIT_OK; i++) {
        plait_device_info info;
        status = plait_device_get(i, &info);
        if (status == PLAIT_OK) {
            printf("%zu: %s\n", i, info.name);
        }
    }
    return status;
}

static plait_status add(plait_context *context, const float *a, const float *b, float *y)
{
    plait_graph *graph = NULL;
    plait_model *model = NULL;
    const float *inputs[] = {a, b};
    float *outputs[] = {y};
    plait_status status = plait_graph_create(&graph);

    if (status == PLAIT_OK) {
        const plait_node left = plait_input(graph, "left", PLAIT_SHAPE(2, 2));
        const plait_node right = plait_input(graph, "right", PLAIT_SHAPE(2, 2));
        const plait_node sum = plait_add(PLAIT_NODES(left, right), NULL);
        status = plait_model_create(context, PLAIT_NODES(left, right), PLAIT_NODES(sum), NULL, &model);
    }
    if (status == PLAIT_OK) {
        status = plait_model_predict(model, 1, inputs, outputs);
    }
    plait_model_free(model);
    plait_graph_free(graph);
    return status;
}

int main(void)
{
    const float a[4] = {1, 2, 3, 4};
    const float b[4] = {10, 20, 30, 40};
    float y[4] = {0, 0, 0, 0};
    plait_context *context = NULL;

    if (list_devices() != PLAIT_OK || plait_context_create(NULL, NULL, &context) != PLAIT_OK) {
        return failed();
    }
    const plait_status status = add(context, a, b, y);
    plait_context_free(context);
    if (status != PLAIT_OK) {
        return failed();
    }
    printf("%g %g\n%g %g\n", (double)y[0], (double)y[1], (double)y[2], (double)y[3]);
    return y[0] == 11 && y[1] == 22 && y[2] == 33 && y[3] == 44 && plait_version() == PLAIT_VERSION_HEX ? 0 : 1;
}
