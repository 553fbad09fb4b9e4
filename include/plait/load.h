/* SPDX-License-Identifier: MIT */
/* Files. */
#ifndef PLAIT_LOAD_H
#define PLAIT_LOAD_H

#include <plait/shape.h>

PLAIT_EXTERN_C_BEGIN

/* Reads a NumPy .npy file (format 1.0 to 3.0, C order, little-endian float32; anything else is refused
 * with the reason).
 *   out  shape and values; the values are to be freed with plait_array_free */
PLAIT_API PLAIT_NODISCARD plait_status plait_npy_read(const char *path, plait_array *out);

/* Writes an array as a NumPy .npy file (format 1.0, C order, float32). A file of that name is replaced
 * only when all is written. */
PLAIT_API PLAIT_NODISCARD plait_status plait_npy_write(const char *path, const plait_array *array);

/* Frees the values that plait_npy_read made and clears the array; NULL is allowed. */
PLAIT_API void plait_array_free(plait_array *array);

PLAIT_EXTERN_C_END
#endif
