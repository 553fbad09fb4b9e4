/* SPDX-License-Identifier: MIT */
#include "graph/activation.h"

#include <inttypes.h>
#include <string.h>

static const char *const macros[] = {
#define MACRO(NAME, name, value) [value] = "ACTIVATION_" #NAME,
    PLAIT_ACTIVATIONS(MACRO)
#undef MACRO
};

const char *activation_macro(plait_activation kind)
{
    return macros[kind];
}

bool activation_is_linear(const struct activation *activation)
{
    return activation->kind == PLAIT_LINEAR;
}

bool activation_equal(const struct activation *a, const struct activation *b)
{
    return a->kind == b->kind && a->has_max == b->has_max && a->max == b->max && a->slope == b->slope &&
           a->threshold == b->threshold && a->has_alpha == b->has_alpha && a->alpha == b->alpha;
}

bool activation_is_relu(const struct activation *activation)
{
    return activation->kind == PLAIT_RELU && !activation->has_max && activation->slope == 0 &&
           activation->threshold == 0;
}

/* As bits: the kernel gets the very same number, whatever the locale's decimal point is. */
static void add_number(struct text *options, const char *macro, float number)
{
    uint32_t bits;

    memcpy(&bits, &number, sizeof bits);
    text_add(options, " -D %s=as_float(0x%08" PRIx32 "u)", macro, bits);
}

void activation_options(const struct activation *activation, struct text *options)
{
    text_add(options, " -D ACTIVATION=%s", activation_macro(activation->kind));
    if (activation->has_max) {
        add_number(options, "RELU_MAX", activation->max);
    }
    if (activation->slope != 0) {
        add_number(options, "RELU_SLOPE", activation->slope);
    }
    if (activation->threshold != 0) {
        add_number(options, "RELU_THRESHOLD", activation->threshold);
    }
    if (activation->has_alpha) {
        add_number(options, "ELU_ALPHA", activation->alpha);
    }
}
