/* SPDX-License-Identifier: MIT */
#include "cli/check_cases.h"

#include "cli/cli.h"

#include <math.h>

/* The channels of what a layer gets. */
static size_t channels_of(plait_node x)
{
    const plait_shape shape = plait_node_shape(x);

    return shape.rank ? shape.dims[shape.rank - 1] : 1;
}

/* Weights of sums over all axes but the last. */
static plait_array kernel(struct supply *supply, plait_shape shape)
{
    const size_t terms = value_count(shape) / shape.dims[shape.rank - 1];

    return take(supply, shape, 1.0F / sqrtf((float)terms), 0);
}

static plait_array bias(struct supply *supply, size_t size)
{
    return take(supply, PLAIT_SHAPE(size), 0.1F, 0);
}

/* ---- Convolution ------------------------------------------------------------------------------------ */

/* A convolution of `rows` and `cols`; the options' own are kept. */
static plait_node convolve_taps(plait_node x, struct supply *supply, size_t rows, size_t cols, size_t filters,
                                plait_conv2d_opts opts)
{
    const size_t groups = opts.groups ? opts.groups : 1;

    opts.kernel = kernel(supply, PLAIT_SHAPE(rows, cols, channels_of(x) / groups, filters));
    opts.bias = bias(supply, filters);
    opts.padding = PLAIT_SAME;
    return plait_conv2d(x, &opts);
}

static plait_node convolve(plait_node x, struct supply *supply, size_t size, size_t filters, plait_conv2d_opts opts)
{
    return convolve_taps(x, supply, size, size, filters, opts);
}

#define CONV2D(function, size, filters, ...)                                                                \
    static plait_node function(plait_nodes x, struct supply *supply)                                        \
    {                                                                                                       \
        return convolve(x.items[0], supply, size, filters, (plait_conv2d_opts){.name = NULL, __VA_ARGS__}); \
    }

CONV2D(conv2d_1, 1, 40, )
CONV2D(conv2d_3, 3, 33, )
CONV2D(conv2d_3_strided, 3, 64, .strides = {2, 2})
CONV2D(conv2d_3_dilated, 3, 16, .dilation_rate = {2, 2})
CONV2D(conv2d_3_grouped, 3, 24, .groups = 3)
CONV2D(conv2d_3_gelu, 3, 32, .activation = PLAIT_GELU)
CONV2D(conv2d_3_single, 3, 1, .activation = PLAIT_SIGMOID)
CONV2D(conv2d_7_strided, 7, 20, .strides = {2, 2})
CONV2D(conv2d_24, 24, 16, )

static plait_node conv2d_row(plait_nodes x, struct supply *supply)
{
    return convolve_taps(x.items[0], supply, 1, 7, 40, (plait_conv2d_opts){0});
}

static plait_node conv2d_column(plait_nodes x, struct supply *supply)
{
    return convolve_taps(x.items[0], supply, 7, 1, 40, (plait_conv2d_opts){0});
}

static plait_node conv1d(plait_nodes x, struct supply *supply)
{
    const plait_conv1d_opts opts = {
        .kernel = kernel(supply, PLAIT_SHAPE(5, channels_of(x.items[0]), 24)),
        .bias = bias(supply, 24),
        .padding = PLAIT_CAUSAL,
    };

    return plait_conv1d(x.items[0], &opts);
}

static plait_node depthwise(plait_node x, struct supply *supply, size_t multiplier, size_t stride,
                            plait_activation activation)
{
    const plait_depthwise_conv2d_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(3, 3, channels_of(x), multiplier), 0.3F, 0),
        .bias = bias(supply, channels_of(x) * multiplier),
        .padding = PLAIT_SAME,
        .strides = {stride, stride},
        .activation = activation,
    };

    return plait_depthwise_conv2d(x, &opts);
}

static plait_node depthwise_conv2d(plait_nodes x, struct supply *supply)
{
    return depthwise(x.items[0], supply, 1, 1, PLAIT_LINEAR);
}

static plait_node depthwise_conv2d_2(plait_nodes x, struct supply *supply)
{
    return depthwise(x.items[0], supply, 2, 2, PLAIT_LINEAR);
}

