/* SPDX-License-Identifier: MIT */
/* Host code for the processor at hand. */
#ifndef BASE_VECTORS_H
#define BASE_VECTORS_H

#include <limits.h> /* for __GLIBC__ */

/* Before a function: it is compiled, with all that it calls, for several instruction sets, and the widest that the
 * processor has is taken when the library is loaded. Where the compiler or the loader cannot do so, for the least
 * processor alone. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define WIDE_VECTORS __attribute__((target_clones("avx512f", "avx2", "default"), flatten))
#else
#define WIDE_VECTORS
#endif

#endif
