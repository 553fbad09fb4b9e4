/* SPDX-License-Identifier: MIT */
/* Gives files to a fuzz target, one after the other: what a fuzzer found stays found.
 * Usage: PROGRAM FOLDER...     each file in them that is no array or text */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);

static uint8_t bytes[1 << 20];

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (!file) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    const size_t size = fread(bytes, 1, sizeof bytes, file);
    (void)fclose(file);
    uint8_t *exact = malloc(size ? size : 1); /* so that a sanitizer sees reads beyond the end */
    if (!exact) {
        exit(1);
    }
    memcpy(exact, bytes, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    return 1;
}

int main(int argc, char **argv)
{
    int count = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        for (const struct dirent *entry; folder && (entry = readdir(folder));) {
            char path[1024];
            const char *dot = strrchr(entry->d_name, '.');
            if (entry->d_name[0] == '.' || (dot && (strcmp(dot, ".npy") == 0 || strcmp(dot, ".txt") == 0))) {
                continue;
            }
            (void)snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            count += replay(path);
        }
        if (folder) {
            (void)closedir(folder);
        }
    }
    printf("%d files\n", count);
    return count > 0 ? 0 : 1;
}
