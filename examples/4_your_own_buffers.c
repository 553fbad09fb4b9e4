/* SPDX-License-Identifier: MIT */
/* Lesson 4: plait as a guest in an OpenCL application.
 *
 * The application has a context, a queue and one buffer of 12 floats:
 *     x: floats 0 to 3    y: floats 4 to 7    x + y: floats 8 to 11
 * It writes x and y without waiting, lets plait add them after that write, and reads the sum after plait's
 * event. Nothing is copied, and nothing waits but the last read. */
#include "common.h"

#include <plait/opencl.h>

enum { COUNT = 4, PART_BYTES = COUNT * 4, BUFFER_BYTES = 3 * PART_BYTES };

static void check_cl(cl_int code)
{
    if (code != CL_SUCCESS) {
        fprintf(stderr, "OpenCL error %d\n", code);
        exit(EXIT_FAILURE);
    }
}

struct application {
    cl_context context;
    cl_command_queue queue;
    cl_mem buffer;
};

static struct application application_open(void)
{
    struct application app;
    cl_platform_id platform;
    cl_device_id device;
    cl_int code;

    check_cl(clGetPlatformIDs(1, &platform, NULL));
    check_cl(clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 1, &device, NULL));
    app.context = clCreateContext(NULL, 1, &device, NULL, NULL, &code);
    check_cl(code);
    app.queue = clCreateCommandQueue(app.context, device, CL_QUEUE_OUT_OF_ORDER_EXEC_MODE_ENABLE, &code);
    check_cl(code);
    app.buffer = clCreateBuffer(app.context, CL_MEM_READ_WRITE, BUFFER_BYTES, NULL, &code);
    check_cl(code);
    return app;
}

static void application_close(struct application app)
{
    check_cl(clReleaseMemObject(app.buffer));
    check_cl(clReleaseCommandQueue(app.queue));
    check_cl(clReleaseContext(app.context));
}

/* A model of one layer is how an application gets a single operation. */
static plait_model *create_adder(plait_context *context)
{
    plait_graph *graph = NULL;
    plait_model *model = NULL;

    check(plait_graph_create(&graph));
    const plait_node x = plait_input(graph, "x", PLAIT_SHAPE(COUNT));
    const plait_node y = plait_input(graph, "y", PLAIT_SHAPE(COUNT));
    const plait_node sum = plait_add(PLAIT_NODES(x, y), NULL);
    check(plait_model_create(context, PLAIT_NODES(x, y), PLAIT_NODES(sum), NULL, &model));
    plait_graph_free(graph);
    return model;
}

int main(void)
{
    const cl_float values[2 * COUNT] = {1, 2, 3, 4, 10, 20, 30, 40};
    cl_float sums[COUNT];
    struct application app = application_open();
    plait_context *context = NULL;
    plait_tensor *parts[3] = {NULL};
    cl_event written = NULL;
    cl_event added = NULL;

    check(plait_context_adopt(app.context, app.queue, NULL, &context));
    plait_model *model = create_adder(context);
    for (size_t i = 0; i < 3; i++) { /* one sample each: batch axis first */
        check(plait_tensor_adopt(context, app.buffer, i * PART_BYTES, PLAIT_SHAPE(1, COUNT), &parts[i]));
    }

    const plait_tensor *const inputs[] = {parts[0], parts[1]};
    check_cl(clEnqueueWriteBuffer(app.queue, app.buffer, CL_FALSE, 0, sizeof values, values, 0, NULL, &written));
    check(plait_model_enqueue(model, 1, inputs, &parts[2], 1, &written, &added));
    check_cl(clEnqueueReadBuffer(app.queue, app.buffer, CL_TRUE, 2 * PART_BYTES, PART_BYTES, sums, 1, &added, NULL));
    for (size_t i = 0; i < COUNT; i++) {
        printf("%g + %g = %g\n", (double)values[i], (double)values[COUNT + i], (double)sums[i]);
    }

    check_cl(clReleaseEvent(added));
    check_cl(clReleaseEvent(written));
    for (size_t i = 0; i < 3; i++) {
        plait_tensor_free(parts[i]);
    }
    plait_model_free(model);
    plait_context_free(context);
    application_close(app);
    return EXIT_SUCCESS;
}
