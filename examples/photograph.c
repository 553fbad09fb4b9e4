/* SPDX-License-Identifier: MIT */
#include "photograph.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STB_IMAGE_IMPLEMENTATION
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
#endif
#include <stb/stb_image.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

enum { CHANNELS = PHOTOGRAPH_CHANNELS, TOP = 5, NAME_BYTES = 128 };

/* How the pixels 0..255 of a model's family become its inputs:
 * (pixel * scale - mean[channel]) / deviation[channel], in the order blue, green, red if `bgr`. */
struct mode {
    const char *name;
    const char *families[8]; /* how the names of the models begin that want it; the longest that fits counts */
    int bgr;
    float scale;
    float mean[CHANNELS];
    float deviation[CHANNELS];
};

static const struct mode modes[] = {
    {"tf",
     {"resnet50v2", "resnet101v2", "resnet152v2", "mobilenet", "inception", "xception", "nasnet"},
     0,
     1 / 127.5F,
     {1, 1, 1},
     {1, 1, 1}},
    {"caffe", {"resnet", "vgg"}, 1, 1, {103.939F, 116.779F, 123.68F}, {1, 1, 1}},
    {"torch", {"densenet"}, 0, 1 / 255.0F, {0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}},
    {"none", {"efficientnet", "convnext", "mobilenetv3", "MobileNetV3"}, 0, 1, {0}, {1, 1, 1}},
};

enum { MODE_COUNT = sizeof modes / sizeof *modes };

void stop(int code, const char *what, const char *which)
{
    fprintf(stderr, "5_photograph: %s%s\n", what, which);
    exit(code);
}

const struct mode *photograph_mode(const char *asked, const char *model)
{
    const struct mode *chosen = &modes[0];
    size_t longest = 0;

    for (size_t i = 0; i < MODE_COUNT; i++) {
        if (asked && strcmp(asked, modes[i].name) == 0) {
            return &modes[i];
        }
        for (size_t k = 0; k < 8 && modes[i].families[k]; k++) {
            const size_t length = strlen(modes[i].families[k]);
            if (length > longest && strncmp(model, modes[i].families[k], length) == 0) {
                longest = length;
                chosen = &modes[i];
            }
        }
    }
    if (asked) {
        stop(2, "--mode can be caffe, tf, torch or none, but is ", asked);
    }
    return chosen;
}

/* Where a pixel of the resized picture lies among `old` pixels: between `low` and `high`. */
struct place {
    size_t low;
    size_t high;
    float part; /* of the way */
};

static struct place find_place(size_t index, size_t size, size_t old)
{
    const float at = ((float)index + 0.5F) * (float)old / (float)size - 0.5F; /* a pixel's middle is at a half */
    const float inside = at < 0 ? 0 : at > (float)(old - 1) ? (float)(old - 1) : at;
    const size_t low = (size_t)inside;

    return (struct place){low, low + 1 < old ? low + 1 : low, inside - (float)low};
}

/* Resizes the photograph as keras.ops.image.resize does, bilinear, and makes the model's input of it. */
static void prepare(const unsigned char *photo, size_t photo_height, size_t photo_width, const struct mode *mode,
                    plait_shape shape, float *input)
{
    for (size_t y = 0; y < shape.dims[0]; y++) {
        const struct place row = find_place(y, shape.dims[0], photo_height);
        const unsigned char *top = photo + row.low * photo_width * CHANNELS;
        const unsigned char *bottom = photo + row.high * photo_width * CHANNELS;
        for (size_t x = 0; x < shape.dims[1]; x++) {
            const struct place column = find_place(x, shape.dims[1], photo_width);
            for (size_t c = 0; c < CHANNELS; c++, input++) {
                const size_t from = mode->bgr ? CHANNELS - 1 - c : c;
                const size_t left = column.low * CHANNELS + from;
                const size_t right = column.high * CHANNELS + from;
                const float above = (float)top[left] + column.part * (float)(top[right] - top[left]);
                const float below = (float)bottom[left] + column.part * (float)(bottom[right] - bottom[left]);
                const float pixel = above + row.part * (below - above);
                *input = (pixel * mode->scale - mode->mean[c]) / mode->deviation[c];
            }
        }
    }
}

float *photograph_read(const char *path, const struct mode *mode, plait_shape shape)
{
    int width = 0;
    int height = 0;
    unsigned char *photo = stbi_load(path, &width, &height, NULL, CHANNELS);
    float *input = malloc(shape.dims[0] * shape.dims[1] * CHANNELS * sizeof *input);

    if (!photo || !input) {
        fprintf(stderr, "5_photograph: %s: %s\n", path, photo ? "no memory" : stbi_failure_reason());
        exit(EXIT_FAILURE);
    }
    prepare(photo, (size_t)height, (size_t)width, mode, shape, input);
    stbi_image_free(photo);
    return input;
}

/* Line `number` of the file of names, or the number itself. */
static void name_class(const char *names, size_t number, char name[NAME_BYTES])
{
    FILE *file = names ? fopen(names, "r") : NULL;

    if (names && !file) {
        stop(EXIT_FAILURE, "cannot read ", names);
    }
    (void)snprintf(name, NAME_BYTES, "%zu", number);
    for (size_t i = 0; file && i <= number && fgets(name, NAME_BYTES, file); i++) {
        name[strcspn(name, "\r\n")] = 0;
    }
    if (file) {
        (void)fclose(file);
    }
}

void photograph_print(float *probabilities, size_t count, const char *names)
{
    for (size_t k = 0; k < TOP && k < count; k++) {
        char name[NAME_BYTES];
        size_t best = 0;
        for (size_t i = 1; i < count; i++) {
            best = probabilities[i] > probabilities[best] ? i : best;
        }
        name_class(names, best, name);
        printf("%6.2f %%  %s\n", 100 * (double)probabilities[best], name);
        probabilities[best] = -1;
    }
}
