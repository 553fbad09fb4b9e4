/* SPDX-License-Identifier: MIT */
/* Names that Keras gives to layers without one. */
#ifndef GRAPH_NAME_H
#define GRAPH_NAME_H

#include <stddef.h>

enum { NAME_BYTES = 96 };

/* The name of the layer of a class that is number `number` without a name of its own: the class in snake
 * case, with the number behind it from 1 on: ("ReLU", 0) is "re_lu", ("Conv2D", 2) "conv2d_2". */
void name_number(const char *class_name, size_t number, char out[NAME_BYTES]);

#endif
