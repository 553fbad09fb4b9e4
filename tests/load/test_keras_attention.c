/* SPDX-License-Identifier: MIT */
/* Files whose attention layers, or EinsumDense, are wrong or beyond plait. */
#include "folder.h"
#include "keras_change.h"

static void options_of_heads(void **state)
{
    static const struct change changes[] = {
        {"\"num_heads\": 2", "\"num_heads\": 3", PLAIT_ERR_FORMAT,
         "MultiHeadAttention \"multi_head_attention\": option num_heads has size 3 where the weights in the file have "
         "2"},
        {"\"num_heads\": 2", "\"num_heads\": 0", PLAIT_ERR_FORMAT, "option num_heads has size 0"},
        {"\"num_heads\": 2", "\"num_heads\": -2", PLAIT_ERR_FORMAT,
         "option num_heads is -2; it must be a whole number"},
        {"\"num_heads\": 2", "\"num_heads\": \"two\"", PLAIT_ERR_FORMAT, "option num_heads is a text"},
        {"\"key_dim\": 5", "\"key_dim\": 1e30", PLAIT_ERR_FORMAT, "option key_dim is 1e+30"},
        {"\"key_dim\": 5", "\"key_dim\": 6", PLAIT_ERR_FORMAT, "option key_dim has size 6"},
        {"\"value_dim\": 5", "\"value_dim\": 6", PLAIT_ERR_FORMAT, "option value_dim has size 6"},
        {"\"value_dim\": 5", "\"value_dim\": null", PLAIT_OK, ""},
        {"\"output_shape\": null", "\"output_shape\": 7", PLAIT_ERR_FORMAT, "option output_shape has size 7"},
        {"\"output_shape\": null", "\"output_shape\": [6]", PLAIT_OK, ""},
        {"\"output_shape\": null", "\"output_shape\": [6, 1]", PLAIT_ERR_FORMAT, "option output_shape has 2 numbers"},
        {"\"use_bias\": true", "\"use_bias\": false", PLAIT_ERR_FORMAT, "the file has 2 weights for it"},
        {"\"use_gate\": false", "\"use_gate\": true", PLAIT_ERR_FORMAT,
         "the file lacks weight number 0 of its _gate_dense, counted from 0"},
        {"\"attention_axes\": [1]", "\"attention_axes\": [2]", PLAIT_ERR_UNSUPPORTED, "its attention_axes are not all"},
        {"\"attention_axes\": [1]", "\"attention_axes\": [1, 2]", PLAIT_ERR_UNSUPPORTED,
         "its attention_axes are not all"},
        {"\"attention_axes\": [1]", "\"attention_axes\": null", PLAIT_OK, ""},
        {"\"attention_axes\": [1]", "\"attention_axes\": [1,1,1,1,1,1,1,1,1,1]", PLAIT_ERR_FORMAT, "has 10 numbers"},
        {"\"sliding_window\": null", "\"sliding_window\": 0", PLAIT_ERR_FORMAT,
         "option sliding_window must be a whole"},
        {"\"sliding_window\": null", "\"sliding_window\": -1", PLAIT_ERR_FORMAT, "option sliding_window is -1"},
        {"\"sliding_window\": null", "\"sliding_window\": 2147483647", PLAIT_OK, ""},
        {"\"batch_shape\": [null, 19, 6]", "\"batch_shape\": [null, 19, 7]", PLAIT_ERR_GRAPH,
         "input {19,7} has 7 channels but query_kernel expects 6"},
        {"\"batch_shape\": [null, 19, 6]", "\"batch_shape\": [null, 6]", PLAIT_ERR_UNSUPPORTED,
         "its attention_axes are not all"},
    };

    (void)state;
    CHECK_CHANGES("attention_self.keras", changes);
}

