/* SPDX-License-Identifier: MIT */
/* plait run: a model's outputs for arrays in files. */
#include "cli/cli.h"
#include "cli/model_file.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: plait run MODEL.keras -i [NAME=]X.npy ... [-o [NAME=]Y.npy ...] [OPTIONS]\n\n"
    "Runs a model that Keras saved (.keras, .h5) on float32 arrays, the batch axis first, and writes\n"
    "its outputs; without -o it prints the largest values of each row, or the range of what is no row.\n"
    "Files stand in the order of the model's inputs and outputs, or have their NAME.\n\n"
    "  -i, --input [NAME=]FILE    values of an input\n"
    "  -o, --output [NAME=]FILE   where to write an output\n"
    "  --device TEXT              device number, or a part of its or its platform's name\n"
    "  --accuracy fast|strict     strict: no algorithms with larger rounding errors (default: fast)\n";

enum { MAX_FILES = 256, TOP = 5, BATCH = 32 };

/* A file given on the command line. */
struct given {
    const char *name; /* NULL: by place */
    const char *path;
};

struct options {
    const char *model;
    const char *device;
    plait_accuracy accuracy;
    struct given inputs[MAX_FILES];
    size_t input_count;
    struct given outputs[MAX_FILES];
    size_t output_count;
};

/* The run's arrays, in the model's order. */
struct arrays {
    plait_array inputs[MAX_FILES]; /* as read, in the command line's order */
    const float *in[MAX_FILES];
    float *out[MAX_FILES];
    size_t batch;
};

/* Prints "plait run: <text>"; for mistakes that the library does not see. */
#define REFUSE(...) (fprintf(stderr, "plait run: " __VA_ARGS__), fputc('\n', stderr), EXIT_FAILED)

static int add_given(struct given *list, size_t *count, char *text)
{
    if (*count == MAX_FILES) {
        return 0;
    }
    list[*count].path = split_name(text, &list[*count].name);
    (*count)++;
    return 1;
}

/* The file for node number `index`: the one of its name, else the one in its place; NULL. */
static const struct given *find_given(const struct given *list, size_t count, const char *name, size_t index)
{
    for (size_t i = 0; i < count; i++) {
        if (list[i].name ? strcmp(list[i].name, name) == 0 : i == index) {
            return &list[i];
        }
    }
    return NULL;
}

static int read_inputs(const struct options *options, struct arrays *arrays, plait_keras_size *sizes)
{
    for (size_t i = 0; i < options->input_count; i++) {
        plait_array *array = &arrays->inputs[i];
        const plait_status status = plait_npy_read(options->inputs[i].path, array);
        if (status != PLAIT_OK) {
            return fail("run", status);
        }
        if (array->shape.rank == 0) {
            return REFUSE("%s: a single number; the first axis must be the batch", options->inputs[i].path);
        }
        sizes[i] = (plait_keras_size){.input = options->inputs[i].name, .shape.rank = array->shape.rank - 1};
        memcpy(sizes[i].shape.dims, array->shape.dims + 1, sizes[i].shape.rank * sizeof *array->shape.dims);
    }
    return EXIT_DONE;
}

static int same_sample(plait_shape array, plait_shape sample)
{
    return array.rank == sample.rank + 1 && memcmp(array.dims + 1, sample.dims, sample.rank * sizeof *sample.dims) == 0;
}

/* "(batch, 8, 8, 3)" of a sample's shape, or without `lead` that of an array. */
static void print_shape(FILE *file, const char *lead, plait_shape shape)
{
    fprintf(file, "(%s", lead);
    for (size_t i = 0; i < shape.rank; i++) {
        fprintf(file, "%s%zu", i || lead[0] ? ", " : "", shape.dims[i]);
    }
    fputs(")", file);
}

static int refuse_shape(const char *path, plait_shape array, const char *name, plait_shape sample)
{
    fprintf(stderr, "plait run: %s has shape ", path);
    print_shape(stderr, "", array);
    fprintf(stderr, ", but input \"%s\" is ", name);
    print_shape(stderr, "batch", sample);
    fputc('\n', stderr);
    return EXIT_FAILED;
}

