/* SPDX-License-Identifier: MIT */
/* Fourier transforms: lengths and tables for kernels/fft.clh, and the transforms of convolution kernels. */
#ifndef OPS_FFT_H
#define OPS_FFT_H

#include <stddef.h>

/* A transform in two passes: its length is the product of two radices of 2 to 16. */
struct fft {
    size_t length; /* 0: there is none */
    size_t radices[2];
};

enum { FFT_MOST = 256 }; /* the longest */

/* The shortest transform of at least `length` numbers. */
struct fft fft_from(size_t length);

/* The table that kernels/fft.clh reads. */
size_t fft_table_floats(struct fft fft);
void fft_table(struct fft fft, float *table);

/* Convolution kernels of one channel for up to 16 filters, side by side in the lanes. */
enum { FFT_LANES = 16 };

struct fft_taps {
    size_t rows;
    size_t cols;
    size_t lanes;
    const float *taps;   /* {rows}{cols}{lanes} */
    size_t step;         /* floats from one tap to the next */
    const double *scale; /* of each of FFT_LANES */
};

/* The conjugate transform, which makes a product of transforms a correlation, in double precision, rounded once:
 *
 *   spectrum[k][m] = scale * sum over a, b of taps[a][b] * exp(2 pi i (a m + b k) / length)
 *
 * for k up to length / 2, m below length, each as FFT_LANES real and FFT_LANES imaginary parts; k_step and m_step
 * floats apart. Lanes without a kernel get 0, or stay as they are. */
void fft_kernel(const struct fft_taps *kernel, size_t length, float *spectrum, size_t k_step, size_t m_step);

#endif
