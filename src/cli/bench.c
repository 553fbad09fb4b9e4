/* SPDX-License-Identifier: MIT */
/* plait bench: how long a model takes. */
#define _POSIX_C_SOURCE 200809L /* clock_gettime */
#include "cli/cli.h"
#include "cli/subject.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
    "usage: plait bench MODEL [OPTIONS]\n\n"
    "Times MODEL from inputs in host memory to outputs in host memory. MODEL is a file that Keras saved,\n"
    "or two_branch_concat or two_branch_add: two pictures of 32 x 32 x 3, two convolutions of 24 x 24 with\n"
    "64 filters in each branch, with made-up weights.\n\n"
    "  --batch B         samples a run (default 1)\n"
    "  --runs N          timed runs after the first (default 10)\n"
    "  --device TEXT     device number, or a part of its or its platform's name\n"
    "  --accuracy A      fast or strict (default: fast)\n"
    "  --less-memory     no algorithms that take much more memory than the plain ones\n"
    "  --out-of-order    a queue on which independent branches may run at the same time, if the device has such\n"
    "  --variants LIST   force kernels, as conv2d=reference,dense=cpu\n"
    "  --layers          also print each step's kernel, least time, GFLOP/s (of the arithmetic that the layer is\n"
    "                    defined by: other algorithms need less), these as a part of what the device does at most,\n"
    "                    and the megabytes of weights and values that it reads and writes; steps then are kernels of\n"
    "                    their own, where they else are one\n"
    "  --json            print one JSON object\n";

struct options {
    const char *model;
    const char *device;
    const char *variants;
    plait_accuracy accuracy;
    int less_memory;
    int out_of_order;
    size_t batch;
    size_t runs;
    int layers;
    int json;
};

enum { MAX_ENDS = 64 };

/* Host arrays of a model, one allocation each. */
struct arrays {
    float *inputs[MAX_ENDS];
    float *outputs[MAX_ENDS];
};

struct times {
    double first;
    double *runs;  /* sorted */
    double *steps; /* least of each, in seconds; NULL: not measured */
    double peak;   /* of the device, GFLOP/s; 0: not measured */
};

static double now_ms(void)
{
    struct timespec time;

    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e3 + (double)time.tv_nsec * 1e-6;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Fills the inputs with numbers around 0; 0 if there is no memory. */
static int arrays_create(const plait_model *model, size_t batch, struct arrays *out)
{
    int complete = 1;

    for (size_t i = 0; i < plait_model_input_count(model); i++) {
        const size_t count = batch * value_count(plait_model_input_shape(model, i));
        out->inputs[i] = malloc(count * sizeof(float));
        complete = complete && out->inputs[i];
        for (size_t k = 0; out->inputs[i] && k < count; k++) {
            out->inputs[i][k] = (float)(k % 17) / 8.5F - 1.0F;
        }
    }
    for (size_t i = 0; i < plait_model_output_count(model); i++) {
        out->outputs[i] = malloc(batch * value_count(plait_model_output_shape(model, i)) * sizeof(float));
        complete = complete && out->outputs[i];
    }
    return complete;
}

static void arrays_free(struct arrays *arrays)
{
    for (size_t i = 0; i < MAX_ENDS; i++) {
        free(arrays->inputs[i]);
        free(arrays->outputs[i]);
    }
}

/* Keeps the least time of each step. */
static plait_status note_steps(const plait_model *model, double *least)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; status == PLAIT_OK && i < plait_model_step_count(model); i++) {
        plait_step_info info;
        status = plait_model_step(model, i, &info);
        if (status == PLAIT_OK && (least[i] == 0 || info.seconds < least[i])) {
            least[i] = info.seconds;
        }
    }
    return status;
}

static plait_status measure(plait_model *model, const struct options *options, struct arrays *arrays,
                            struct times *times)
{
    const float *const *inputs = (const float *const *)arrays->inputs;

