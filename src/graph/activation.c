/* SPDX-License-Identifier: MIT */
#include "graph/activation.h"

static const char *const macros[] = {
#define MACRO(NAME, name, value) [value] = "ACTIVATION_" #NAME,
    PLAIT_ACTIVATIONS(MACRO)
#undef MACRO
};

bool activation_is_linear(const struct activation *activation)
{
    return activation->kind == PLAIT_LINEAR;
}

/* Hexadecimal, so that the kernel gets the very same number. */
static void add_number(struct text *options, const char *macro, float number)
{
    text_add(options, " -D %s=%af", macro, (double)number);
}

void activation_options(const struct activation *activation, struct text *options)
{
    text_add(options, " -D ACTIVATION=%s", macros[activation->kind]);
    if (activation->has_max) {
        add_number(options, "RELU_MAX", activation->max);
    }
    if (activation->slope != 0) {
        add_number(options, "RELU_SLOPE", activation->slope);
    }
    if (activation->threshold != 0) {
        add_number(options, "RELU_THRESHOLD", activation->threshold);
    }
}
