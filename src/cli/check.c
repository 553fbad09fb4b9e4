/* SPDX-License-Identifier: MIT */
/* plait check: every kernel against its reference, on one device. A bug report wants its output. */
#include "cli/check_cases.h"
#include "cli/cli.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const char help[] =
    "usage: plait check [OPTIONS]\n\n"
    "Runs small layers of every kind with the kernels that plait chooses for the device, and with the plain\n"
    "reference kernels, and compares. Ends with 1 if any differ by more than rounding explains.\n\n"
    "  --device TEXT            device number, or a part of its or its platform's name\n"
    "  --accuracy fast|strict   strict: no algorithms with larger rounding errors (default: fast)\n";

enum { BATCH = 3, FLOATS = 1 << 19, VARIANTS_BYTES = 256 };

/* Of the largest value: what single precision and fast algorithms may differ by. */
static const double tolerance = 1e-4;

struct options {
    const char *device;
    plait_accuracy accuracy;
};

/* What a check works with. */
struct setup {
    plait_context *context;
    plait_accuracy accuracy;
    float *memory;
    plait_graph *graph;
    plait_nodes inputs;
    plait_node output;
    const float *in[CHECK_MOST_INPUTS];
};

struct result {
    char variants[VARIANTS_BYTES]; /* "conv2d=fft": as chosen */
    double difference;             /* largest, as a part of the largest value; NaN where only one is finite */
};

/* Makes the model with these variants and runs it; `used` gets the steps' variants, "conv2d=fft,relu=cpu", and
 * `plain` the same steps with "reference". */
static plait_status run_once(const struct setup *setup, const char *variants, float *out, char *used, char *plain)
{
    const plait_model_opts opts = {.batch = BATCH, .accuracy = setup->accuracy, .variants = variants};
    plait_model *model = NULL;
    size_t length[2] = {0};

    plait_status status = plait_model_create(setup->context, setup->inputs, PLAIT_NODES(setup->output), &opts, &model);
    for (size_t i = 0; status == PLAIT_OK && used && i < plait_model_step_count(model); i++) {
        plait_step_info step;
        status = plait_model_step(model, i, &step);
        if (status == PLAIT_OK && length[1] + 64 < VARIANTS_BYTES) {
            const char *comma = i > 0 ? "," : "";
            length[0] += (size_t)snprintf(used + length[0], 64, "%s%.24s=%.24s", comma, step.kind, step.variant);
            length[1] += (size_t)snprintf(plain + length[1], 64, "%s%.24s=reference", comma, step.kind);
        }
    }
    if (status == PLAIT_OK) {
        status = plait_model_predict(model, BATCH, setup->in, &out);
    }
    plait_model_free(model);
    return status;
}

/* The largest difference as a part of the largest value. */
static double compare(const float *a, const float *b, size_t count)
{
    double difference = 0;
    double largest = 0;

    for (size_t i = 0; i < count; i++) {
        if (!isfinite(a[i]) || !isfinite(b[i])) {
            return NAN; /* no layer makes such of these inputs */
        }
        difference = fmax(difference, fabs((double)a[i] - (double)b[i]));
        largest = fmax(largest, fabs((double)b[i]));
    }
    return difference / fmax(largest, 1e-30);
}

static plait_status measure(const struct setup *setup, struct supply *supply, struct result *result)
{
    const plait_shape shape = plait_node_shape(setup->output);
    const size_t count = BATCH * value_count(shape);
    char plain[VARIANTS_BYTES] = "";
    plait_array outputs[2];

    for (size_t i = 0; i < 2; i++) {
        outputs[i] = take(supply, PLAIT_SHAPE(count), 1, 0); /* no kernel's result: all must be written */
        if (!outputs[i].data) {
            return PLAIT_ERR_HOST_MEMORY;
        }
    }
    plait_status status = run_once(setup, NULL, (float *)outputs[0].data, result->variants, plain);
    if (status == PLAIT_OK) {
        status = run_once(setup, plain, (float *)outputs[1].data, NULL, NULL);
    }
    result->difference = status == PLAIT_OK ? compare(outputs[0].data, outputs[1].data, count) : NAN;
    return status;
}

static plait_status check_case(struct setup *setup, const struct check_case *it, struct result *result)
{
    struct supply supply = {.next = setup->memory, .left = FLOATS, .state = 1};
    plait_node inputs[CHECK_MOST_INPUTS];

    plait_status status = plait_graph_create(&setup->graph);
    if (status != PLAIT_OK) {
        return status;
    }
    for (size_t i = 0; i < it->input_count; i++) {
        inputs[i] = plait_input(setup->graph, NULL, it->shape);
        setup->in[i] = take(&supply, PLAIT_SHAPE(BATCH * value_count(it->shape)), 1, 0).data;
    }
    setup->inputs = (plait_nodes){inputs, it->input_count};
    setup->output = it->make(setup->inputs, &supply);
    status = measure(setup, &supply, result);
    plait_graph_free(setup->graph);
    return status;
}

/* Prints a line a case; EXIT_FAILED if one differs. A case that cannot run fails, and the others go on. */
static int check_all(struct setup *setup)
{
    size_t wrong = 0;

    printf("%-24s %-44s %12s\n", "layer", "kernels", "difference");
    for (size_t i = 0; i < check_case_count; i++) {
        struct result result = {0};
        const plait_status status = check_case(setup, &check_cases[i], &result);
        const int right = result.difference <= tolerance;
        wrong += !right;
        printf("%-24s %-44s %12.1e  %s\n", check_cases[i].name, result.variants, result.difference,
               status != PLAIT_OK ? plait_error_message()
               : right            ? "right"
                                  : "WRONG");
    }
    if (wrong > 0) {
        fprintf(stderr, "plait check: %zu of %zu layers are wrong; please report the table\n", wrong, check_case_count);
        return EXIT_FAILED;
    }
    printf("all %zu are right\n", check_case_count);
    return EXIT_DONE;
}

static int check(const struct options *options)
{
    struct setup setup = {.accuracy = options->accuracy, .memory = malloc(FLOATS * sizeof(float))};
    plait_device_info device;

    plait_status status = setup.memory ? PLAIT_OK : PLAIT_ERR_HOST_MEMORY;
    if (status == PLAIT_OK) {
        status = plait_context_create(options->device, NULL, &setup.context);
    }
    if (status == PLAIT_OK) {
        status = plait_context_device(setup.context, &device);
    }
    int code = status == PLAIT_OK ? EXIT_DONE : fail("check", status);
    if (code == EXIT_DONE) {
        printf("plait %d.%d.%d on %s, %s, %s, driver %s\n\n", PLAIT_VERSION_MAJOR, PLAIT_VERSION_MINOR,
               PLAIT_VERSION_PATCH, device.name, device.platform, device.opencl, device.driver);
        code = check_all(&setup);
    }
    plait_context_free(setup.context);
    free(setup.memory);
    return code;
}

int command_check(int argc, char **argv)
{
    static const struct option known[] = {
        {"device", required_argument, NULL, 'd'},
        {"accuracy", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {0};
    int right = 1;

    for (int key; (key = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (key) {
        case 'd':
            options.device = optarg;
            break;
        case 'a':
            right = parse_accuracy(optarg, &options.accuracy) && right;
            break;
        default:
            fputs(help, key == 'h' ? stdout : stderr);
            return key == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (!right || optind != argc) {
        return misuse("check", help, "there are no other arguments, and --accuracy is fast or strict");
    }
    return check(&options);
}