static void calls_of_heads(void **state)
{
#define TENSOR "{\"class_name\": \"__keras_tensor__\", \"config\": {\"keras_history\": [\"input_layer\", 0, 0]}}"
    static const struct change changes[] = {
        {"\"kwargs\": {}", "\"kwargs\": {\"return_attention_scores\": true}", PLAIT_OK, ""},
        {"\"kwargs\": {}", "\"kwargs\": {\"return_attention_scores\": []}", PLAIT_ERR_FORMAT,
         "option kwargs.return_attention_scores is a list"},
        {"\"kwargs\": {}", "\"kwargs\": {\"return_attention_scores\": false, \"attention_mask\": null}", PLAIT_OK, ""},
        {"\"kwargs\": {}", "\"kwargs\": {\"attention_mask\": " TENSOR "}", PLAIT_ERR_GRAPH,
         "mask has shape {19,6} but must have {19,19}, {1,19} or {19}"},
        {"\"kwargs\": {}", "\"kwargs\": {\"attention_mask\": [[1]]}", PLAIT_ERR_UNSUPPORTED,
         "it is called with a mask, kwargs.attention_mask, that is no tensor"},
        {"\"kwargs\": {}", "\"kwargs\": {\"attention_mask\": 1}", PLAIT_ERR_UNSUPPORTED, "that is no tensor"},
        {"\"kwargs\": {}", "\"kwargs\": {\"attention_mask\": {\"class_name\": \"__numpy__\"}}", PLAIT_ERR_UNSUPPORTED,
         "that is no tensor"},
        {"\"kwargs\": {}", "\"kwargs\": {\"value_mask\": " TENSOR "}", PLAIT_ERR_UNSUPPORTED,
         "it is called with a mask, kwargs.value_mask, of shape {19,6}; plait takes those of 1 axes"},
        {"\"kwargs\": {}", "\"kwargs\": {\"value_mask\": " TENSOR ", \"attention_mask\": " TENSOR "}",
         PLAIT_ERR_UNSUPPORTED, "it is called with a mask, kwargs.value_mask, of shape {19,6}"},
        {"\"kwargs\": {}", "\"kwargs\": {\"query_mask\": " TENSOR "}", PLAIT_ERR_UNSUPPORTED,
         "it is called with a mask, kwargs.query_mask, of shape {19,6}; plait takes those of 1 axes"},
        {"\"args\": [{\"class_name\"",
         "\"args\": [" TENSOR ", " TENSOR ", null, null, null, null, " TENSOR "], \"other\": [{\"class_name\"",
         PLAIT_ERR_GRAPH, "mask has shape {19,6}"},
        {"\"args\": [{\"class_name\"",
         "\"args\": [" TENSOR ", null, null, null, null, null, " TENSOR "], \"other\": [{\"class_name\"",
         PLAIT_ERR_FORMAT, "2 tensors that are not query, value and perhaps key and masks"},
        {"\"kwargs\": {}", "\"kwargs\": {\"query_mask\": [1]}", PLAIT_ERR_UNSUPPORTED,
         "it is called with a mask, kwargs.query_mask, that is no tensor"},
        {"\"kwargs\": {}", "\"kwargs\": {\"key\": " TENSOR "}", PLAIT_OK, ""},
        {"\"kwargs\": {}", "\"kwargs\": {\"query\": " TENSOR "}", PLAIT_ERR_FORMAT,
         "3 tensors that are not query, value"},
        {"\"kwargs\": {}", "\"kwargs\": {\"more\": " TENSOR "}", PLAIT_ERR_FORMAT,
         "3 tensors that are not query, value"},
        {"\"kwargs\": {}", "\"kwargs\": {\"use_causal_mask\": \"yes\"}", PLAIT_ERR_FORMAT,
         "option kwargs.use_causal_mask is a text; it must be a number"},
        {"\"kwargs\": {}", "\"kwargs\": {\"training\": true}", PLAIT_ERR_UNSUPPORTED, "called with training=True"},
        {"\"args\": [{\"class_name\"", "\"args\": [[" TENSOR "], {\"class_name\"", PLAIT_ERR_FORMAT,
         "3 tensors that are not query, value"},
        {"\"args\": [{\"class_name\"", "\"args\": [null, {\"class_name\"", PLAIT_ERR_FORMAT,
         "2 tensors that are not query, value"},
        {"\"args\": [{\"class_name\"", "\"args\": [" TENSOR ", " TENSOR ", " TENSOR "], \"other\": [{\"class_name\"",
         PLAIT_OK, ""},
        {"\"args\": [{\"class_name\"",
         "\"args\": [" TENSOR ", " TENSOR ", null, null, null, null, null, true], \"other\": [{\"class_name\"",
         PLAIT_ERR_UNSUPPORTED, "it is called with training=True"}, /* as which any True counts */
    };
#undef TENSOR

    (void)state;
    CHECK_CHANGES("attention_self.keras", changes);
}

static void grouped_heads(void **state)
{
    static const struct change changes[] = {
        {"\"num_query_heads\": 4", "\"num_query_heads\": 2", PLAIT_ERR_FORMAT, "option num_query_heads has size 2"},
        {"\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3", PLAIT_ERR_FORMAT,
         "option num_key_value_heads has size 3"},
        {"\"head_dim\": 3", "\"head_dim\": 0", PLAIT_ERR_FORMAT, "option head_dim has size 0"},
        {"\"use_bias\": true", "\"use_bias\": \"no\"", PLAIT_ERR_FORMAT, "option use_bias is a text"},
    };

    (void)state;
    CHECK_CHANGES("attention_grouped.keras", changes);
}

