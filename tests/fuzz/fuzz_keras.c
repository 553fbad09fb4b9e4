/* SPDX-License-Identifier: MIT */
/* Loads any bytes as a model file: for libFuzzer (PLAIT_FUZZ), or for replay.c.
 *
 * Bytes that begin as an archive or an HDF5 file are the file. Others are a config, a zero byte, and the HDF5
 * file of its weights: they are put in an archive with right checksums, which chance would not find. */
#define _GNU_SOURCE /* memfd_create */
#include <plait/load.h>
#include <plait/model.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

enum { LOCAL_BYTES = 30, CENTRAL_BYTES = 46, END_BYTES = 22 };

struct member {
    const char *name;
    const uint8_t *bytes;
    size_t size;
};

static void put(uint8_t *out, size_t value, int bytes)
{
    for (int i = 0; i < bytes; i++) {
        out[i] = (uint8_t)(value >> 8 * i);
    }
}

/* The fields that a member's two heads share, from `out` on. */
static void put_shared(uint8_t *out, const struct member *member)
{
    put(out, 20, 2); /* version 2.0; stored; no date */
    put(out + 10, crc32(0, member->bytes, (uInt)member->size), 4);
    put(out + 14, member->size, 4);
    put(out + 18, member->size, 4);
    put(out + 22, strlen(member->name), 2);
}

static void write_archive(FILE *file, const struct member *members, size_t count)
{
    uint8_t central[4][CENTRAL_BYTES] = {0};
    uint8_t end[END_BYTES] = "PK\5\6";
    size_t at = 0;
    size_t directory = 0;

    for (size_t i = 0; i < count; i++) {
        uint8_t local[LOCAL_BYTES] = "PK\3\4";
        const size_t length = strlen(members[i].name);
        put_shared(local + 4, &members[i]);
        (void)fwrite(local, 1, LOCAL_BYTES, file);
        (void)fwrite(members[i].name, 1, length, file);
        (void)fwrite(members[i].bytes, 1, members[i].size, file);
        memcpy(central[i], "PK\1\2\24", 5);
        put_shared(central[i] + 6, &members[i]);
        put(central[i] + 42, at, 4);
        at += LOCAL_BYTES + length + members[i].size;
        directory += CENTRAL_BYTES + length;
    }
    for (size_t i = 0; i < count; i++) {
        (void)fwrite(central[i], 1, CENTRAL_BYTES, file);
        (void)fputs(members[i].name, file);
    }
    put(end + 8, count, 2);
    put(end + 10, count, 2);
    put(end + 12, directory, 4);
    put(end + 16, at, 4);
    (void)fwrite(end, 1, END_BYTES, file);
}

static void write_model(FILE *file, const uint8_t *bytes, size_t size)
{
    const uint8_t *zero = memchr(bytes, 0, size);

    if ((size >= 4 && memcmp(bytes, "PK\3\4", 4) == 0) || (size >= 4 && memcmp(bytes, "\x89HDF", 4) == 0) || !zero) {
        (void)fwrite(bytes, 1, size, file);
        return;
    }
    const size_t config = (size_t)(zero - bytes);
    const struct member members[] = {
        {"config.json", bytes, config},
        {"model.weights.h5", zero + 1, size - config - 1},
    };
    write_archive(file, members, 2);
}

/* What needs no device: the table and the picture. */
static void look_at(const plait_keras *keras)
{
    const plait_nodes inputs = plait_keras_inputs(keras);
    const plait_nodes outputs = plait_keras_outputs(keras);
    size_t length = 0;

    if (plait_graph_summary(inputs, outputs, NULL, NULL, 0, &length) != PLAIT_OK ||
        plait_graph_dot(inputs, outputs, NULL, 0, &length) != PLAIT_OK) {
        abort(); /* a model that was loaded is a model */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    static const plait_keras_size shape = {.shape = {.rank = 3, .dims = {6, 6, 2}}};
    static const plait_keras_opts opts = {.sizes = &shape, .size_count = 1};
    plait_graph *graph = NULL;
    plait_keras *keras = NULL;
    char path[64];
    const int memory = memfd_create("model", 0);
    FILE *file = fdopen(memory, "wb");

    if (!file || plait_graph_create(&graph) != PLAIT_OK) {
        abort();
    }
    write_model(file, bytes, size);
    (void)fflush(file);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", memory);
    if (plait_load_keras(graph, path, &opts, &keras) == PLAIT_OK) {
        look_at(keras);
    }
    plait_keras_free(keras);
    plait_graph_free(graph);
    (void)fclose(file);
    return 0;
}