    plait_status status = plait_model_predict(model, options->batch, inputs, arrays->outputs);
    times->first = now_ms() - times->first;
    for (size_t i = 0; status == PLAIT_OK && i < options->runs; i++) {
        progress_show("runs", i, options->runs);
        const double begin = now_ms();
        status = plait_model_predict(model, options->batch, inputs, arrays->outputs);
        times->runs[i] = now_ms() - begin;
        if (status == PLAIT_OK && times->steps) {
            status = note_steps(model, times->steps);
        }
    }
    qsort(times->runs, options->runs, sizeof *times->runs, compare);
    return status;
}

/* Makes room for the longest layer's name; inner models have long ones. */
static plait_status find_width(const plait_model *model, int *width)
{
    plait_status status = PLAIT_OK;

    for (size_t i = 0; status == PLAIT_OK && i < plait_model_step_count(model); i++) {
        plait_step_info info;
        status = plait_model_step(model, i, &info);
        if (status == PLAIT_OK && strlen(info.layer) > (size_t)*width) {
            *width = (int)strlen(info.layer);
        }
    }
    return status;
}

static void print_layer(const plait_step_info *step, int width, size_t batch, double seconds, double peak)
{
    const double rate = seconds > 0 ? step->gflop * (double)batch / seconds : 0;
    const double bytes = (double)batch * (double)step->sample_bytes + (double)step->weights_bytes;

    printf("%-*s %-20s %-13s %10.3f %10.1f %8.1f %10.3f\n", width, step->layer, step->kind, step->variant,
           seconds * 1e3, rate, 100 * rate / peak, bytes * 1e-6);
}

static plait_status print_layers(const plait_model *model, size_t batch, const struct times *times)
{
    int width = 24;

    plait_status status = find_width(model, &width);
    if (status == PLAIT_OK) {
        printf("%-*s %-20s %-13s %10s %10s %8s %10s\n", width, "layer", "operator", "variant", "ms", "GFLOP/s",
               "% peak", "MB");
    }
    for (size_t i = 0; status == PLAIT_OK && i < plait_model_step_count(model); i++) {
        plait_step_info step;
        status = plait_model_step(model, i, &step);
        if (status == PLAIT_OK) {
            print_layer(&step, width, batch, times->steps[i], times->peak);
        }
    }
    return status;
}

static plait_status print_times(const plait_model *model, const plait_context *context, const struct options *options,
                                const struct times *times)
{
    plait_device_info device;
    plait_memory memory;
    double gflop = 0;

    plait_status status = plait_context_device(context, &device);
    if (status == PLAIT_OK) {
        status = plait_model_memory(model, &memory);
    }
    for (size_t i = 0; status == PLAIT_OK && i < plait_model_step_count(model); i++) {
        plait_step_info info;
        status = plait_model_step(model, i, &info);
        gflop += info.gflop;
    }
    if (status != PLAIT_OK) {
        return status;
    }
    const double median = times->runs[options->runs / 2];
    const uint64_t peak = memory.weights_bytes + memory.arena_bytes + memory.staging_bytes;
    printf(
        options->json ? "{\"model\": \"%s\", \"device\": \"%s\", \"batch\": %zu, \"runs\": %zu, \"first_ms\": %.3f, "
                        "\"min_ms\": %.3f, \"median_ms\": %.3f, \"gflop\": %.6f, \"peak_bytes\": %" PRIu64 "}\n"
                      : "%s on %s, batch %zu, %zu runs: first %.1f ms (with set-up), minimum %.3f ms, median %.3f ms; "
                        "%.3f GFLOP a sample, %" PRIu64 " bytes on the device\n",
        options->model, device.name, options->batch, options->runs, times->first, times->runs[0], median, gflop, peak);
    return times->steps && !options->json ? print_layers(model, options->batch, times) : PLAIT_OK;
}

static plait_status run(const struct options *options, plait_context *context, const struct subject *subject,
                        struct times *times)
{
    const plait_model_opts opts = {.batch = options->batch,
                                   .accuracy = options->accuracy,
                                   .less_memory = options->less_memory != 0,
                                   .variants = options->variants,
                                   .progress = progress_model};
    plait_model *model = NULL;
    struct arrays arrays = {0};