static void plain_attention(void **state)
{
#define OF_A "{\"class_name\": \"__keras_tensor__\", \"config\": {\"keras_history\": [\"a\", 0, 0]}}"
    static const struct change changes[] = {
        {"\"score_mode\": \"dot\"", "\"score_mode\": \"sum\"", PLAIT_ERR_FORMAT,
         "Attention \"attention\": score_mode is \"sum\"; \"dot\" and \"concat\" are possible"},
        {"\"score_mode\": \"dot\"", "\"score_mode\": 1", PLAIT_ERR_FORMAT, "option score_mode is a number"},
        {"\"use_scale\": false", "\"use_scale\": true", PLAIT_ERR_FORMAT, "the file lacks weight number 0 of it"},
        {"\"use_scale\": true", "\"use_scale\": false", PLAIT_ERR_FORMAT,
         "\"attention_3\": the file has 2 weights for it"},
        {"\"kwargs\": {}", "\"kwargs\": {\"return_attention_scores\": true}", PLAIT_OK, ""},
        {"\"kwargs\": {}", "\"kwargs\": {\"use_causal_mask\": []}", PLAIT_ERR_FORMAT,
         "kwargs.use_causal_mask is a list"},
        {"]], \"kwargs\": {}", "], [null, null]], \"kwargs\": {}", PLAIT_OK, ""},
        {"]], \"kwargs\": {}", "], [null, 1]], \"kwargs\": {}", PLAIT_ERR_UNSUPPORTED,
         "it is called with a mask, number 1, that is no tensor"},
        {"\"kwargs\": {}", "\"kwargs\": {\"mask\": [null, " OF_A "]}", PLAIT_ERR_GRAPH,
         "mask has shape {5,6} but must have {5,7}"},
        {"\"kwargs\": {}", "\"kwargs\": {\"mask\": [" OF_A ", null]}", PLAIT_ERR_GRAPH,
         "query_mask has 30 values but must have 5, one for each query"},
        {"\"batch_shape\": [null, 5, 6]", "\"batch_shape\": [null, 5, 5]", PLAIT_ERR_GRAPH,
         "query {5,5} has 5 channels"},
    };

    (void)state;
    CHECK_CHANGES("attention_plain.keras", changes);
}

static void equations(void **state)
{
#define EQUATION "\"equation\": \"abcd,def->abcef\""
    static const struct change changes[] = {
        {EQUATION, "\"equation\": \"abcd,def->abcfe\"", PLAIT_ERR_UNSUPPORTED,
         "EinsumDense \"einsum_dense\": equation is \"abcd,def->abcfe\"; plait sums over x's last axes"},
        {EQUATION, "\"equation\": \"abcd,efd->abcef\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"abdc,def->abcef\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"abcd,de->abe...\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"...d,def->ef\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"abcd,abcdef->ef\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"abad,def->abaef\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"abcd,dee->abcee\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"abcd,->abcd\"", PLAIT_ERR_UNSUPPORTED, "equation is"},
        {EQUATION, "\"equation\": \"\"", PLAIT_ERR_UNSUPPORTED, "equation is \"\""},
        {EQUATION, "\"equation\": 7", PLAIT_ERR_FORMAT, "option equation is a number; it must be a text"},
        {EQUATION, "\"equation\": \"abd,def->abef\"", PLAIT_ERR_FORMAT,
         "equation \"abd,def->abef\" is of 3 axes but the input has 4, the batch counted"},
        {EQUATION, "\"equation\": \"abcd,dg->abcg\"", PLAIT_ERR_FORMAT, "bias_axes is \"ef\"; plait adds a bias"},
        {EQUATION, "\"equation\": \"...d,def->...ef\"", PLAIT_OK, ""},
        {"\"bias_axes\": \"ef\"", "\"bias_axes\": \"f\"", PLAIT_ERR_UNSUPPORTED, "bias_axes is \"f\""},
        {"\"bias_axes\": \"ef\"", "\"bias_axes\": \"fe\"", PLAIT_ERR_UNSUPPORTED, "bias_axes is \"fe\""},
        {"\"bias_axes\": \"ef\"", "\"bias_axes\": null", PLAIT_ERR_FORMAT, "the file has 2 weights for it"},
        {"\"equation\": \"abcd,cdef->abef\"", "\"equation\": \"abcd,cde->abe\"", PLAIT_ERR_FORMAT, "bias_axes"},
        {"\"equation\": \"...xy,xyz->...z\"", "\"equation\": \"...y,yz->...z\"", PLAIT_ERR_FORMAT,
         "the kernel in the file has shape {2,3,6} where its equation has 2 axes"},
    };
#undef EQUATION

    (void)state;
    CHECK_CHANGES("einsum_dense.keras", changes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_of_heads), cmocka_unit_test(calls_of_heads), cmocka_unit_test(grouped_heads),
        cmocka_unit_test(plain_attention),  cmocka_unit_test(equations),
    };

    folder_enter();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
