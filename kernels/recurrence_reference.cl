/* SPDX-License-Identifier: MIT */
/* One step of a recurrent layer, plainly: one work-item a sample and unit.
 *
 *   for each sample n, unit u:
 *     sum[g] = bias[g][u] + sum over k of h[n][k] * kernel[k][g][u]
 *     h'[n][u] = next_state(x[n][step][g][u], sum, h[n][u], c[n][u]), or h[n][u] at a masked step
 *
 * recurrence.clh has the arguments, cell.clh the formulas and the build options.
 *   packed  kernel {unit}{gate}{unit}, bias {gate}{unit}
 *   -D SUMMED products that are summed apart
 * Part 0 of a step is all of it; for GRU_BEFORE, part 1 makes the reset h, and part 0 is the rest.
 * Work-items: {units, samples}. */

#define REAL float
#include "cell.clh"
#include "recurrence.clh"

/* The sum for one gate of h, a row of the state, with column `column` of the kernel. */
static float sum_of(__global const float *h, __global const float *packed, int column, int units)
{
    float sum = packed[units * GATES * units + column];
    float part = 0.0f;

    for (int k = 0; k < units; k++) {
        part = fma(h[k], packed[k * GATES * units + column], part);
        if ((k + 1) % SUMMED == 0) { /* sums of sums keep rounding errors small */
            sum += part;
            part = 0.0f;
        }
    }
    return sum + part;
}

__kernel void recurrence_reference(__global const float *x, const long x_offset, __global float *y,
                                   const long y_offset, __global const float *packed, __global float *state,
                                   const long state_offset, const int8 x_view, const int8 y_view, const int8 work,
                                   __global const float *mask, const long mask_offset)
{
    const int unit = (int)get_global_id(0);
    const int sample = (int)get_global_id(1);
    const int units = x_view.s5;
    const int step = work.s0;
    __global float *states = state + state_offset;
    float gates[GATES];
    float sum[GATES];

    if (unit >= units || sample >= x_view.s4) {
        return;
    }
    __global const float *x_step = x + (x_offset + sample * x_view.s0 + step_of_x(step, x_view) * x_view.s1);
    __global const float *h = states + state_at(step % 2, sample, work);
    __global const float *reset = states + state_at(STATE_RESET, sample, work);
#if CELL == CELL_GRU_BEFORE
    if (work.s3 == 1) {
        const float of_reset = sum_of(h, packed, units + unit, units);
        states[state_at(STATE_RESET, sample, work) + unit] = reset_state(x_step[units + unit], of_reset, h[unit]);
        return;
    }
#endif
    for (int g = 0; g < GATES; g++) {
        const bool of_reset = CELL == CELL_GRU_BEFORE && g == 2;
        gates[g] = x_step[g * units + unit];
        sum[g] = sum_of(of_reset ? reset : h, packed, g * units + unit, units);
    }

    __global float *c = states + (state_at(STATE_C, sample, work) + unit);
    const bool stays = is_masked(mask + mask_offset, sample, step, x_view);
    float next_c = *c;
    const float advanced = next_state(gates, sum, h[unit], &next_c);
    const float next_h = stays ? h[unit] : advanced;
    const int row = row_of_y(step, x_view, y_view);
    const int c_row = row_of_c(step, x_view, y_view);
    const int h_row = row_of_h(step, x_view, y_view);
    __global float *y_sample = y + (y_offset + sample * y_view.s0 + unit);
    next_c = stays ? *c : next_c;
    *c = next_c;
    states[state_at((step + 1) % 2, sample, work) + unit] = next_h;
    if (row >= 0) {
        y_sample[row * y_view.s1] = shows_state(mask + mask_offset, sample, step, x_view) ? next_h : 0.0f;
    }
    if (h_row >= 0) {
        y_sample[h_row * y_view.s1] = next_h;
    }
    if (c_row >= 0) {
        y_sample[c_row * y_view.s1] = next_c;
    }
}