    plait_status status = plait_model_create(context, subject->inputs, subject->outputs, &opts, &model);
    if (status == PLAIT_OK && options->layers) {
        times->steps = calloc(plait_model_step_count(model), sizeof(double));
        status = times->steps ? PLAIT_OK : PLAIT_ERR_HOST_MEMORY;
    }
    if (status == PLAIT_OK && !arrays_create(model, options->batch, &arrays)) {
        status = PLAIT_ERR_HOST_MEMORY;
    }
    if (status == PLAIT_OK) {
        status = measure(model, options, &arrays, times);
    }
    if (status == PLAIT_OK && options->layers) {
        status = plait_context_peak(context, &times->peak);
    }
    if (status == PLAIT_OK) {
        progress_show(NULL, 0, 0);
        status = print_times(model, context, options, times);
    }
    arrays_free(&arrays);
    plait_model_free(model);
    return status;
}

static int bench(const struct options *options)
{
    const plait_context_opts context_opts = {
        .profiling = options->layers, .awake = 1, .keep_programs = 1, .out_of_order = options->out_of_order};
    plait_context *context = NULL;
    struct subject subject;
    struct times times = {.first = now_ms(), .runs = calloc(options->runs, sizeof(double))};

    plait_status status = subject_open(options->model, &subject);
    if (!times.runs) {
        status = PLAIT_ERR_HOST_MEMORY;
    }
    if (status == PLAIT_OK && (subject.inputs.count > MAX_ENDS || subject.outputs.count > MAX_ENDS)) {
        fprintf(stderr, "plait bench: the model has more than %d inputs or outputs\n", MAX_ENDS);
        free(times.runs);
        subject_free(&subject);
        return EXIT_FAILED;
    }
    if (status == PLAIT_OK) {
        status = plait_context_create(options->device, &context_opts, &context);
    }
    if (status == PLAIT_OK) {
        status = run(options, context, &subject, &times);
    }
    const int code = status == PLAIT_OK ? EXIT_DONE : fail("bench", status);
    plait_context_free(context);
    subject_free(&subject);
    free(times.runs);
    free(times.steps);
    return code;
}

int command_bench(int argc, char **argv)
{
    static const struct option known[] = {
        {"batch", required_argument, NULL, 'b'},
        {"runs", required_argument, NULL, 'r'},
        {"device", required_argument, NULL, 'd'},
        {"variants", required_argument, NULL, 'v'},
        {"accuracy", required_argument, NULL, 'a'},
        {"less-memory", no_argument, NULL, 'm'},
        {"layers", no_argument, NULL, 'l'},
        {"json", no_argument, NULL, 'j'},
        {"out-of-order", no_argument, NULL, 'o'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    struct options options = {.batch = 1, .runs = 10};
    int right = 1;

    for (int key; (key = getopt_long(argc, argv, "h", known, NULL)) != -1;) {
        switch (key) {
        case 'b':
            options.batch = parse_count(optarg);
            break;
        case 'r':
            options.runs = parse_count(optarg);
            break;
        case 'd':
            options.device = optarg;
            break;
        case 'v':
            options.variants = optarg;
            break;
        case 'a':
            right = parse_accuracy(optarg, &options.accuracy) && right;
            break;
        case 'm':
            options.less_memory = 1;
            break;
        case 'o':
            options.out_of_order = 1;
            break;
        case 'l':
            options.layers = 1;
            break;
        case 'j':
            options.json = 1;
            break;
        default:
            fputs(help, key == 'h' ? stdout : stderr);
            return key == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (!right || optind + 1 != argc || options.batch == 0 || options.runs == 0) {
        return misuse("bench", help,
                      "one MODEL is needed, --batch and --runs of at least 1, and --accuracy fast or strict");
    }
    options.model = argv[optind];
    return bench(&options);
}