/* Finds each input's array and checks it. */
static int bind_inputs(const struct options *options, const struct model_file *file, struct arrays *arrays)
{
    for (size_t i = 0; i < file->inputs.count; i++) {
        const char *name = plait_node_name(file->inputs.items[i]);
        const struct given *given = find_given(options->inputs, options->input_count, name, i);
        if (!given) {
            return REFUSE("input %zu, \"%s\", has no file; give one with -i", i, name);
        }
        const plait_array *array = &arrays->inputs[given - options->inputs];
        const plait_shape sample = plait_node_shape(file->inputs.items[i]);
        if (!same_sample(array->shape, sample)) {
            return refuse_shape(given->path, array->shape, name, sample);
        }
        if (i > 0 && array->shape.dims[0] != arrays->batch) {
            return REFUSE("%s has %zu samples, the inputs before it %zu", given->path, array->shape.dims[0],
                          arrays->batch);
        }
        arrays->batch = array->shape.dims[0];
        arrays->in[i] = array->data;
    }
    return EXIT_DONE;
}

/* The class of the largest value after that of class `last` (SIZE_MAX: of all); SIZE_MAX if there is none. */
static size_t next_best(const float *x, size_t classes, size_t last)
{
    size_t best = SIZE_MAX;

    for (size_t c = 0; c < classes; c++) {
        const int after = last == SIZE_MAX || x[c] < x[last] || (x[c] == x[last] && c > last);
        if (after && (best == SIZE_MAX || x[c] > x[best])) {
            best = c;
        }
    }
    return best;
}

/* Prints the largest of a row of classes: "7 (0.981)  9 (0.012)". */
static void print_top(const float *x, size_t classes)
{
    size_t best = next_best(x, classes, SIZE_MAX);

    for (size_t k = 0; k < TOP && best != SIZE_MAX; k++) {
        printf("  %zu (%.4g)", best, (double)x[best]);
        best = next_best(x, classes, best);
    }
}

/* Prints what there is of numbers that are no row of classes. */
static void print_range(const float *x, size_t count)
{
    float least = x[0];
    float most = x[0];
    double sum = 0;

    for (size_t i = 0; i < count; i++) {
        least = x[i] < least ? x[i] : least;
        most = x[i] > most ? x[i] : most;
        sum += (double)x[i];
    }
    printf("  %.4g to %.4g, mean %.4g", (double)least, (double)most, sum / (double)count);
}

/* Prints a line a sample: of a row of classes the largest, of a single number that, of all else the range. */
static void print_output(const char *name, const float *values, plait_shape shape, size_t batch)
{
    const size_t count = value_count(shape);

    printf("%s ", name);
    print_shape(stdout, "batch", shape);
    printf("%s\n", count == 1        ? ""
                   : shape.rank == 1 ? ": the largest values of each row, as class (value)"
                                     : ": the range of each sample");
    for (size_t row = 0; row < batch; row++) {
        const float *x = values + row * count;
        printf("%6zu:", row);
        if (count == 1) {
            printf("  %.6g", (double)x[0]);
        } else if (shape.rank == 1) {
            print_top(x, count);
        } else {
            print_range(x, count);
        }
        printf("\n");
    }
}

static int write_outputs(const struct options *options, const struct model_file *file, const struct arrays *arrays)
{
    for (size_t i = 0; i < file->outputs.count; i++) {
        const char *name = plait_node_name(file->outputs.items[i]);
        const plait_shape sample = plait_node_shape(file->outputs.items[i]);
        const struct given *given = find_given(options->outputs, options->output_count, name, i);
        plait_array array = {.data = arrays->out[i], .shape = {.rank = sample.rank + 1, .dims = {arrays->batch}}};
        memcpy(array.shape.dims + 1, sample.dims, sample.rank * sizeof *sample.dims);
        if (options->output_count == 0) {
            print_output(name, arrays->out[i], sample, arrays->batch);
            continue;
        }
        const plait_status status = given ? plait_npy_write(given->path, &array) : PLAIT_OK;
        if (status != PLAIT_OK) {
            return fail("run", status);
        }
    }
    return EXIT_DONE;
}

static int refuse_given(const struct given *given, plait_nodes nodes, const char *what)
{
    fprintf(stderr, "plait run: %s%s%s stands for no %s; the model has", given->name ? given->name : "",
            given->name ? "=" : "", given->path, what);
    for (size_t i = 0; i < nodes.count; i++) {
        fprintf(stderr, " \"%s\"", plait_node_name(nodes.items[i]));
    }
    fputc('\n', stderr);
    return EXIT_FAILED;
}

/* Whether each file stands for one of the nodes, which are the model's inputs or outputs (`what`). */
static int check_given(const struct given *list, size_t count, plait_nodes nodes, const char *what)
{
    for (size_t k = 0; k < count; k++) {
        size_t matches = 0;
        for (size_t i = 0; i < nodes.count; i++) {
            matches += find_given(list, count, plait_node_name(nodes.items[i]), i) == &list[k];
        }
        if (matches == 0) {
            return refuse_given(&list[k], nodes, what);
        }
    }
    return EXIT_DONE;
}

