/* SPDX-License-Identifier: MIT */
/* Steps of a recurrent layer on CPUs: recurrence_reference.cl has the formula, recurrence.clh the arguments,
 * cell.clh the build options.
 *
 * A work-item takes ROWS samples through the steps, 16 units of them at a time. Where there are so many units that
 * it pays, several work-items share the units, and each step is a launch.
 *
 *   packed  kernel {block}{unit}{gate}{16}, bias {block}{gate}{16}; a block is 16 units
 *   -D ROWS=1, 2 or 4, -D SUMMED products that are summed apart
 * Work-items: {tiles of ROWS samples, lots of blocks}. */

#define REAL float16
#include "cell.clh"
#include "part.clh"
#include "recurrence.clh"

#define BLOCK_FLOATS(units) ((units) * GATES * 16)

/* A function that adds the products of gates FIRST to END of a block of units. These are constants, so that the sums
 * are registers. */
#define ADD_PRODUCTS(add_products, FIRST, END)                                                                   \
    static void add_products(float16 *sum, __global const float **h, __global const float *weights, int units)   \
    {                                                                                                            \
        for (int begin = 0; begin < units; begin += SUMMED) {                                                    \
            float16 part[ROWS * GATES] = {0.0f};                                                                 \
            const int stop = min(units, begin + SUMMED);                                                         \
            for (int k = begin; k < stop; k++) {                                                                 \
                _Pragma("unroll") for (int g = FIRST; g < END; g++)                                              \
                {                                                                                                \
                    const float16 w = *(__global const anywhere16 *)(weights + (k * GATES + g) * 16);            \
                    _Pragma("unroll") for (int r = 0; r < ROWS; r++)                                             \
                    {                                                                                            \
                        part[r * GATES + g] = fma((float16)(h[r][k]), w, part[r * GATES + g]);                   \
                    }                                                                                            \
                }                                                                                                \
            }                                                                                                    \
            _Pragma("unroll") for (int i = 0; i < ROWS * GATES; i++)                                             \
            {                                                                                                    \
                sum[i] += part[i];                                                                               \
            }                                                                                                    \
        }                                                                                                        \
    }

#if CELL == CELL_GRU_BEFORE
ADD_PRODUCTS(add_update, 0, 1)
ADD_PRODUCTS(add_reset, 1, 2)
ADD_PRODUCTS(add_new_state, 2, 3)
#else
ADD_PRODUCTS(add_all, 0, GATES)
#endif

/* The samples that a work-item computes, at one step. */
struct tile {
    int rows; /* those behind repeat the last one */
    int units;
    __global const float *x[ROWS];
    __global const float *h[ROWS];
    __global const float *reset[ROWS];
    __global float *next_h[ROWS];
    __global float *c[ROWS];
    __global float *y[ROWS]; /* NULL: no row for this step */
    __global float *y_c[ROWS];
    __global float *y_h[ROWS];
    bool stays[ROWS]; /* the state */
    bool shown[ROWS]; /* in y, which else gets 0 */
};

/* At a step, those from number `first` on. */
static void find_tile(struct tile *tile, int first, int step, __global const float *x, __global float *y,
                      __global float *states, __global const float *mask, int8 x_view, int8 y_view, int8 work)
{
    const int row = row_of_y(step, x_view, y_view);
    const int c_row = row_of_c(step, x_view, y_view);
    const int h_row = row_of_h(step, x_view, y_view);

    tile->rows = min(ROWS, x_view.s4 - first);
    tile->units = x_view.s5;
    for (int r = 0; r < ROWS; r++) {
        const int sample = first + min(r, tile->rows - 1);
        tile->x[r] = x + (sample * x_view.s0 + step_of_x(step, x_view) * x_view.s1);
        tile->h[r] = states + state_at(step % 2, sample, work);
        tile->next_h[r] = states + state_at((step + 1) % 2, sample, work);
        tile->c[r] = states + state_at(STATE_C, sample, work);
        tile->reset[r] = states + state_at(STATE_RESET, sample, work);
        tile->y[r] = row < 0 ? 0 : y + (sample * y_view.s0 + row * y_view.s1);
        tile->y_c[r] = c_row < 0 ? 0 : y + (sample * y_view.s0 + c_row * y_view.s1);
        tile->y_h[r] = h_row < 0 ? 0 : y + (sample * y_view.s0 + h_row * y_view.s1);
        tile->stays[r] = is_masked(mask, sample, step, x_view);
        tile->shown[r] = shows_state(mask, sample, step, x_view);
    }
}

