/* SPDX-License-Identifier: MIT */
/* The example's files. */
#include "digits.h"

plait_array digits_read(const char *name)
{
    char path[1024];
    plait_array array;

    (void)snprintf(path, sizeof path, "%s/%s", DIGITS_FOLDER, name);
    check(plait_npy_read(path, &array));
    return array;
}

void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);

    if (!memory) {
        fprintf(stderr, "digits: no room for %zu elements of %zu bytes\n", count, size);
        exit(EXIT_FAILURE);
    }
    return memory;
}

static size_t size_of(plait_array array)
{
    size_t size = 1;

    for (size_t i = 0; i < array.shape.rank; i++) {
        size *= array.shape.dims[i];
    }
    return size;
}

struct digits digits_load(const char *merge)
{
    char keras[64];
    struct digits digits = {
        .left = digits_read("left.npy"),
        .right = digits_read("right.npy"),
        .labels = digits_read("labels.npy"),
    };

    (void)snprintf(keras, sizeof keras, "%s_keras.npy", merge);
    digits.keras = digits_read(keras);
    digits.count = size_of(digits.labels);
    if (size_of(digits.left) != digits.count * DIGITS_PIXELS ||
        size_of(digits.right) != digits.count * DIGITS_PIXELS ||
        size_of(digits.keras) != digits.count * DIGITS_CLASSES) {
        fprintf(stderr, "digits: left, right, labels and %s do not have the same number of digits\n", keras);
        exit(EXIT_FAILURE);
    }
    return digits;
}

void digits_free(struct digits *digits)
{
    plait_array_free(&digits->left);
    plait_array_free(&digits->right);
    plait_array_free(&digits->labels);
    plait_array_free(&digits->keras);
}
