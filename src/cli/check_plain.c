/* SPDX-License-Identifier: MIT */
#include "cli/check_cases.h"

#include <plait.h>

/* Cases by an expression on the inputs x. */
#define CASE(function, node)                                         \
    static plait_node function(plait_nodes x, struct supply *supply) \
    {                                                                \
        (void)supply;                                                \
        return node;                                                 \
    }
#define ONE(function) CASE(function, plait_##function(x.items[0], NULL))
#define ALL(function) CASE(function, plait_##function(x, NULL))
#define TWO(function) CASE(function, plait_##function(plait_of(x.items[0]), plait_of(x.items[1]), NULL))
#define OVER(function) CASE(function, plait_##function(x.items[0], PLAIT_AXES(1, 2), NULL))

ALL(add)
ALL(subtract)
ALL(multiply)
ALL(average)
ALL(maximum)
ALL(minimum)
CASE(concatenate, plait_concatenate(x, -1, NULL))
CASE(dot, plait_dot(x, PLAIT_AXES(2, 2), NULL))
CASE(dot_across, plait_dot(x, PLAIT_AXES(1, 1), NULL))
ALL(attention)
TWO(ops_add)
TWO(ops_subtract)
TWO(ops_multiply)
TWO(ops_maximum)
TWO(ops_minimum)
CASE(ops_divide, plait_ops_divide(plait_of(x.items[0]), plait_number(3), NULL))
CASE(ops_true_divide, plait_ops_true_divide(plait_of(x.items[0]), plait_number(3), NULL))
ONE(ops_negative)
OVER(ops_mean)
OVER(ops_sum)
OVER(ops_max)
OVER(ops_min)
CASE(ops_mean_last, plait_ops_mean(x.items[0], PLAIT_AXES(-1), NULL))
CASE(custom_scale_layer, plait_custom_scale_layer(x, 0.25F, NULL))
CASE(rescaling, plait_rescaling(x.items[0], plait_number(0.5F), plait_number(2), NULL))
ONE(unit_normalization)
ONE(relu)
ONE(leaky_relu)
ONE(elu)
ONE(softmax)
CASE(softmax_rows, plait_softmax(x.items[0], &(plait_softmax_opts){.axis = 1}))
ONE(flatten)
CASE(reshape, plait_reshape(x.items[0], PLAIT_SHAPE(11, 13, PLAIT_REST), NULL))
CASE(identity, plait_identity(x.items[0], NULL, NULL))
CASE(permute, plait_permute(x.items[0], PLAIT_AXES(3, 1, 2), NULL))
CASE(repeat_vector, plait_repeat_vector(x.items[0], 5, NULL))
CASE(get_item, plait_get_item(x.items[0], (const plait_range[]){PLAIT_REVERSED, PLAIT_RANGE(2, 9, 3)}, 2, NULL))
ONE(max_pooling2d)
ONE(max_pooling1d)
ONE(average_pooling2d)
ONE(average_pooling1d)
ONE(global_max_pooling2d)
ONE(global_max_pooling1d)
ONE(global_average_pooling2d)
ONE(global_average_pooling1d)
CASE(zero_padding1d, plait_zero_padding1d(x.items[0], PLAIT_ENDS(1, 2), NULL))
CASE(zero_padding2d, plait_zero_padding2d(x.items[0], PLAIT_ENDS(1, 2), PLAIT_ENDS(2, 1), NULL))
CASE(cropping1d, plait_cropping1d(x.items[0], PLAIT_ENDS(1, 2), NULL))
CASE(cropping2d, plait_cropping2d(x.items[0], PLAIT_ENDS(1, 2), PLAIT_ENDS(2, 1), NULL))
CASE(up_sampling1d, plait_up_sampling1d(x.items[0], 2, NULL))
ONE(up_sampling2d)
CASE(up_sampling2d_bilinear,
     plait_up_sampling2d(x.items[0], &(plait_up_sampling2d_opts){.interpolation = PLAIT_BILINEAR}))
CASE(resizing, plait_resizing(x.items[0], 8, 25, NULL))
CASE(center_crop, plait_center_crop(x.items[0], 8, 6, NULL))

/* Every activation, one beside the other. */
static plait_node activations(plait_nodes x, struct supply *supply)
{
    const plait_activation kinds[] = {
#define KIND(NAME, name, value) PLAIT_##NAME,
        PLAIT_ACTIVATIONS(KIND)
#undef KIND
    };
    enum { KINDS = sizeof kinds / sizeof *kinds };
    plait_node y[KINDS];

    (void)supply;
    const plait_node wide = plait_rescaling(x.items[0], plait_number(2), plait_number(0), NULL);
    for (size_t i = 0; i < KINDS; i++) {
        y[i] = plait_activate(wide, kinds[i], NULL);
    }
    return plait_concatenate((plait_nodes){y, KINDS}, 1, NULL);
}