/* Host memory for the outputs; 0 if there is not enough. */
static int arrays_create(const struct model_file *file, struct arrays *arrays)
{
    int enough = 1;

    for (size_t i = 0; i < file->outputs.count; i++) {
        const size_t count = arrays->batch * value_count(plait_node_shape(file->outputs.items[i]));
        arrays->out[i] = malloc((count ? count : 1) * sizeof(float));
        enough = enough && arrays->out[i];
    }
    return enough;
}

static void arrays_free(struct arrays *arrays)
{
    for (size_t i = 0; i < MAX_FILES; i++) {
        plait_array_free(&arrays->inputs[i]);
        free(arrays->out[i]);
    }
}

static int predict(const struct options *options, const struct model_file *file, struct arrays *arrays)
{
    const plait_model_opts opts = {.batch = arrays->batch > 0 && arrays->batch < BATCH ? arrays->batch : BATCH,
                                   .accuracy = options->accuracy,
                                   .progress = progress_model};
    plait_context *context = NULL;
    plait_model *model = NULL;

    plait_status status = arrays_create(file, arrays) ? PLAIT_OK : PLAIT_ERR_HOST_MEMORY;
    if (status == PLAIT_OK) {
        status = plait_context_create(options->device, &(plait_context_opts){.keep_programs = 1}, &context);
    }
    if (status == PLAIT_OK) {
        status = plait_model_create(context, file->inputs, file->outputs, &opts, &model);
    }
    if (status == PLAIT_OK) {
        progress_show("running", 0, 0);
        status = plait_model_predict(model, arrays->batch, arrays->in, arrays->out);
    }
    progress_show(NULL, 0, 0);
    const int code = status == PLAIT_OK ? EXIT_DONE : fail("run", status);
    plait_model_free(model);
    plait_context_free(context);
    return code;
}

static int run(const struct options *options, struct arrays *arrays)
{
    plait_keras_size sizes[MAX_FILES];
    struct model_file file = {0};

    int code = read_inputs(options, arrays, sizes);
    if (code == EXIT_DONE) {
        progress_show("reading the model", 0, 0);
        const plait_status status = model_file_open(options->model, sizes, options->input_count, &file);
        code = status == PLAIT_OK ? EXIT_DONE : fail("run", status);
    }
    if (code == EXIT_DONE && (file.inputs.count > MAX_FILES || file.outputs.count > MAX_FILES)) {
        code = REFUSE("the model has more than %d inputs or outputs", MAX_FILES);
    }
    if (code == EXIT_DONE) {
        code = check_given(options->inputs, options->input_count, file.inputs, "input");
    }
    if (code == EXIT_DONE) {
        code = check_given(options->outputs, options->output_count, file.outputs, "output");
    }
    code = code == EXIT_DONE ? bind_inputs(options, &file, arrays) : code;
    code = code == EXIT_DONE ? predict(options, &file, arrays) : code;
    code = code == EXIT_DONE ? write_outputs(options, &file, arrays) : code;
    model_file_free(&file);
    return code;
}

/* EXIT_DONE with *stop set for --help. */
static int parse(int argc, char **argv, struct options *options, int *stop)
{
    static const struct option known[] = {
        {"input", required_argument, NULL, 'i'},  {"output", required_argument, NULL, 'o'},
        {"device", required_argument, NULL, 'd'}, {"accuracy", required_argument, NULL, 'a'},
        {"help", no_argument, NULL, 'h'},         {0},
    };

    int right = 1;

    for (int key; right && (key = getopt_long(argc, argv, "i:o:h", known, NULL)) != -1;) {
        switch (key) {
        case 'i':
            right = add_given(options->inputs, &options->input_count, optarg);
            break;
        case 'o':
            right = add_given(options->outputs, &options->output_count, optarg);
            break;
        case 'd':
            options->device = optarg;
            break;
        case 'a':
            right = parse_accuracy(optarg, &options->accuracy);
            break;
        default:
            fputs(help, key == 'h' ? stdout : stderr);
            *stop = 1;
            return key == 'h' ? EXIT_DONE : EXIT_USAGE;
        }
    }
    if (!right || optind + 1 != argc) {
        return misuse("run", help,
                      "one MODEL is needed, at most 256 files of each kind, and --accuracy fast or strict");
    }
    options->model = argv[optind];
    return EXIT_DONE;
}

int command_run(int argc, char **argv)
{
    struct options options = {0};
    struct arrays arrays = {0};
    int stop = 0;

    int code = parse(argc, argv, &options, &stop);
    if (code == EXIT_DONE && !stop) {
        code = run(&options, &arrays);
    }
    arrays_free(&arrays);
    return code;
}
