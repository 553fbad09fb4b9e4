/* SPDX-License-Identifier: MIT */
#include "ops/moments.h"

#include "ops/weight.h"

enum { OPERANDS = 4 }; /* x, y, gamma, beta */

void moments_plan(struct step *step, enum walk_form form, size_t factors, enum moments_kind kind,
                  const struct device_traits *device)
{
    static const char *const names[] = {
        [WALK_CPU] = "layer_normalization_cpu", [WALK_REFERENCE] = "layer_normalization_reference"};

    struct text *options = walk_kernel(step, names[form], form, device);
    activation_options(&step->activation, options);
    text_add(options, " -D MOMENTS=%d", (int)kind);
    step->packed_floats = 2 * factors;
}

void moments_pack(const struct step *step, float *packed)
{
    const float *gamma = weight_values(step->weights, step->weight_count, "gamma");
    const float *beta = weight_values(step->weights, step->weight_count, "beta");
    const size_t count = step->packed_floats / 2;

    for (size_t i = 0; i < count; i++) {
        packed[i] = gamma ? gamma[i] : 1;
        packed[count + i] = beta ? beta[i] : 0;
    }
}

plait_status moments_launch(const struct step *step, const struct run *run, const struct moments *moments,
                            float epsilon)
{
    struct lines lines[OPERANDS] = {moments->x, moments->y, moments->gamma, moments->gamma};
    const struct arg last = arg_float(epsilon);

    lines[2].buffer = run->packed;
    lines[3].buffer = run->packed;
    lines[3].offset += step->packed_floats / 2;
    return lines_launch(step, run, lines, OPERANDS, &last);
}
