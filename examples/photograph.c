/* SPDX-License-Identifier: MIT */
/* Says what a photograph shows, with a model of keras.applications or any classifier like them. */
#include "common.h"

#include <string.h>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include <stb/stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

static const char usage[] =
    "usage: photograph MODEL.keras PHOTO.jpg|PHOTO.png [--mode MODE] [--names FILE] [--device TEXT]\n"
    "\n"
    "  --mode MODE     how the model wants its pixels: caffe, tf, torch or none, as in keras.applications\n"
    "                  (default: by the model's name; tf for one that is not known)\n"
    "  --names FILE    the classes' names, one a line (default: their numbers)\n"
    "  --device TEXT   part of a device's name, or its number (default: the first GPU, else the CPU)\n";

enum { CHANNELS = 3, TOP = 5, NAME_BYTES = 128 };

/* Step 1: how the pixels 0..255 of a model's family become its inputs:
 * (pixel * scale - mean[channel]) / deviation[channel], in the order blue, green, red if `bgr`. */
struct mode {
    const char *name;
    const char *families[8]; /* how the names of the models begin that want it; longer names first */
    int bgr;
    float scale;
    float mean[CHANNELS];
    float deviation[CHANNELS];
};

static const struct mode modes[] = {
    {"tf",
     {"resnet50v2", "resnet101v2", "resnet152v2", "mobilenet", "inception", "xception", "nasnet"},
     0,
     1 / 127.5F,
     {1, 1, 1},
     {1, 1, 1}},
    {"caffe", {"resnet", "vgg"}, 1, 1, {103.939F, 116.779F, 123.68F}, {1, 1, 1}},
    {"torch", {"densenet"}, 0, 1 / 255.0F, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}},
    {"none", {"efficientnet", "convnext", "mobilenetv3", "MobileNetV3"}, 0, 1, {0}, {1, 1, 1}},
};

enum { MODE_COUNT = sizeof modes / sizeof *modes };

struct options {
    const char *model;
    const char *photo;
    const char *mode; /* NULL: by the model's name */
    const char *names;
    const char *device;
};

static void stop(int code, const char *what, const char *which)
{
    fprintf(stderr, "photograph: %s%s\n", what, which);
    exit(code);
}

static struct options parse(int argc, char **argv)
{
    struct options options = {0};

    for (int i = 1; i < argc; i++) {
        const char **value = strcmp(argv[i], "--mode") == 0     ? &options.mode
                             : strcmp(argv[i], "--names") == 0  ? &options.names
                             : strcmp(argv[i], "--device") == 0 ? &options.device
                                                                : NULL;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            printf("%s", usage);
            exit(EXIT_SUCCESS);
        }
        if (value && i + 1 < argc) {
            *value = argv[++i];
        } else if (argv[i][0] == '-' || options.photo) {
            stop(2, "unknown option, or one without its value: ", argv[i]);
        } else {
            *(options.model ? &options.photo : &options.model) = argv[i];
        }
    }
    if (!options.photo) {
        stop(2, "a model and a photograph are needed\n\n", usage);
    }
    return options;
}

/* The mode that was asked for, or else the one of the longest family whose name begins the model's. */
static const struct mode *choose_mode(const char *asked, const char *model)
{
    const struct mode *chosen = &modes[0];
    size_t longest = 0;

    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (asked && strcmp(asked, modes[i].name) == 0) {
            return &modes[i];
        }
        for (size_t k = 0; k < 8 && modes[i].families[k]; k++) {
            const size_t length = strlen(modes[i].families[k]);
            if (length > longest && strncmp(model, modes[i].families[k], length) == 0) {
                longest = length;
                chosen = &modes[i];
            }
        }
    }
    if (asked) {
        stop(2, "--mode can be caffe, tf, torch or none, but is ", asked);
    }
    return chosen;
}

/* Where a pixel of the resized picture lies among `old` pixels: between `low` and `high`. */
struct place {
    size_t low;
    size_t high;
    float part; /* of the way */
};

static struct place find_place(size_t index, size_t size, size_t old)
{
    const float at = ((float)index + 0.5F) * (float)old / (float)size - 0.5F; /* a pixel's middle is at a half */
    const float inside = at < 0 ? 0 : at > (float)(old - 1) ? (float)(old - 1) : at;
    const size_t low = (size_t)inside;

    return (struct place){low, low + 1 < old ? low + 1 : low, inside - (float)low};
}