/* MobileNet's block, which plait computes in one step. */
static plait_node inverted_residual(plait_nodes x, struct supply *supply)
{
    const plait_node wide = convolve(x.items[0], supply, 1, 150, (plait_conv2d_opts){.activation = PLAIT_RELU6});
    const plait_node deep = depthwise(wide, supply, 1, 1, PLAIT_RELU6);

    return convolve(deep, supply, 1, channels_of(x.items[0]), (plait_conv2d_opts){0});
}

/* EfficientNet's, of which it computes the first two layers as one. */
static plait_node gated_residual(plait_nodes x, struct supply *supply)
{
    const plait_global_pooling_opts squeeze = {.keepdims = 1};
    const plait_node wide = convolve(x.items[0], supply, 1, 150, (plait_conv2d_opts){.activation = PLAIT_SILU});
    const plait_node deep = depthwise(wide, supply, 1, 1, PLAIT_SILU);
    const plait_node few = convolve(plait_global_average_pooling2d(deep, &squeeze), supply, 1, 10,
                                    (plait_conv2d_opts){.activation = PLAIT_SILU});
    const plait_node gate = convolve(few, supply, 1, 150, (plait_conv2d_opts){.activation = PLAIT_SIGMOID});
    const plait_node gated = plait_multiply(PLAIT_NODES(deep, gate), NULL);

    return convolve(gated, supply, 1, channels_of(x.items[0]), (plait_conv2d_opts){0});
}

static plait_node depthwise_conv1d(plait_nodes x, struct supply *supply)
{
    const plait_depthwise_conv1d_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(5, channels_of(x.items[0]), 1), 0.3F, 0),
        .padding = PLAIT_SAME,
    };

    return plait_depthwise_conv1d(x.items[0], &opts);
}

static plait_node separable_conv2d(plait_nodes x, struct supply *supply)
{
    const size_t channels = channels_of(x.items[0]);
    const plait_separable_conv2d_opts opts = {
        .depthwise_kernel = take(supply, PLAIT_SHAPE(3, 3, channels, 1), 0.3F, 0),
        .pointwise_kernel = kernel(supply, PLAIT_SHAPE(1, 1, channels, 20)),
        .bias = bias(supply, 20),
    };

    return plait_separable_conv2d(x.items[0], &opts);
}

static plait_node separable_conv1d(plait_nodes x, struct supply *supply)
{
    const size_t channels = channels_of(x.items[0]);
    const plait_separable_conv1d_opts opts = {
        .depthwise_kernel = take(supply, PLAIT_SHAPE(3, channels, 1), 0.3F, 0),
        .pointwise_kernel = kernel(supply, PLAIT_SHAPE(1, channels, 20)),
        .bias = bias(supply, 20),
    };

    return plait_separable_conv1d(x.items[0], &opts);
}

static plait_node conv2d_transpose(plait_nodes x, struct supply *supply)
{
    const plait_conv2d_transpose_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(3, 3, 20, channels_of(x.items[0])), 0.1F, 0),
        .bias = bias(supply, 20),
        .padding = PLAIT_SAME,
        .strides = {2, 2},
    };

    return plait_conv2d_transpose(x.items[0], &opts);
}

static plait_node conv1d_transpose(plait_nodes x, struct supply *supply)
{
    const plait_conv1d_transpose_opts opts = {
        .kernel = take(supply, PLAIT_SHAPE(4, 20, channels_of(x.items[0])), 0.1F, 0),
        .bias = bias(supply, 20),
        .strides = 2,
    };

    return plait_conv1d_transpose(x.items[0], &opts);
}

/* ---- Dense layers and attention --------------------------------------------------------------------- */

static plait_node dense(plait_nodes x, struct supply *supply)
{
    const plait_dense_opts opts = {
        .kernel = kernel(supply, PLAIT_SHAPE(channels_of(x.items[0]), 50)),
        .bias = bias(supply, 50),
    };

    return plait_dense(x.items[0], &opts);
}

static plait_node einsum_dense(plait_nodes x, struct supply *supply)
{
    const plait_einsum_dense_opts opts = {.kernel = kernel(supply, PLAIT_SHAPE(channels_of(x.items[0]), 4, 10))};

    return plait_einsum_dense(x.items[0], &opts);
}

