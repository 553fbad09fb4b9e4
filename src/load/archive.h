/* SPDX-License-Identifier: MIT */
#ifndef LOAD_ARCHIVE_H
#define LOAD_ARCHIVE_H
#include "base/error.h"
#include <stddef.h>
plait_status archive_member(const char *path, const char *name, size_t most, void **bytes, size_t *size);
#endif
