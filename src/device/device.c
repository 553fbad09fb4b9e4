/* SPDX-License-Identifier: MIT */
/* The devices of the machine: finding, describing and ordering them. */
#include "device/device.h"

#include "base/memory.h"
#include "device/cl.h"

#include <string.h>

/* A text property, cut to fit `bytes`. Drivers pad names with spaces: these go. */
static plait_status read_text(cl_device_id device, cl_device_info key, char *out, size_t bytes)
{
    plait_status status = PLAIT_OK;
    char *text = NULL;
    size_t length = 0;

    TRY(error_from_cl(clGetDeviceInfo(device, key, 0, NULL, &length), "clGetDeviceInfo %#x", (unsigned)key));
    TRY(mem_alloc(&text, length + 1, 1));
    TRY(error_from_cl(clGetDeviceInfo(device, key, length, text, NULL), "clGetDeviceInfo %#x", (unsigned)key));
    const char *begin = text + strspn(text, " ");
    size_t end = strlen(begin);
    while (end > 0 && begin[end - 1] == ' ') {
        end--;
    }
    const size_t fits = end < bytes ? end : bytes - 1;
    memcpy(out, begin, fits);
    out[fits] = 0;
out:
    mem_free(text);
    return status;
}

static plait_status read_value(cl_device_id device, cl_device_info key, void *out, size_t bytes)
{
    return error_from_cl(clGetDeviceInfo(device, key, bytes, out, NULL), "clGetDeviceInfo %#x", (unsigned)key);
}

static plait_device_kind kind_of(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_CPU) {
        return PLAIT_DEVICE_CPU;
    }
    return type & CL_DEVICE_TYPE_GPU ? PLAIT_DEVICE_GPU : PLAIT_DEVICE_OTHER;
}

plait_status device_describe(cl_device_id device, plait_device_info *info)
{
    plait_status status = PLAIT_OK;
    plait_device_info found = {0};
    cl_platform_id platform = NULL;
    cl_device_type type = 0;
    cl_uint units = 0;

    TRY(read_text(device, CL_DEVICE_NAME, found.name, sizeof found.name));
    TRY(read_text(device, CL_DEVICE_VENDOR, found.vendor, sizeof found.vendor));
    TRY(read_text(device, CL_DRIVER_VERSION, found.driver, sizeof found.driver));
    TRY(read_text(device, CL_DEVICE_VERSION, found.opencl, sizeof found.opencl));
    TRY(read_value(device, CL_DEVICE_PLATFORM, &platform, sizeof platform));
    TRY(error_from_cl(clGetPlatformInfo(platform, CL_PLATFORM_NAME, sizeof found.platform, found.platform, NULL),
                      "clGetPlatformInfo"));
    TRY(read_value(device, CL_DEVICE_TYPE, &type, sizeof type));
    TRY(read_value(device, CL_DEVICE_MAX_COMPUTE_UNITS, &units, sizeof units));
    TRY(read_value(device, CL_DEVICE_GLOBAL_MEM_SIZE, &found.global_bytes, sizeof(cl_ulong)));
    TRY(read_value(device, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &found.max_alloc_bytes, sizeof(cl_ulong)));
    TRY(read_value(device, CL_DEVICE_LOCAL_MEM_SIZE, &found.local_bytes, sizeof(cl_ulong)));
    found.kind = kind_of(type);
    found.compute_units = units;
    *info = found;
out:
    return status;
}

plait_status device_probe(cl_device_id device, const plait_device_info *info, struct device_traits *traits)
{
    plait_status status = PLAIT_OK;
    size_t along[3] = {0};
    size_t group = 0;
    cl_uint axes = 0;
    cl_uint vector = 0;

    TRY(read_value(device, CL_DEVICE_MAX_WORK_ITEM_DIMENSIONS, &axes, sizeof axes));
    if (axes != 3) {
        status = error_set(PLAIT_ERR_UNSUPPORTED, "device \"%s\" has %u axes of work-items; 3 are needed", info->name,
                           (unsigned)axes);
        goto out;
    }
    TRY(read_value(device, CL_DEVICE_MAX_WORK_ITEM_SIZES, along, sizeof along));
    TRY(read_value(device, CL_DEVICE_MAX_WORK_GROUP_SIZE, &group, sizeof group));
    TRY(read_value(device, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, &vector, sizeof vector));
    *traits = (struct device_traits){
        .kind = info->kind,
        .compute_units = info->compute_units,
        .max_work_group = group < along[0] ? group : along[0],
        .local_bytes = info->local_bytes,
        .max_buffer_bytes = info->max_alloc_bytes,
        .vector_floats = vector,
#ifdef PLAIT_HAVE_CLBLAST
        .has_clblast = true,
#endif
    };
out:
    return status;
}