static plait_multi_head_attention_opts heads(size_t channels, size_t key_heads, struct supply *supply)
{
    return (plait_multi_head_attention_opts){
        .query = {kernel(supply, PLAIT_SHAPE(channels, 4, 8)), take(supply, PLAIT_SHAPE(4, 8), 0.1F, 0)},
        .key = {kernel(supply, PLAIT_SHAPE(channels, key_heads, 8)), {0}},
        .value = {kernel(supply, PLAIT_SHAPE(channels, key_heads, 8)), {0}},
        .output = {kernel(supply, PLAIT_SHAPE(4, 8, channels)), bias(supply, channels)},
    };
}

static plait_node multi_head_attention(plait_nodes x, struct supply *supply)
{
    const plait_multi_head_attention_opts opts = heads(channels_of(x.items[0]), 4, supply);

    return plait_multi_head_attention(x, &opts);
}

static plait_node attention_with_scores(plait_nodes x, struct supply *supply)
{
    plait_node scores;
    plait_multi_head_attention_opts opts = heads(channels_of(x.items[0]), 4, supply);

    opts.attention_scores = &scores;
    return plait_multi_head_attention(x, &opts);
}

static plait_node grouped_query_attention(plait_nodes x, struct supply *supply)
{
    plait_multi_head_attention_opts opts = heads(channels_of(x.items[0]), 2, supply);

    opts.use_causal_mask = 1;
    return plait_grouped_query_attention(x, &opts);
}

static plait_node additive_attention(plait_nodes x, struct supply *supply)
{
    const plait_shape channels = PLAIT_SHAPE(channels_of(x.items[0]));
    const plait_additive_attention_opts opts = {.scale = take(supply, channels, 0.5F, 0)};

    return plait_additive_attention(x, &opts);
}

/* ---- Sequences -------------------------------------------------------------------------------------- */

static plait_node embedding(plait_nodes x, struct supply *supply)
{
    const plait_node rows = plait_rescaling(x.items[0], plait_number(10), plait_number(11), NULL); /* 1 to 21 */

    return plait_embedding(rows, take(supply, PLAIT_SHAPE(22, 20), 1, 0), NULL);
}

enum { UNITS = 24 };

static plait_recurrent_opts recurrent(plait_node x, struct supply *supply, size_t gates)
{
    return (plait_recurrent_opts){
        .kernel = kernel(supply, PLAIT_SHAPE(channels_of(x), gates * UNITS)),
        .recurrent_kernel = kernel(supply, PLAIT_SHAPE(UNITS, gates * UNITS)),
        .return_sequences = 1,
    };
}

static plait_node simple_rnn(plait_nodes x, struct supply *supply)
{
    const plait_recurrent_opts opts = recurrent(x.items[0], supply, 1);

    return plait_simple_rnn(x.items[0], &opts);
}

static plait_node lstm(plait_nodes x, struct supply *supply)
{
    const plait_recurrent_opts opts = recurrent(x.items[0], supply, 4);

    return plait_lstm(x.items[0], &opts);
}

static plait_node gru(plait_nodes x, struct supply *supply)
{
    const plait_recurrent_opts opts = recurrent(x.items[0], supply, 3);

    return plait_gru(x.items[0], &opts);
}

/* ---- Normalization, and what scales ----------------------------------------------------------------- */

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
    const plait_shape channels = PLAIT_SHAPE(channels_of(x.items[0]));
    const plait_group_normalization_opts opts = {.groups = 3, .gamma = take(supply, channels, 0.5F, 1)};

    return plait_group_normalization(x.items[0], &opts);
}

static plait_node normalization(plait_nodes x, struct supply *supply)
{
    const plait_shape channels = PLAIT_SHAPE(channels_of(x.items[0]));
    const plait_normalization_opts opts = {
        .mean = take(supply, channels, 0.5F, 0),
        .variance = take(supply, channels, 0.5F, 1),
    };

    return plait_normalization(x.items[0], &opts);
}

static plait_node layer_scale(plait_nodes x, struct supply *supply)
{
    const plait_shape channels = PLAIT_SHAPE(channels_of(x.items[0]));
    const plait_layer_scale_opts opts = {.gamma = take(supply, channels, 0.5F, 1)};

    return plait_layer_scale(x.items[0], &opts);
}

