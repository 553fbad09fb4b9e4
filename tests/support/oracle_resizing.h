/* SPDX-License-Identifier: MIT */
/* The oracle's sequences and pictures of another size. A sequence is a picture of one row. */
#ifndef SUPPORT_ORACLE_RESIZING_H
#define SUPPORT_ORACLE_RESIZING_H

#include "twin.h"

#include <plait/resizing.h>

struct twin twin_zero_padding1d(struct twin x, plait_ends steps);
struct twin twin_zero_padding2d(struct twin x, plait_ends rows, plait_ends cols);
struct twin twin_cropping1d(struct twin x, plait_ends steps);
struct twin twin_cropping2d(struct twin x, plait_ends rows, plait_ends cols);
struct twin twin_up_sampling1d(struct twin x, size_t size);
struct twin twin_up_sampling2d(struct twin x, const plait_up_sampling2d_opts *opts);
struct twin twin_resizing(struct twin x, size_t height, size_t width, const plait_resizing_opts *opts);
struct twin twin_center_crop(struct twin x, size_t height, size_t width);

#endif
