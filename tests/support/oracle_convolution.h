/* SPDX-License-Identifier: MIT */
/* The oracle's convolutions other than conv2d. */
#ifndef SUPPORT_ORACLE_CONVOLUTION_H
#define SUPPORT_ORACLE_CONVOLUTION_H

#include "twin.h"

#include <plait/convolution.h>

struct reference oracle_conv1d(struct reference x, const plait_conv1d_opts *opts);
struct reference oracle_depthwise_conv2d(struct reference x, const plait_depthwise_conv2d_opts *opts);
struct reference oracle_depthwise_conv1d(struct reference x, const plait_depthwise_conv1d_opts *opts);
struct reference oracle_separable_conv2d(struct reference x, const plait_separable_conv2d_opts *opts);
struct reference oracle_separable_conv1d(struct reference x, const plait_separable_conv1d_opts *opts);
struct reference oracle_conv2d_transpose(struct reference x, const plait_conv2d_transpose_opts *opts);
struct reference oracle_conv1d_transpose(struct reference x, const plait_conv1d_transpose_opts *opts);

struct twin twin_conv1d(struct twin x, const plait_conv1d_opts *opts);
struct twin twin_depthwise_conv2d(struct twin x, const plait_depthwise_conv2d_opts *opts);
struct twin twin_depthwise_conv1d(struct twin x, const plait_depthwise_conv1d_opts *opts);
struct twin twin_separable_conv2d(struct twin x, const plait_separable_conv2d_opts *opts);
struct twin twin_separable_conv1d(struct twin x, const plait_separable_conv1d_opts *opts);
struct twin twin_conv2d_transpose(struct twin x, const plait_conv2d_transpose_opts *opts);
struct twin twin_conv1d_transpose(struct twin x, const plait_conv1d_transpose_opts *opts);

#endif