plait_status device_runs_host(cl_device_id device, bool *runs)
{
    plait_status status = PLAIT_OK;
    cl_device_exec_capabilities capabilities = 0;

    TRY(read_value(device, CL_DEVICE_EXECUTION_CAPABILITIES, &capabilities, sizeof capabilities));
    *runs = (capabilities & CL_EXEC_NATIVE_KERNEL) != 0;
out:
    return status;
}

bool driver_is_pocl(const plait_device_info *info)
{
    return strcmp(info->platform, "Portable Computing Language") == 0;
}

bool device_is_pocl(const plait_device_info *info)
{
    return info->kind == PLAIT_DEVICE_CPU && driver_is_pocl(info);
}

/* Appends the platform's devices that answer. A platform or device that does not is no device: another
 * vendor's broken installation must not hide the ones that work. */
static plait_status list_platform(cl_platform_id platform, struct device_entry **list, size_t *count, size_t *capacity)
{
    plait_status status = PLAIT_OK;
    cl_device_id *devices = NULL;
    cl_uint found = 0;

    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &found) != CL_SUCCESS || found == 0) {
        return PLAIT_OK;
    }
    TRY(mem_alloc(&devices, found, sizeof *devices));
    if (clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, found, devices, NULL) != CL_SUCCESS) {
        goto out;
    }
    TRY(mem_grow(list, capacity, *count + found, sizeof **list));
    for (cl_uint i = 0; i < found; i++) {
        struct device_entry entry = {.platform = platform, .device = devices[i]};
        const plait_status described = device_describe(devices[i], &entry.info);
        if (described == PLAIT_ERR_HOST_MEMORY) {
            status = described;
            goto out;
        }
        if (described == PLAIT_OK) {
            (*list)[(*count)++] = entry;
        }
    }
out:
    mem_free(devices);
    return status;
}

/* Stable order: GPUs, then CPUs, then the rest; the ICD loader's order among equals. */
static void order(struct device_entry *list, size_t count)
{
    static const int place[] = {[PLAIT_DEVICE_GPU] = 0, [PLAIT_DEVICE_CPU] = 1, [PLAIT_DEVICE_OTHER] = 2};

    for (size_t i = 1; i < count; i++) {
        const struct device_entry entry = list[i];
        size_t at = i;
        for (; at > 0 && place[list[at - 1].info.kind] > place[entry.info.kind]; at--) {
            list[at] = list[at - 1];
        }
        list[at] = entry;
    }
}

plait_status device_list(struct device_entry **out, size_t *count)
{
    plait_status status = PLAIT_OK;
    cl_platform_id *platforms = NULL;
    struct device_entry *list = NULL;
    size_t capacity = 0;
    size_t listed = 0;
    cl_uint found = 0;

    /* without any platform the loader answers -1001 */
    if (clGetPlatformIDs(0, NULL, &found) != CL_SUCCESS) {
        found = 0;
    }
    TRY(mem_alloc(&platforms, found, sizeof *platforms));
    if (found > 0 && clGetPlatformIDs(found, platforms, NULL) != CL_SUCCESS) {
        found = 0;
    }
    for (cl_uint i = 0; i < found; i++) {
        TRY(list_platform(platforms[i], &list, &listed, &capacity));
    }
    order(list, listed);
    *out = list;
    *count = listed;
    list = NULL; /* now the caller's */
out:
    mem_free(platforms);
    mem_free(list);
    return status;
}

plait_status plait_device_count(size_t *count)
{
    plait_status status = PLAIT_OK;
    struct device_entry *list = NULL;

    if (!count) {
        return error_set(PLAIT_ERR_INVALID, "plait_device_count: count is NULL; pass where to put it");
    }
    TRY(device_list(&list, count));
out:
    mem_free(list);
    return status;
}

plait_status plait_device_get(size_t index, plait_device_info *info)
{
    plait_status status = PLAIT_OK;
    struct device_entry *list = NULL;
    size_t count = 0;

    if (!info) {
        return error_set(PLAIT_ERR_INVALID, "plait_device_get: info is NULL; pass where to put it");
    }
    TRY(device_list(&list, &count));
    if (index >= count) {
        status =
            error_set(PLAIT_ERR_INVALID, "plait_device_get: device %zu of %zu; see plait_device_count", index, count);
        goto out;
    }
    *info = list[index].info;
out:
    mem_free(list);
    return status;
}
