/* SPDX-License-Identifier: MIT */
/* Lesson 5: a model that Keras saved says what a photograph shows.
 *
 *     5_photograph MobileNetV2.keras cat.jpg --names imagenet.txt
 *
 * The model may be one of keras.applications, or any classifier of pictures of three colours. In this order:
 *     1. plait_load_keras makes the calls of the layers' functions that lessons 2 and 3 wrote out
 *     2. plait_model_create plans it for the device and uploads its weights
 *     3. the photograph is resized to the model's input, and its pixels scaled as the model was trained
 *     4. plait_model_predict runs it
 *     5. the likeliest classes are printed */
#include "common.h"
#include "photograph.h"

#include <string.h>

static const char usage[] =
    "usage: 5_photograph MODEL.keras PHOTO.jpg|PHOTO.png [--mode MODE] [--names FILE] [--device TEXT]\n"
    "\n"
    "  --mode MODE     how the model wants its pixels: caffe, tf, torch or none, as in keras.applications\n"
    "                  (default: by the model's name; tf for one that is not known)\n"
    "  --names FILE    the classes' names, one a line (default: their numbers)\n"
    "  --device TEXT   part of a device's name, or its number (default: the first GPU, else the CPU)\n";

struct options {
    const char *model;
    const char *photo;
    const char *mode; /* NULL: by the model's name */
    const char *names;
    const char *device;
};

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

/* Steps 2 to 5. */
static void classify(const struct options *options, plait_context *context, const plait_keras *keras)
{
    const plait_nodes inputs = plait_keras_inputs(keras);
    const plait_shape in = plait_node_shape(inputs.items[0]);
    const plait_model_opts opts = {.batch = 1};
    plait_model *model = NULL;

    if (inputs.count != 1 || in.rank != 3 || in.dims[2] != PHOTOGRAPH_CHANNELS) {
        stop(EXIT_FAILURE, "the model does not take one picture of three colours: ", options->model);
    }
    check(plait_model_create(context, inputs, plait_keras_outputs(keras), &opts, &model)); /* step 2 */
    const plait_shape out = plait_model_output_shape(model, 0);
    if (plait_model_output_count(model) != 1 || out.rank != 1) {
        stop(EXIT_FAILURE, "the model does not give one row of classes: ", options->model);
    }
    float *input =
        photograph_read(options->photo, photograph_mode(options->mode, plait_keras_name(keras)), in); /* step 3 */
    float *probabilities = malloc(out.dims[0] * sizeof *probabilities);
    if (!probabilities) {
        stop(EXIT_FAILURE, "no memory for the classes", "");
    }
    const float *given = input;
    check(plait_model_predict(model, 1, &given, &probabilities)); /* step 4 */
    photograph_print(probabilities, out.dims[0], options->names); /* step 5 */
    free(probabilities);
    free(input);
    plait_model_free(model);
}

int main(int argc, char **argv)
{
    const struct options options = parse(argc, argv);
    const plait_keras_size size = {.shape =
                                       PLAIT_SHAPE(224, 224, PHOTOGRAPH_CHANNELS)}; /* of a model that leaves it open */
    const plait_keras_opts opts = {.sizes = &size, .size_count = 1};
    plait_context *context = NULL;
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;

    check(plait_context_create(options.device, NULL, &context));
    check(plait_graph_create(&graph));
    check(plait_load_keras(graph, options.model, &opts, &keras)); /* step 1 */
    classify(&options, context, keras);
    plait_keras_free(keras);
    plait_graph_free(graph);
    plait_context_free(context);
    return EXIT_SUCCESS;
}
