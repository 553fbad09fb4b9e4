/* SPDX-License-Identifier: MIT */
/* plait check: every kernel against its reference, on one device. A bug report wants its output. */
#include "cli/check_cases.h"
#include "cli/cli.h"

#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: plait check [OPTIONS]\n\n"
    "Runs small layers, of every kind that plait has, with the kernels that plait chooses for the device and\n"
    "then with each other kernel that can compute them there, and compares with the plain reference kernels.\n"
    "Ends with 1 if any differ by more than rounding explains.\n\n"
    "  --device TEXT            device number, or a part of its or its platform's name\n"
    "  --accuracy fast|strict   strict: no algorithms with larger rounding errors (default: fast)\n";

enum { BATCH = 3, FLOATS = 1 << 20, MOST_KINDS = 8, LIST_BYTES = 512 };

/* Of the largest value: what single precision and fast algorithms may differ by. */
static const double tolerance = 1e-4;

static const char plain[] = "reference";

struct options {
    const char *device;
    plait_accuracy accuracy;
};

struct check {
    plait_context *context;
    plait_accuracy accuracy;
    float *memory;
    size_t compared;
    size_t wrong;
};

/* A layer, its inputs, and memory for what comes of them. */
struct subject {
    const char *name;
    plait_nodes inputs;
    plait_node output;
    const float *in[CHECK_MOST_INPUTS];
    float *right; /* by the reference */
    float *out;
    size_t count; /* of each of the two */
};

/* An operator among a model's steps, and a variant of it. */
struct kind {
    const char *name;
    const char *variant;
    size_t step; /* the first of it */
};

/* Those of one model, which owns the names. */
struct kinds {
    struct kind items[MOST_KINDS];
    size_t count;
};

/* Each operator of the model's steps once, with the variant chosen for the first step. */
static plait_status find_kinds(const plait_model *model, struct kinds *kinds)
{
    plait_status status = PLAIT_OK;

    kinds->count = 0;
    for (size_t i = 0; status == PLAIT_OK && i < plait_model_step_count(model); i++) {
        plait_step_info step = {0};
        size_t k = 0;
        status = plait_model_step(model, i, &step);
        while (status == PLAIT_OK && k < kinds->count && strcmp(kinds->items[k].name, step.kind) != 0) {
            k++;
        }
        if (status == PLAIT_OK && k == kinds->count && k < MOST_KINDS) {
            kinds->items[kinds->count++] = (struct kind){step.kind, step.variant, i};
        }
    }
    return status;
}

/* The same operators with the reference, but number `other` with a variant of its own; NULL: none. */
static struct kinds force(const struct kinds *kinds, size_t other, const char *variant)
{
    struct kinds forced = *kinds;

    for (size_t i = 0; i < forced.count; i++) {
        forced.items[i].variant = variant && i == other ? variant : plain;
    }
    return forced;
}

/* "conv2d=cpu,relu=reference" */
static void list_variants(const struct kinds *kinds, char list[LIST_BYTES])
{
    size_t length = 0;

    list[0] = 0;
    for (size_t i = 0; i < kinds->count && length < LIST_BYTES; i++) {
        length += (size_t)snprintf(list + length, LIST_BYTES - length, "%s%s=%s", i ? "," : "", kinds->items[i].name,
                                   kinds->items[i].variant);
    }
}

