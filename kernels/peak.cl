/* SPDX-License-Identifier: MIT */
/* How many multiply-adds a device does at most: 16 chains of them a work-item, which keep any pipeline full,
 *
 *   for each chain i, `rounds` times:  a[i] = a[i] * factor + summand
 *
 *   y   a vector a work-item, so that nothing is left out
 *
 *   -D REAL=float16   or as many floats as a register holds */

#define EACH(M) M(0) M(1) M(2) M(3) M(4) M(5) M(6) M(7) M(8) M(9) M(10) M(11) M(12) M(13) M(14) M(15)
#define BEGIN(i) REAL a##i = first + i;
#define STEP(i) a##i = fma(a##i, factor, summand);
#define END(i) sum += a##i;

__kernel __attribute__((vec_type_hint(REAL))) void peak(__global REAL *y, const int rounds)
{
    const REAL first = (float)get_global_id(0);
    const REAL factor = 0.5f;
    const REAL summand = 1.0f;
    REAL sum = 0.0f;

    EACH(BEGIN)
    for (int i = 0; i < rounds; i++) {
        EACH(STEP)
    }
    EACH(END)
    y[get_global_id(0)] = sum;
}
