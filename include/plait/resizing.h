/* SPDX-License-Identifier: MIT */
/* Layers that change the size of sequences {steps, features} and pictures. The rules of layers.h hold. */
#ifndef PLAIT_RESIZING_H
#define PLAIT_RESIZING_H

#include <plait/layers.h>

PLAIT_EXTERN_C_BEGIN

/* A number of cells at the beginning of an axis, and at its end. */
typedef struct plait_ends {
    size_t begin; /* left, top */
    size_t end;   /* right, bottom */
} plait_ends;

#ifdef __cplusplus
#define PLAIT_ENDS(begin, end) (plait_ends{begin, end})
#else
#define PLAIT_ENDS(begin, end) ((plait_ends){begin, end})
#endif

/* Zeros around x: y[i][f] = x[i - begin][f] where there is one, else 0; y has begin + end steps more. Costs
 * nothing where a convolution alone reads it. Keras's default is PLAIT_ENDS(1, 1). */
PLAIT_API plait_node plait_zero_padding1d(plait_node x, plait_ends steps, const plait_layer_opts *opts);
PLAIT_API plait_node plait_zero_padding2d(plait_node x, plait_ends rows, plait_ends cols, const plait_layer_opts *opts);

/* x without what lies at its ends: y[i][f] = x[begin + i][f]; y has begin + end steps less, and at least one.
 * Keras's default is PLAIT_ENDS(1, 1) for sequences and PLAIT_ENDS(0, 0) for pictures. */
PLAIT_API plait_node plait_cropping1d(plait_node x, plait_ends steps, const plait_layer_opts *opts);
PLAIT_API plait_node plait_cropping2d(plait_node x, plait_ends rows, plait_ends cols, const plait_layer_opts *opts);

/* How a picture of another size is made of the cells of x. Output cell i stands at p = (i + 0.5) * n / m - 0.5
 * along an axis that n cells of x become m of. */
typedef enum plait_interpolation {
    PLAIT_USUAL_INTERPOLATION = 0, /* what Keras takes for the layer unless told otherwise */
    PLAIT_NEAREST = 1,             /* cell floor(p + 0.5) */
    PLAIT_BILINEAR = 2,            /* cells floor(p) and ceil(p), weighted by their nearness; those outside of x are
                                      the ones at its edge */
} plait_interpolation;

/* Every step `size` times, 0 standing for 2: y[i][f] = x[i / size][f]. */
PLAIT_API plait_node plait_up_sampling1d(plait_node x, size_t size, const plait_layer_opts *opts);

typedef struct plait_up_sampling2d_opts {
    const char *name;
    size_t size[2];                    /* how many rows and columns become of one; 0: 2 */
    plait_interpolation interpolation; /* PLAIT_NEAREST if it is not given */
} plait_up_sampling2d_opts;

/* A picture size[0] times as high and size[1] times as wide. */
PLAIT_API plait_node plait_up_sampling2d(plait_node x, const plait_up_sampling2d_opts *opts);

typedef struct plait_resizing_opts {
    const char *name;
    plait_interpolation interpolation; /* PLAIT_BILINEAR if it is not given */
    int crop_to_aspect_ratio;          /* takes the largest part from the middle of x that has y's proportions */
    int pad_to_aspect_ratio;           /* first puts borders to x, so that it has y's proportions */
    float fill_value;                  /* of these borders */
} plait_resizing_opts;

/* A picture of height rows and width columns, made of all of x; without smoothing before (Keras's antialias). */
PLAIT_API plait_node plait_resizing(plait_node x, size_t height, size_t width, const plait_resizing_opts *opts);

/* The middle of a picture: height rows and width columns from row (x's rows - height) / 2 and column
 * (x's columns - width) / 2 on. If x is smaller, the largest part with y's proportions, resized (bilinear). */
PLAIT_API plait_node plait_center_crop(plait_node x, size_t height, size_t width, const plait_layer_opts *opts);

PLAIT_EXTERN_C_END
#endif
