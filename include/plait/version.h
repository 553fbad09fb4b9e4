/* SPDX-License-Identifier: MIT */
/* The version of plait, and what a version promises. */
#ifndef PLAIT_VERSION_H
#define PLAIT_VERSION_H

/* Versions with the same major number are ABI stable: a program linked with one runs with any later one.
 * A minor number adds functions, enum values and fields in place of `reserved` ones.
 * Enum values and the meaning of an all-zero options struct never change within a major number.
 * While the major number is 0, a minor number may break both; the changelog then says so. */
#define PLAIT_VERSION_MAJOR 0
#define PLAIT_VERSION_MINOR 1
#define PLAIT_VERSION_PATCH 0
#define PLAIT_VERSION_HEX ((PLAIT_VERSION_MAJOR << 16) | (PLAIT_VERSION_MINOR << 8) | PLAIT_VERSION_PATCH)

#if defined(__cplusplus)
#define PLAIT_EXTERN_C_BEGIN extern "C" {
#define PLAIT_EXTERN_C_END }
#else
#define PLAIT_EXTERN_C_BEGIN
#define PLAIT_EXTERN_C_END
#endif

#if defined(__GNUC__)
#define PLAIT_API __attribute__((visibility("default")))
#define PLAIT_NODISCARD __attribute__((warn_unused_result))
#else
#define PLAIT_API
#define PLAIT_NODISCARD
#endif

PLAIT_EXTERN_C_BEGIN

/* The PLAIT_VERSION_HEX of the library that is linked, which may differ from the header's. */
PLAIT_API unsigned plait_version(void);

PLAIT_EXTERN_C_END
#endif
