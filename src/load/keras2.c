/* SPDX-License-Identifier: MIT */
/* Keras 2's layers of TensorFlow's functions, rewritten as the operations of Keras 3 that compute the same:
 *
 *   {"class_name": "TFOpLambda", "config": {"function": "math.reduce_mean"},
 *    "inbound_nodes": [["x", 0, 0, {"axis": 1}]]}
 *
 * becomes
 *
 *   {"class_name": "Mean", "config": {"axis": 1},
 *    "inbound_nodes": [{"args": [{"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}]}]} */
#include "load/keras2.h"

#include "base/error.h"
#include "load/json.h"
#include "load/layer_class.h"

#include <string.h>

/* TensorFlow's functions: the operation's class, and the keyword that is its second argument, or that has another
 * name as an option. */
static const struct function {
    const char *name;
    const char *class_name;
    const char *second;
    const char *keyword;
    const char *option;
    const char *no; /* an option that is false unless it is given, though in Keras true */
} functions[] = {
    {"__operators__.add", "Add", "y", NULL, NULL},
    {"math.add", "Add", "y", NULL, NULL},
    {"math.subtract", "Subtract", "y", NULL, NULL},
    {"math.multiply", "Multiply", "y", NULL, NULL},
    {"math.truediv", "TrueDivide", "y", NULL, NULL},
    {"math.divide", "Divide", "y", NULL, NULL},
    {"math.maximum", "Maximum", "y", NULL, NULL},
    {"math.minimum", "Minimum", "y", NULL, NULL},
    {"math.negative", "Negative", NULL, NULL, NULL},
    {"math.equal", "Equal", "y", NULL, NULL},
    {"math.not_equal", "NotEqual", "y", NULL, NULL},
    {"math.less", "Less", "y", NULL, NULL},
    {"math.less_equal", "LessEqual", "y", NULL, NULL},
    {"math.greater", "Greater", "y", NULL, NULL},
    {"math.greater_equal", "GreaterEqual", "y", NULL, NULL},
    {"math.logical_and", "LogicalAnd", "y", NULL, NULL},
    {"math.logical_or", "LogicalOr", "y", NULL, NULL},
    {"math.logical_not", "LogicalNot", NULL, NULL, NULL},
    {"cast", "Cast", NULL, NULL, NULL},
    {"zeros_like", "ZerosLike", NULL, NULL, NULL},
    {"ones_like", "OnesLike", NULL, NULL, NULL},
    {"math.reduce_any", "Any", NULL, NULL, NULL},
    {"math.reduce_all", "All", NULL, NULL, NULL},
    {"__operators__.getitem", "GetItem", "slice_spec", NULL, NULL},
    {"math.reduce_mean", "Mean", NULL, NULL, NULL},
    {"math.reduce_sum", "Sum", NULL, NULL, NULL},
    {"math.reduce_max", "Max", NULL, NULL, NULL},
    {"math.reduce_min", "Min", NULL, NULL, NULL},
    {"reshape", "Reshape", NULL, "shape", "newshape"},
    {"concat", "Concatenate", NULL, NULL, NULL},
    {"transpose", "Transpose", NULL, "perm", "axes"},
    {"compat.v1.transpose", "Transpose", NULL, "perm", "axes"},
    {"expand_dims", "ExpandDims", NULL, NULL, NULL},
    {"squeeze", "Squeeze", NULL, NULL, NULL},
    {"compat.v1.squeeze", "Squeeze", NULL, NULL, NULL},
    {"stop_gradient", "StopGradient", NULL, NULL, NULL},
    {"nn.relu", "Relu", NULL, NULL, NULL},
    {"nn.relu6", "Relu6", NULL, NULL, NULL},
    {"nn.leaky_relu", "LeakyRelu", NULL, "alpha", "negative_slope"},
    {"nn.elu", "Elu", NULL, NULL, NULL},
    {"nn.selu", "Selu", NULL, NULL, NULL},
    {"nn.gelu", "Gelu", NULL, NULL, NULL, "approximate"},
    {"nn.silu", "Silu", NULL, NULL, NULL},
    {"nn.sigmoid", "Sigmoid", NULL, NULL, NULL},
    {"math.sigmoid", "Sigmoid", NULL, NULL, NULL},
    {"math.tanh", "Tanh", NULL, NULL, NULL},
    {"nn.tanh", "Tanh", NULL, NULL, NULL},
    {"math.exp", "Exp", NULL, NULL, NULL},
    {"math.softplus", "Softplus", NULL, NULL, NULL},
    {"nn.softmax", "Softmax", NULL, NULL, NULL},
    {"nn.log_softmax", "LogSoftmax", NULL, NULL, NULL},
};

static const struct function *find(const char *name)
{
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        if (strcmp(functions[i].name, name) == 0) {
            return &functions[i];
        }
    }
    return NULL;
}

/* A tensor, [layer, call, tensor, ...]; of "_CONSTANT_VALUE", the constant in the tensor's place. */
static bool is_tensor(json_t *json)
{
    return json_is_string(json_array_get(json, 0)) && json_array_size(json) >= 3;
}

