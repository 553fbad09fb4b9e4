/* SPDX-License-Identifier: MIT */
/* Every operator in double precision, by the plain loop of its definition: what tests compare with.
 *
 * Independent of the library but for its public option structs, which mean here what layers.h says. Each
 * result carries the terms S and sums n that compare.h needs, errors of the inputs included, so
 * operators can be chained. Results that float32 computes without rounding, or with one rounding for
 * each step in a fixed order, stay exact: relu, max, min, moves, merges of exact inputs. */
#ifndef SUPPORT_ORACLE_H
#define SUPPORT_ORACLE_H

#include "compare.h"

#include <plait/layers.h>

enum merge { MERGE_ADD, MERGE_SUBTRACT, MERGE_MULTIPLY, MERGE_AVERAGE, MERGE_MAXIMUM, MERGE_MINIMUM };

/* A reference of `shape` (batch in front), all zero. */
struct reference reference_new(plait_shape shape);

/* Exact inputs; the values are copied. */
struct reference reference_of(plait_shape shape, const float *values);

/* The values as float32, in scratch memory. */
float *reference_floats(const struct reference *x);

struct reference oracle_merge(enum merge kind, const struct reference *x, size_t count);
struct reference oracle_concatenate(const struct reference *x, size_t count, int axis);
struct reference oracle_flatten(struct reference x);
struct reference oracle_conv2d(struct reference x, const plait_conv2d_opts *opts);
struct reference oracle_dense(struct reference x, const plait_dense_opts *opts);
struct reference oracle_batch_normalization(struct reference x, const plait_batch_normalization_opts *opts);
struct reference oracle_activate(struct reference x, plait_activation kind);
struct reference oracle_relu(struct reference x, const plait_relu_opts *opts);
struct reference oracle_softmax(struct reference x, int axis);
struct reference oracle_log_softmax(struct reference x, int axis);

/* One value of a pointwise activation (not of the softmaxes). */
double oracle_activation(plait_activation kind, double x);

/* Its terms, of an x with these terms and sums. */
double oracle_activation_terms(plait_activation kind, double x, double terms, size_t sums);

#endif