static const struct check_case cases[] = {
    {"add", {3, {13, 11, 33}}, 3, add},
    {"subtract", {3, {13, 11, 33}}, 2, subtract},
    {"multiply", {3, {13, 11, 33}}, 3, multiply},
    {"average", {3, {13, 11, 33}}, 3, average},
    {"maximum", {3, {13, 11, 33}}, 3, maximum},
    {"minimum", {3, {13, 11, 33}}, 3, minimum},
    {"concatenate", {3, {13, 11, 33}}, 3, concatenate},
    {"dot", {2, {17, 33}}, 2, dot},
    {"dot across rows", {2, {17, 33}}, 2, dot_across},
    {"attention", {2, {17, 33}}, 2, attention},
    {"ops_add", {3, {13, 11, 33}}, 2, ops_add},
    {"ops_subtract", {3, {13, 11, 33}}, 2, ops_subtract},
    {"ops_multiply", {3, {13, 11, 33}}, 2, ops_multiply},
    {"ops_divide", {3, {13, 11, 33}}, 1, ops_divide},
    {"ops_true_divide", {3, {13, 11, 33}}, 1, ops_true_divide},
    {"ops_maximum", {3, {13, 11, 33}}, 2, ops_maximum},
    {"ops_minimum", {3, {13, 11, 33}}, 2, ops_minimum},
    {"ops_negative", {3, {13, 11, 33}}, 1, ops_negative},
    {"ops_mean", {3, {13, 11, 33}}, 1, ops_mean},
    {"ops_sum", {3, {13, 11, 33}}, 1, ops_sum},
    {"ops_max", {3, {13, 11, 33}}, 1, ops_max},
    {"ops_min", {3, {13, 11, 33}}, 1, ops_min},
    {"ops_mean, last axis", {3, {13, 11, 33}}, 1, ops_mean_last},
    {"custom_scale_layer", {3, {13, 11, 33}}, 2, custom_scale_layer},
    {"rescaling", {3, {13, 11, 33}}, 1, rescaling},
    {"unit_normalization", {3, {13, 11, 33}}, 1, unit_normalization},
    {"every activation", {1, {150}}, 1, activations},
    {"relu", {3, {13, 11, 33}}, 1, relu},
    {"leaky_relu", {3, {13, 11, 33}}, 1, leaky_relu},
    {"elu", {3, {13, 11, 33}}, 1, elu},
    {"softmax", {2, {7, 129}}, 1, softmax},
    {"softmax along rows", {3, {13, 11, 33}}, 1, softmax_rows},
    {"flatten", {3, {13, 11, 33}}, 1, flatten},
    {"reshape", {3, {13, 11, 33}}, 1, reshape},
    {"identity", {3, {13, 11, 33}}, 1, identity},
    {"permute", {3, {13, 11, 33}}, 1, permute},
    {"repeat_vector", {1, {33}}, 1, repeat_vector},
    {"get_item", {3, {13, 11, 33}}, 1, get_item},
    {"max_pooling2d", {3, {13, 11, 33}}, 1, max_pooling2d},
    {"max_pooling1d", {2, {17, 33}}, 1, max_pooling1d},
    {"average_pooling2d", {3, {13, 11, 33}}, 1, average_pooling2d},
    {"average_pooling1d", {2, {17, 33}}, 1, average_pooling1d},
    {"global_max_pooling2d", {3, {13, 11, 33}}, 1, global_max_pooling2d},
    {"global_max_pooling1d", {2, {17, 33}}, 1, global_max_pooling1d},
    {"global_average_pooling2d", {3, {13, 11, 33}}, 1, global_average_pooling2d},
    {"global_average_pooling1d", {2, {17, 33}}, 1, global_average_pooling1d},
    {"zero_padding1d", {2, {17, 33}}, 1, zero_padding1d},
    {"zero_padding2d", {3, {13, 11, 33}}, 1, zero_padding2d},
    {"cropping1d", {2, {17, 33}}, 1, cropping1d},
    {"cropping2d", {3, {13, 11, 33}}, 1, cropping2d},
    {"up_sampling1d", {2, {17, 33}}, 1, up_sampling1d},
    {"up_sampling2d", {3, {13, 11, 33}}, 1, up_sampling2d},
    {"up_sampling2d bilinear", {3, {13, 11, 33}}, 1, up_sampling2d_bilinear},
    {"resizing", {3, {13, 11, 33}}, 1, resizing},
    {"center_crop", {3, {13, 11, 33}}, 1, center_crop},
};

const struct check_cases check_plain = {cases, sizeof cases / sizeof *cases};