static json_t *tensor(json_t *json)
{
    if (strcmp(json_string_value(json_array_get(json, 0)), "_CONSTANT_VALUE") == 0) {
        return json_incref(json_array_get(json, 2));
    }
    return json_pack("{s:s, s:{s:[O, O, O]}}", "class_name", "__keras_tensor__", "config", "keras_history",
                     json_array_get(json, 0), json_array_get(json, 1), json_array_get(json, 2));
}

/* A tensor, a slice, or what it is, and lists of them. NULL without memory. */
static json_t *argument(json_t *json)
{
    json_t *item;
    size_t i;

    if (is_tensor(json)) {
        return tensor(json);
    }
    if (json_object_get(json, "step")) {
        return json_pack("{s:s, s:O}", "class_name", "__slice__", "config", json);
    }
    if (!json_is_array(json)) {
        return json_incref(json);
    }
    json_t *list = json_array();
    json_array_foreach(json, i, item)
    {
        if (json_array_append_new(list, argument(item)) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Fills in args and config from a call's keywords; false without memory. */
static bool read_keywords(const struct function *function, json_t *keywords, json_t *args, json_t *config)
{
    const char *key;
    json_t *value;
    int failed = function->no ? json_object_set_new(config, function->no, json_false()) : 0;

    json_object_foreach(keywords, key, value)
    {
        if (function->second && strcmp(key, function->second) == 0) {
            failed |= json_array_append_new(args, argument(value));
        } else if (strcmp(key, "name") != 0) {
            const bool renamed = function->keyword && strcmp(key, function->keyword) == 0;
            failed |= json_object_set(config, renamed ? function->option : key, value);
        }
    }
    return !failed;
}

static json_t *rewrite(const struct function *function, json_t *layer, json_t *call)
{
    json_t *first = is_tensor(call) ? call : json_array_get(call, 0);
    json_t *args = json_pack("[o]", argument(call));
    json_t *config = json_copy(json_object_get(layer, "config"));
    json_t *made = NULL;

    if (args && config && read_keywords(function, json_array_get(first, 3), args, config)) {
        made =
            json_pack("{s:s, s:s, s:O?, s:O, s:[{s:O}]}", "class_name", function->class_name, "module", "keras.src.ops",
                      "name", json_object_get(layer, "name"), "config", config, "inbound_nodes", "args", args);
    }
    json_decref(args);
    json_decref(config);
    return made;
}

/* A call as Keras 3 has it, {"args": [...], "kwargs": {...}}, from [[layer, call, tensor, {...}]], or the triple
 * alone. NULL without memory. */
static json_t *call_with_keywords(json_t *call)
{
    json_t *first = is_tensor(call) ? call : json_array_get(call, 0);
    json_t *kwargs = json_object();
    const char *key;
    json_t *value;
    int failed = !kwargs;

    json_object_foreach(json_array_get(first, 3), key, value)
    {
        failed |= json_object_set_new(kwargs, key, argument(value));
    }
    json_t *made =
        failed ? NULL : json_pack("{s:b, s:[o], s:O}", "keras2", 1, "args", argument(first), "kwargs", kwargs);
    json_decref(kwargs);
    return made;
}

/* A layer whose calls have tensors among their keywords, with calls as Keras 3 has them. */
static json_t *with_keywords(json_t *layer, json_t *calls)
{
    json_t *made = json_copy(layer);
    json_t *list = json_array();
    json_t *call;
    size_t i;
    int failed = !made || !list;

    json_array_foreach(calls, i, call)
    {
        failed |= json_array_append_new(list, json_is_array(call) ? call_with_keywords(call) : json_incref(call));
    }
    failed |= json_object_set(made, "inbound_nodes", list);
    json_decref(list);
    if (failed) {
        json_decref(made);
        return NULL;
    }
    return made;
}

static plait_status made_or_not(json_t *made, json_t **out)
{
    *out = made;
    return made ? PLAIT_OK : error_set(PLAIT_ERR_HOST_MEMORY, "host memory: no room for a config");
}

plait_status keras2_operation(json_t *layer, json_t **out)
{
    const char *class_name = json_text(layer, "class_name", "");
    const bool is_lambda = strcmp(class_name, "TFOpLambda") == 0 || strcmp(class_name, "SlicingOpLambda") == 0;
    json_t *calls = json_object_get(layer, "inbound_nodes");
    const struct function *function = find(json_text(json_object_get(layer, "config"), "function", ""));

    if (strcmp(class_name, "MultiHeadAttention") == 0 && json_is_array(json_array_get(calls, 0))) {
        return made_or_not(with_keywords(layer, calls), out);
    }
    if (!is_lambda || !function || json_array_size(calls) != 1 || !json_is_array(json_array_get(calls, 0)) ||
        !layer_class_is_keras(layer)) {
        *out = json_incref(layer);
        return PLAIT_OK;
    }
    return made_or_not(rewrite(function, layer, json_array_get(calls, 0)), out);
}
