/* SPDX-License-Identifier: MIT */
#include "load/hdf5_texts.h"

#include "base/error.h"
#include "base/memory.h"

#include <string.h>

plait_status hdf5_texts_add(struct hdf5_file *file, struct hdf5_texts *texts, const char *text, size_t length)
{
    plait_status status = PLAIT_OK;

    TRY(hdf5_work(file, hdf5_product(length, HDF5_WORK_PER_BYTE)));
    TRY(mem_grow(&texts->items, &texts->capacity, texts->count + 1, sizeof *texts->items));
    TRY(mem_alloc(&texts->items[texts->count], length + 1, 1));
    memcpy(texts->items[texts->count], text, length);
    texts->count++;
out:
    return status;
}

void hdf5_texts_free(struct hdf5_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        mem_free(texts->items[i]);
    }
    mem_free(texts->items);
    *texts = (struct hdf5_texts){0};
}
