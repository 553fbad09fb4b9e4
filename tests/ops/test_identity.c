/* SPDX-License-Identifier: MIT */
/* Layers that do nothing at inference: nothing is done, and nothing is in the way of other layers. */
#include "layer.h"

#include <plait/model.h>
#include <plait/reshaping.h>

static const char *const classes[] = {
    "Identity",
    "Dropout",
    "AlphaDropout",
    "SpatialDropout2D",
    "GaussianNoise",
    "GaussianDropout",
    "ActivityRegularization",
    "StochasticDepth",
    "AugMix",
    "CutMix",
    "MixUp",
    "RandAugment",
    "Solarization",
    "RandomBrightness",
    "RandomColorDegeneration",
    "RandomColorJitter",
    "RandomContrast",
    "RandomElasticTransform",
    "RandomErasing",
    "RandomFlip",
    "RandomGaussianBlur",
    "RandomGrayscale",
    "RandomHue",
    "RandomInvert",
    "RandomPerspective",
    "RandomPosterization",
    "RandomRotation",
    "RandomSaturation",
    "RandomSharpness",
    "RandomShear",
    "RandomTranslation",
    "RandomZoom",
};

/* A chain of all of them between two layers that fuse. */
static struct twin chain(struct twin x)
{
    struct twin y = twin_merge(MERGE_MULTIPLY, (const struct twin[]){x, x}, 2);

    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        y.node = plait_identity(y.node, classes[i], NULL);
    }
    return twin_relu(y, NULL);
}

static void all_classes(void **state)
{
    struct random random = random_stream("identity");
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(3, 4, 5), 2, random_floats(&random, DATA_SPECIAL, 120));
    const struct twin y = chain(x);
    plait_model *model = NULL;
    char text[4000];

    (void)state;
    check_ok(plait_graph_check(graph));
    trial_run(&(struct trial){
        .name = "all classes", .inputs = &x, .input_count = 1, .outputs = &y, .output_count = 1, .gate = GATE_BITS});
    check_ok(plait_model_create(fixture_context(false), PLAIT_NODES(x.node), PLAIT_NODES(y.node), NULL, &model));
    assert_int_equal(plait_model_step_count(model), 1);
    check_ok(plait_model_report(model, text, sizeof text, NULL));
    check_has(text, "no kernel runs for: identity, dropout, alpha_dropout, spatial_dropout2d, gaussian_noise");
    plait_model_free(model);
    plait_graph_free(graph);
}

/* The input itself, and one result twice. */
static void as_outputs(void **state)
{
    struct random random = random_stream("identity outputs");
    plait_graph *graph = twin_graph();
    const struct twin x = twin_input(graph, PLAIT_SHAPE(7), 2, random_floats(&random, DATA_SPECIAL, 14));
    const struct twin y = twin_relu(x, NULL);
    const struct twin outputs[] = {
        {plait_identity(x.node, NULL, NULL), x.ref}, y, {plait_identity(y.node, "Dropout", NULL), y.ref}};

    (void)state;
    trial_run(&(struct trial){.name = "as outputs",
                              .inputs = &x,
                              .input_count = 1,
                              .outputs = outputs,
                              .output_count = 3,
                              .gate = GATE_BITS});
    plait_graph_free(graph);
}

static void ranks(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node row = plait_input(graph, NULL, PLAIT_SHAPE(4, 3));
    const plait_node volume = plait_input(graph, NULL, PLAIT_SHAPE(4, 5, 6, 3));

    (void)state;
    (void)plait_identity(row, "SpatialDropout1D", NULL);
    (void)plait_identity(volume, "SpatialDropout3D", NULL);
    check_ok(plait_graph_check(graph));
    (void)plait_identity(row, "SpatialDropout2D", NULL);
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "identity \"spatial_dropout2d\": input has shape {4,3}; it must have 3 axes besides the batch");
    plait_graph_free(graph);
}

static void mistakes(void **state)
{
    plait_graph *graph = twin_graph();
    const plait_node x = plait_input(graph, NULL, PLAIT_SHAPE(4));

    (void)state;
    (void)plait_identity(x, "RandomCrop", &(plait_layer_opts){.name = "mine"});
    check_message(plait_graph_check(graph), PLAIT_ERR_GRAPH,
                  "identity \"mine\": \"RandomCrop\" is no layer that does nothing at inference");
    plait_graph_free(graph);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_classes),
        cmocka_unit_test(as_outputs),
        cmocka_unit_test(ranks),
        cmocka_unit_test(mistakes),
    };

    return cmocka_run_group_tests(tests, fixture_open, fixture_close);
}