/* The model with these variants, or, for NULL, those that plait chooses. */
static plait_status create(const struct check *check, const struct subject *subject, const struct kinds *kinds,
                           plait_model **out)
{
    char list[LIST_BYTES] = "";
    const plait_model_opts opts = {.batch = BATCH, .accuracy = check->accuracy, .variants = list};

    if (kinds) {
        list_variants(kinds, list);
    }
    return plait_model_create(check->context, subject->inputs, PLAIT_NODES(subject->output), &opts, out);
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

/* Prints a line: how far from the reference something is, or why that is not known. */
static void tell(struct check *check, const char *name, const char *variants, double difference, plait_status status)
{
    const int right = status == PLAIT_OK && difference <= tolerance;

    check->compared++;
    check->wrong += !right;
    printf("%-24s %-52s %12.1e  %s\n", name, variants, difference,
           status != PLAIT_OK ? plait_error_message()
           : right            ? "right"
                              : "WRONG");
}

/* Runs a model with these variants and compares. */
static void judge(struct check *check, const struct subject *subject, plait_model *model, const struct kinds *kinds)
{
    char list[LIST_BYTES];
    float *out = subject->out;

    for (size_t i = 0; i < subject->count; i++) {
        out[i] = NAN; /* all must be written */
    }
    const plait_status status = plait_model_predict(model, BATCH, subject->in, &out);
    list_variants(kinds, list);
    tell(check, subject->name, list, compare(out, subject->right, subject->count), status);
}

static plait_status run_reference(const struct check *check, const struct subject *subject, const struct kinds *kinds)
{
    const struct kinds all_plain = force(kinds, 0, NULL);
    plait_model *model = NULL;
    float *right = subject->right;

    plait_status status = create(check, subject, &all_plain, &model);
    if (status == PLAIT_OK) {
        status = plait_model_predict(model, BATCH, subject->in, &right);
    }
    plait_model_free(model);
    return status;
}

/* The variants of operator number `k` that were not chosen, as far as they can compute the layer. */
static plait_status check_others(struct check *check, const struct subject *subject, const plait_model *chosen,
                                 const struct kinds *kinds, size_t k)
{
    plait_status status = PLAIT_OK;
    const char *variant;

    for (size_t i = 0; status == PLAIT_OK; i++) {
        plait_model *model = NULL;
        variant = plait_model_step_variant(chosen, kinds->items[k].step, i);
        if (!variant) {
            break;
        }
        if (strcmp(variant, plain) == 0 || strcmp(variant, kinds->items[k].variant) == 0) {
            continue;
        }
        const struct kinds forced = force(kinds, k, variant);
        status = create(check, subject, &forced, &model);
        if (status == PLAIT_OK) {
            judge(check, subject, model, &forced);
        }
        plait_model_free(model);
        status = status == PLAIT_ERR_UNSUPPORTED ? PLAIT_OK : status;
    }
    return status;
}

static plait_status check_variants(struct check *check, const struct subject *subject)
{
    plait_model *chosen = NULL;
    struct kinds kinds;

    plait_status status = create(check, subject, NULL, &chosen);
    if (status == PLAIT_OK) {
        status = find_kinds(chosen, &kinds);
    }
    if (status == PLAIT_OK) {
        status = run_reference(check, subject, &kinds);
    }
    if (status == PLAIT_OK) {
        judge(check, subject, chosen, &kinds);
    }
    for (size_t k = 0; status == PLAIT_OK && k < kinds.count; k++) {
        status = check_others(check, subject, chosen, &kinds, k);
    }
    plait_model_free(chosen);
    return status;
}

static plait_status check_case(struct check *check, const struct check_case *it)
{
    struct supply supply = {.next = check->memory, .left = FLOATS, .state = 1};
    struct subject subject = {.name = it->name};
    plait_node inputs[CHECK_MOST_INPUTS];
    plait_graph *graph = NULL;

    plait_status status = plait_graph_create(&graph);
    if (status != PLAIT_OK) {
        return status;
    }
    for (size_t i = 0; i < it->input_count; i++) {
        inputs[i] = plait_input(graph, NULL, it->shape);
        subject.in[i] = take(&supply, PLAIT_SHAPE(BATCH * value_count(it->shape)), 1, 0).data;
    }
    subject.inputs = (plait_nodes){inputs, it->input_count};
    subject.output = it->make(subject.inputs, &supply);
    subject.count = BATCH * value_count(plait_node_shape(subject.output));
    subject.right = (float *)take(&supply, PLAIT_SHAPE(subject.count), 1, 0).data;
    subject.out = (float *)take(&supply, PLAIT_SHAPE(subject.count), 1, 0).data;
    status = subject.out ? check_variants(check, &subject) : PLAIT_ERR_HOST_MEMORY;
    plait_graph_free(graph);
    return status;
}

/* A case that cannot be run is wrong, and the others go on. */
static void check_cases(struct check *check, const struct check_cases *cases)
{
    for (size_t i = 0; i < cases->count; i++) {
        const plait_status status = check_case(check, &cases->items[i]);
        if (status != PLAIT_OK) {
            tell(check, cases->items[i].name, "", NAN, status);
        }
    }
}

static int check_all(struct check *check)
{
    printf("%-24s %-52s %12s\n", "layer", "kernels", "difference");
    check_cases(check, &check_weighted);
    check_cases(check, &check_plain);
    if (check->wrong > 0) {
        fprintf(stderr, "plait check: %zu of %zu are wrong; please report the table\n", check->wrong, check->compared);
        return EXIT_FAILED;
    }
    printf("all %zu are right\n", check->compared);
    return EXIT_DONE;
}

static int run(const struct options *options)
{
    struct check check = {.accuracy = options->accuracy, .memory = malloc(FLOATS * sizeof(float))};
    plait_device_info device;

    plait_status status = check.memory ? PLAIT_OK : PLAIT_ERR_HOST_MEMORY;
    if (status == PLAIT_OK) {
        status = plait_context_create(options->device, &(plait_context_opts){.separate_kernels = 1}, &check.context);
    }
    if (status == PLAIT_OK) {
        status = plait_context_device(check.context, &device);
    }
    int code = status == PLAIT_OK ? EXIT_DONE : fail("check", status);
    if (code == EXIT_DONE) {
        printf("plait %d.%d.%d on %s, %s, %s, driver %s\n\n", PLAIT_VERSION_MAJOR, PLAIT_VERSION_MINOR,
               PLAIT_VERSION_PATCH, device.name, device.platform, device.opencl, device.driver);
        code = check_all(&check);
    }
    plait_context_free(check.context);
    free(check.memory);
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
    return run(&options);
}
