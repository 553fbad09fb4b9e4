/* SPDX-License-Identifier: MIT */
#include "load/archive.h"
#include "base/memory.h"
#include <zip.h>
plait_status archive_member(const char *path, const char *name, size_t most, void **bytes, size_t *size)
{
    plait_status status = PLAIT_OK;
    zip_stat_t stat;
    zip_file_t *member = NULL;
    int code = 0;
    zip_t *zip = zip_open(path, ZIP_RDONLY, &code);
    if (!zip) return error_set(PLAIT_ERR_FORMAT, "%s: no zip archive", path);
    if (zip_stat(zip, name, 0, &stat) != 0 || stat.size > most) { status = error_set(PLAIT_ERR_FORMAT, "%s: no %s", path, name); goto out; }
    TRY(mem_alloc(bytes, stat.size, 1));
    *size = stat.size;
    member = zip_fopen(zip, name, 0);
    if (!member || zip_fread(member, *bytes, stat.size) != (zip_int64_t)stat.size) status = error_set(PLAIT_ERR_FORMAT, "%s: %s is damaged", path, name);
out:
    if (member) zip_fclose(member);
    zip_discard(zip);
    return status;
}