/* What the input of sample r adds to gate g of a block. */
static float16 load_gate(const struct tile *tile, int r, int g, int block)
{
    return load_first(tile->x[r] + (g * tile->units + block * 16), tile->units - block * 16);
}

static float16 load_state(__global const float *state, int block)
{
    return *(__global const anywhere16 *)(state + block * 16);
}

static void store_state(float16 value, __global float *state, int block)
{
    *(__global anywhere16 *)(state + block * 16) = value;
}

/* The sums of a block with the recurrent bias in them alone. */
static void begin_sums(float16 *sum, __global const float *bias)
{
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
#pragma unroll
        for (int g = 0; g < GATES; g++) {
            sum[r * GATES + g] = *(__global const anywhere16 *)(bias + g * 16);
        }
    }
}

#if CELL == CELL_GRU_BEFORE
static void reset_block(struct tile *tile, int block, __global const float *weights, __global const float *bias)
{
    float16 sum[ROWS * GATES];

    begin_sums(sum, bias);
    add_reset(sum, tile->h, weights, tile->units);
    for (int r = 0; r < tile->rows; r++) {
        const float16 h = load_state(tile->h[r], block);
        const float16 value = reset_state(load_gate(tile, r, 1, block), sum[r * GATES + 1], h);
        store_state(value, (__global float *)tile->reset[r], block);
    }
}
#endif

static void advance_block(struct tile *tile, int block, __global const float *weights, __global const float *bias)
{
    const int units = tile->units - block * 16;
    float16 sum[ROWS * GATES];

    begin_sums(sum, bias);
#if CELL == CELL_GRU_BEFORE
    add_update(sum, tile->h, weights, tile->units);
    add_new_state(sum, tile->reset, weights, tile->units);
#else
    add_all(sum, tile->h, weights, tile->units);
#endif
    for (int r = 0; r < tile->rows; r++) {
        float16 gates[GATES];
        for (int g = 0; g < GATES; g++) {
            gates[g] = load_gate(tile, r, g, block);
        }
        const float16 old_h = load_state(tile->h[r], block);
        const float16 old_c = load_state(tile->c[r], block);
        float16 c = old_c;
        const float16 next = next_state(gates, sum + r * GATES, old_h, &c);
        const float16 h = tile->stays[r] ? old_h : next;
        c = tile->stays[r] ? old_c : c;
        store_state(h, tile->next_h[r], block);
        store_state(c, tile->c[r], block);
        if (tile->y[r]) {
            store_first(tile->shown[r] ? h : (float16)(0.0f), tile->y[r] + block * 16, units);
        }
        if (tile->y_h[r]) {
            store_first(h, tile->y_h[r] + block * 16, units);
        }
        if (tile->y_c[r]) {
            store_first(c, tile->y_c[r] + block * 16, units);
        }
    }
}

__kernel __attribute__((vec_type_hint(float16)))
void recurrence_cpu(__global const float *x, const long x_offset, __global float *y, const long y_offset,
                    __global const float *packed, __global float *state, const long state_offset, const int8 x_view,
                    const int8 y_view, const int8 work, __global const float *mask, const long mask_offset)
{
    const int units = x_view.s5;
    const int blocks = work.s4 / 16;
    const int first = (int)get_global_id(0) * ROWS;
    const int begin = (int)get_global_id(1) * work.s2;
    const int end = min(blocks, begin + work.s2);
    __global const float *bias = packed + blocks * BLOCK_FLOATS(units);

    for (int step = work.s0; step < work.s1; step++) {
        struct tile tile;
        find_tile(&tile, first, step, x + x_offset, y + y_offset, state + state_offset, mask + mask_offset, x_view,
                  y_view, work);
#if CELL == CELL_GRU_BEFORE
        for (int block = begin; block < end; block++) {
            reset_block(&tile, block, packed + block * BLOCK_FLOATS(units), bias + block * GATES * 16);
        }
#endif
        for (int block = begin; block < end; block++) {
            advance_block(&tile, block, packed + block * BLOCK_FLOATS(units), bias + block * GATES * 16);
        }
    }
}
