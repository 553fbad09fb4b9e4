/* SPDX-License-Identifier: MIT */
/* plait: multi-branch neural networks, wholly on one OpenCL device.
 *
 * graph = plait_graph_create; nodes = plait_input, plait_conv2d, plait_concatenate, ...;
 * context = plait_context_create; model = plait_model_create(context, inputs, outputs);
 * plait_model_predict as often as you like. README.md shows a whole program.
 *
 * <plait/opencl.h> is apart, for applications that lend plait their own OpenCL objects. */
#ifndef PLAIT_H
#define PLAIT_H

#include <plait/activations.h>
#include <plait/attention.h>
#include <plait/context.h>
#include <plait/convolution.h>
#include <plait/graph.h>
#include <plait/layers.h>
#include <plait/load.h>
#include <plait/model.h>
#include <plait/normalization.h>
#include <plait/operations.h>
#include <plait/pooling.h>
#include <plait/recurrent.h>
#include <plait/reshaping.h>
#include <plait/resizing.h>
#include <plait/shape.h>
#include <plait/status.h>
#include <plait/tensor.h>
#include <plait/tune.h>
#include <plait/version.h>

#endif
