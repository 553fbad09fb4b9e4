/* SPDX-License-Identifier: MIT */
#include "cli/subject.h"

plait_status subject_open(const char *name, struct subject *out)
{
    *out = (struct subject){0};
    plait_status status = builtin_create(name, &out->builtin);
    if (status == PLAIT_ERR_INVALID) { /* no model of ours */
        status = model_file_open(name, NULL, 0, &out->file);
        out->inputs = out->file.inputs;
        out->outputs = out->file.outputs;
        return status;
    }
    out->inputs = (plait_nodes){out->builtin.inputs, 2};
    out->outputs = (plait_nodes){&out->builtin.output, 1};
    return status;
}

void subject_free(struct subject *subject)
{
    builtin_free(&subject->builtin);
    model_file_free(&subject->file);
}
