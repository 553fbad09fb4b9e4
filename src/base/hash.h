/* SPDX-License-Identifier: MIT */
/* A checksum against damage, not against malice: FNV-1a of 64 bits. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* The checksum of nothing; what to begin with. */
#define HASH_EMPTY UINT64_C(0xCBF29CE484222325)

/* The checksum of what `hash` is of, followed by these bytes. */
uint64_t hash_bytes(uint64_t hash, const void *bytes, size_t count);

/* The same for a string, without its end. */
uint64_t hash_text(uint64_t hash, const char *text);

#endif
