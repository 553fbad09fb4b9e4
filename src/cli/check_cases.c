/* SPDX-License-Identifier: MIT */
#include "cli/check_cases.h"

#include "cli/cli.h"

/* The channels of what a layer gets. */
static size_t channels_of(plait_node x)
{
    const plait_shape shape = plait_node_shape(x);

    return shape.rank ? shape.dims[shape.rank - 1] : 1;
}

static plait_node convolve(plait_node x, struct supply *supply, size_t size, size_t stride, size_t filters)
{
    const size_t channels = channels_of(x);
    const float scale = 1.0F / (float)(size * size * channels);
    const plait_conv2d_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(size, size, channels, filters), scale, 0),
        .bias = take(supply, PLAIT_SHAPE(filters), 0.1F, 0),
        .strides = {stride, stride},
        .padding = PLAIT_SAME,
    };

    return plait_conv2d(x, &opts);
}

static plait_node conv2d_1(plait_nodes x, struct supply *supply)
{
    return convolve(x.items[0], supply, 1, 1, 40);
}

static plait_node conv2d_3(plait_nodes x, struct supply *supply)
{
    return convolve(x.items[0], supply, 3, 1, 33);
}

static plait_node conv2d_3_strided(plait_nodes x, struct supply *supply)
{
    return convolve(x.items[0], supply, 3, 2, 64);
}

static plait_node conv2d_24(plait_nodes x, struct supply *supply)
{
    return convolve(x.items[0], supply, 24, 1, 16);
}

static plait_node dense(plait_nodes x, struct supply *supply)
{
    const size_t channels = channels_of(x.items[0]);
    const plait_dense_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(channels, 50), 1.0F / (float)channels, 0),
        .bias = take(supply, PLAIT_SHAPE(50), 0.1F, 0),
    };

    return plait_dense(x.items[0], &opts);
}

static plait_node batch_normalization(plait_nodes x, struct supply *supply)
{
    const plait_shape channels = PLAIT_SHAPE(channels_of(x.items[0]));
    const plait_batch_normalization_opts opts = {
        .gamma = take(supply, channels, 0.5F, 1),
        .beta = take(supply, channels, 0.1F, 0),
        .moving_mean = take(supply, channels, 0.1F, 0),
        .moving_variance = take(supply, channels, 0.5F, 1),
    };

    return plait_batch_normalization(x.items[0], &opts);
}

static plait_node layer_normalization(plait_nodes x, struct supply *supply)
{
    const plait_shape channels = PLAIT_SHAPE(channels_of(x.items[0]));
    const plait_layer_normalization_opts opts = {
        .gamma = take(supply, channels, 0.5F, 1),
        .beta = take(supply, channels, 0.1F, 0),
    };

    return plait_layer_normalization(x.items[0], &opts);
}

static plait_node group_normalization(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_group_normalization(x.items[0], &(plait_group_normalization_opts){.groups = 3});
}

static plait_node prelu(plait_nodes x, struct supply *supply)
{
    const plait_prelu_opts opts = {.alpha = take(supply, plait_node_shape(x.items[0]), 0.5F, 0)};

    return plait_prelu(x.items[0], &opts);
}

static plait_node concatenate(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_concatenate(x, -1, NULL);
}

static plait_node permute(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_permute(x.items[0], PLAIT_AXES(3, 1, 2), NULL);
}

static plait_node repeat_vector(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_repeat_vector(x.items[0], 5, NULL);
}

static plait_node dot(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_dot(x, PLAIT_AXES(2, 2), NULL);
}

static plait_node sigmoid(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_activate(x.items[0], PLAIT_SIGMOID, NULL);
}

static plait_node mean(plait_nodes x, struct supply *supply)
{
    (void)supply;
    return plait_ops_mean(x.items[0], PLAIT_AXES(1, 2), NULL);
}

/* Layers of one input, or of several, by their function alone. */
#define PLAIN(function)                                              \
    static plait_node function(plait_nodes x, struct supply *supply) \
    {                                                                \
        (void)supply;                                                \
        return plait_##function(x.items[0], NULL);                   \
    }
#define MERGE(function)                                              \
    static plait_node function(plait_nodes x, struct supply *supply) \
    {                                                                \
        (void)supply;                                                \
        return plait_##function(x, NULL);                            \
    }

PLAIN(elu)
PLAIN(leaky_relu)
PLAIN(relu)
PLAIN(softmax)
PLAIN(unit_normalization)
MERGE(add)
MERGE(average)
MERGE(maximum)
MERGE(minimum)
MERGE(multiply)
MERGE(subtract)

#define PICTURE        \
    {                  \
        3,             \
        {              \
            13, 11, 33 \
        }              \
    }

const struct check_case check_cases[] = {
    {"conv2d 1x1", PICTURE, 1, conv2d_1},
    {"conv2d 3x3", PICTURE, 1, conv2d_3},
    {"conv2d 3x3, strides 2", PICTURE, 1, conv2d_3_strided},
    {"conv2d 24x24", {3, {32, 32, 4}}, 1, conv2d_24},
    {"dense", {1, {300}}, 1, dense},
    {"batch_normalization", PICTURE, 1, batch_normalization},
    {"layer_normalization", PICTURE, 1, layer_normalization},
    {"group_normalization", PICTURE, 1, group_normalization},
    {"unit_normalization", PICTURE, 1, unit_normalization},
    {"relu", PICTURE, 1, relu},
    {"leaky_relu", PICTURE, 1, leaky_relu},
    {"elu", PICTURE, 1, elu},
    {"prelu", PICTURE, 1, prelu},
    {"sigmoid", PICTURE, 1, sigmoid},
    {"softmax", {2, {7, 129}}, 1, softmax},
    {"add", PICTURE, 3, add},
    {"subtract", PICTURE, 2, subtract},
    {"multiply", PICTURE, 3, multiply},
    {"average", PICTURE, 3, average},
    {"maximum", PICTURE, 3, maximum},
    {"minimum", PICTURE, 3, minimum},
    {"concatenate", PICTURE, 3, concatenate},
    {"dot", {2, {17, 33}}, 2, dot},
    {"permute", PICTURE, 1, permute},
    {"repeat_vector", {1, {33}}, 1, repeat_vector},
    {"mean", PICTURE, 1, mean},
};

const size_t check_case_count = sizeof check_cases / sizeof *check_cases;
