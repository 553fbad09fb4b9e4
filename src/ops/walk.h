/* SPDX-License-Identifier: MIT */
/* Elementwise kernels: each output element comes from one element of each operand, wherever it lies.
 *
 * Such a kernel takes its operands, the output last, as (pointer, offset) pairs, then their common dims and
 * the strides of each (kernels/walk.clh). It comes in two forms: <name>_cpu, where a work-item computes a
 * share of the rows (kernels/row.clh), and <name>_reference, where it computes one element. */
#ifndef OPS_WALK_H
#define OPS_WALK_H

#include "graph/op.h"

enum { WALK_MAX_OPERANDS = 4 };

enum { WALK_AXES = 8 }; /* as kernels/walk.clh */

/* About how many elements a work-item of a _cpu kernel computes: 10 microseconds of work. */
enum { WALK_RUN = 8192 };

enum walk_form { WALK_CPU, WALK_REFERENCE };

/* Places in step->tile: of the work-items that form a group, 0 in _cpu kernels; and of the rows that a work-item of an
 * elementwise _cpu kernel computes at least, if that was built with -D LEAST_ROWS (kernels/row.clh), else 0. */
enum { WALK_GROUP, WALK_LEAST_ROWS };

/* Whether a _cpu kernel is meant for the device; a variant's `applicable`. */
bool walk_cpu_applicable(const struct step *step, const struct device_traits *device);

/* Asks for the kernel `name`, which is of that form; returns its options, to add to. */
struct text *walk_kernel(struct step *step, const char *name, enum walk_form form, const struct device_traits *device);

/* Brings views of equal dims to WALK_AXES axes: the fewest that visit the elements, behind axes of size 1. */
void walk_align_views(struct view *const *views, size_t count);

/* The same for operands. */
void walk_align(struct operand *operands, size_t count);

/* Launches the kernel that was asked for as number `index`. */
plait_status walk_launch(const struct step *step, const struct run *run, size_t index, const struct operand *operands,
                         size_t count);

#endif