static plait_node prelu(plait_nodes x, struct supply *supply)
{
    const plait_prelu_opts opts = {.alpha = take(supply, plait_node_shape(x.items[0]), 0.5F, 0)};

    return plait_prelu(x.items[0], &opts);
}

static plait_node add_constant(plait_nodes x, struct supply *supply)
{
    return plait_ops_add(plait_of(x.items[0]), plait_constant(bias(supply, channels_of(x.items[0]))), NULL);
}

/* ----------------------------------------------------------------------------------------------------- */

static const struct check_case cases[] = {
    {"conv2d 1x1", {3, {13, 11, 33}}, 1, conv2d_1},
    {"conv2d 3x3", {3, {13, 11, 33}}, 1, conv2d_3},
    {"conv2d 3x3, strides 2", {3, {13, 11, 33}}, 1, conv2d_3_strided},
    {"conv2d 3x3, dilated", {3, {13, 11, 33}}, 1, conv2d_3_dilated},
    {"conv2d 3x3, groups", {3, {13, 11, 33}}, 1, conv2d_3_grouped},
    {"conv2d 3x3, gelu", {3, {13, 11, 33}}, 1, conv2d_3_gelu},
    {"conv2d 3x3, a single filter", {3, {13, 21, 33}}, 1, conv2d_3_single},
    {"conv2d 7x7, strides 2", {3, {32, 30, 3}}, 1, conv2d_7_strided},
    {"conv2d 24x24", {3, {32, 32, 4}}, 1, conv2d_24},
    {"conv2d 1x7", {3, {17, 17, 64}}, 1, conv2d_row},
    {"conv2d 7x1", {3, {17, 17, 64}}, 1, conv2d_column},
    {"conv1d", {2, {17, 33}}, 1, conv1d},
    {"depthwise_conv2d", {3, {13, 11, 33}}, 1, depthwise_conv2d},
    {"depthwise_conv2d, twice", {3, {13, 11, 33}}, 1, depthwise_conv2d_2},
    {"inverted residual", {3, {13, 11, 33}}, 1, inverted_residual},
    {"inverted residual, gated", {3, {13, 11, 33}}, 1, gated_residual},
    {"depthwise_conv1d", {2, {17, 33}}, 1, depthwise_conv1d},
    {"separable_conv2d", {3, {13, 11, 33}}, 1, separable_conv2d},
    {"separable_conv1d", {2, {17, 33}}, 1, separable_conv1d},
    {"conv2d_transpose", {3, {13, 11, 33}}, 1, conv2d_transpose},
    {"conv1d_transpose", {2, {17, 33}}, 1, conv1d_transpose},
    {"dense", {1, {300}}, 1, dense},
    {"dense of rows", {2, {40, 70}}, 1, dense},
    {"einsum_dense", {2, {17, 33}}, 1, einsum_dense},
    {"multi_head_attention", {2, {17, 33}}, 2, multi_head_attention},
    {"attention with scores", {2, {17, 33}}, 2, attention_with_scores},
    {"grouped_query_attention", {2, {17, 33}}, 2, grouped_query_attention},
    {"additive_attention", {2, {17, 33}}, 2, additive_attention},
    {"embedding", {1, {33}}, 1, embedding},
    {"simple_rnn", {2, {17, 33}}, 1, simple_rnn},
    {"lstm", {2, {17, 33}}, 1, lstm},
    {"gru", {2, {17, 33}}, 1, gru},
    {"batch_normalization", {3, {13, 11, 33}}, 1, batch_normalization},
    {"layer_normalization", {3, {13, 11, 33}}, 1, layer_normalization},
    {"group_normalization", {3, {13, 11, 33}}, 1, group_normalization},
    {"normalization", {3, {13, 11, 33}}, 1, normalization},
    {"layer_scale", {3, {13, 11, 33}}, 1, layer_scale},
    {"prelu", {3, {13, 11, 33}}, 1, prelu},
    {"ops_add, a constant", {3, {13, 11, 33}}, 1, add_constant},
};

const struct check_cases check_weighted = {cases, sizeof cases / sizeof *cases};