/* Step 2: resizes the photograph as keras.ops.image.resize does, bilinear, and makes the model's input of it. */
static void prepare(const unsigned char *photo, size_t photo_height, size_t photo_width, const struct mode *mode,
                    plait_shape shape, float *input)
{
    for (size_t y = 0; y < shape.dims[0]; y++) {
        const struct place row = find_place(y, shape.dims[0], photo_height);
        const unsigned char *top = photo + row.low * photo_width * CHANNELS;
        const unsigned char *bottom = photo + row.high * photo_width * CHANNELS;
        for (size_t x = 0; x < shape.dims[1]; x++) {
            const struct place column = find_place(x, shape.dims[1], photo_width);
            for (size_t c = 0; c < CHANNELS; c++, input++) {
                const size_t from = mode->bgr ? CHANNELS - 1 - c : c;
                const size_t left = column.low * CHANNELS + from;
                const size_t right = column.high * CHANNELS + from;
                const float above = (float)top[left] + column.part * (float)(top[right] - top[left]);
                const float below = (float)bottom[left] + column.part * (float)(bottom[right] - bottom[left]);
                const float pixel = above + row.part * (below - above);
                *input = (pixel * mode->scale - mode->mean[c]) / mode->deviation[c];
            }
        }
    }
}

/* Reads the photograph and prepares it. Freed with free. */
static float *read_photo(const char *path, const struct mode *mode, plait_shape shape)
{
    int width = 0;
    int height = 0;
    unsigned char *photo = stbi_load(path, &width, &height, NULL, CHANNELS);
    float *input = malloc(shape.dims[0] * shape.dims[1] * CHANNELS * sizeof *input);

    if (!photo || !input) {
        fprintf(stderr, "photograph: %s: %s\n", path, photo ? "no memory" : stbi_failure_reason());
        exit(EXIT_FAILURE);
    }
    prepare(photo, (size_t)height, (size_t)width, mode, shape, input);
    stbi_image_free(photo);
    return input;
}

/* Line `number` of the file of names, or the number itself. */
static void name_class(const char *names, size_t number, char name[NAME_BYTES])
{
    FILE *file = names ? fopen(names, "r") : NULL;

    if (names && !file) {
        stop(EXIT_FAILURE, "cannot read ", names);
    }
    (void)snprintf(name, NAME_BYTES, "%zu", number);
    for (size_t i = 0; file && i <= number && fgets(name, NAME_BYTES, file); i++) {
        name[strcspn(name, "\r\n")] = 0;
    }
    if (file) {
        (void)fclose(file);
    }
}

/* Step 4: prints the likeliest classes; takes them out of `probabilities`. */
static void print_top(float *probabilities, size_t count, const char *names)
{
    for (size_t k = 0; k < TOP && k < count; k++) {
        char name[NAME_BYTES];
        size_t best = 0;
        for (size_t i = 1; i < count; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        name_class(names, best, name);
        printf("%6.2f %%  %s\n", 100 * (double)probabilities[best], name);
        probabilities[best] = -1;
    }
}

/* Step 3: runs the model on the photograph. */
static void classify(const struct options *options, plait_context *context, const plait_keras *keras)
{
    const plait_nodes inputs = plait_keras_inputs(keras);
    const plait_shape in = plait_node_shape(inputs.items[0]);
    const plait_model_opts opts = {.batch = 1};
    plait_model *model = NULL;

    if (inputs.count != 1 || in.rank != 3 || in.dims[2] != CHANNELS) {
        stop(EXIT_FAILURE, "the model does not take one picture of three colours: ", options->model);
    }
    check(plait_model_create(context, inputs, plait_keras_outputs(keras), &opts, &model));
    const plait_shape out = plait_model_output_shape(model, 0);
    if (plait_model_output_count(model) != 1 || out.rank != 1) {
        stop(EXIT_FAILURE, "the model does not give one row of classes: ", options->model);
    }
    float *input = read_photo(options->photo, choose_mode(options->mode, plait_keras_name(keras)), in);
    float *probabilities = malloc(out.dims[0] * sizeof *probabilities);
    if (!probabilities) {
        stop(EXIT_FAILURE, "no memory for the classes", "");
    }
    const float *given = input;
    check(plait_model_predict(model, 1, &given, &probabilities));
    print_top(probabilities, out.dims[0], options->names);
    free(probabilities);
    free(input);
    plait_model_free(model);
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    const plait_keras_size size = {.shape = PLAIT_SHAPE(224, 224, CHANNELS)}; /* of a model that leaves it open */
    const plait_keras_opts opts = {.sizes = &size, .size_count = 1};
    plait_context *context = NULL;
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;

    check(plait_context_create(options.device, NULL, &context));
    check(plait_graph_create(&graph));
    check(plait_load_keras(graph, options.model, &opts, &keras));
    classify(&options, context, keras);
    plait_keras_free(keras);
    plait_graph_free(graph);
    plait_context_free(context);
    return EXIT_SUCCESS;
}
