/* SPDX-License-Identifier: MIT */
/* Lesson 2: the smallest model adds two vectors.
 *
 * Every program with plait goes these five steps: open a device, build a graph, create a model from it,
 * run the model, free all three. */
#include "common.h"

int main(void)
{
    plait_context *context = NULL;
    plait_graph *graph = NULL;
    plait_model *model = NULL;

    check(plait_context_create(NULL, NULL, &context)); /* NULL: the default device, default options */

    check(plait_graph_create(&graph));
    const plait_node a = plait_input(graph, "a", PLAIT_SHAPE(4));
    const plait_node b = plait_input(graph, "b", PLAIT_SHAPE(4));
    const plait_node sum = plait_add(PLAIT_NODES(a, b), NULL);

    /* Layers return nodes, not statuses: what was wrong with any of them is reported here, all at once. */
    check(plait_model_create(context, PLAIT_NODES(a, b), PLAIT_NODES(sum), NULL, &model));

    /* Two samples, one after the other in memory. */
    const float a_values[2][4] = {{1, 2, 3, 4}, {5, 6, 7, 8}};
    const float b_values[2][4] = {{10, 20, 30, 40}, {50, 60, 70, 80}};
    float sums[2][4];
    const float *const inputs[] = {*a_values, *b_values};
    float *const outputs[] = {*sums};
    check(plait_model_predict(model, 2, inputs, outputs));

    for (size_t sample = 0; sample < 2; sample++) {
        for (size_t i = 0; i < 4; i++) {
            printf("%g + %g = %g\n", (double)a_values[sample][i], (double)b_values[sample][i],
                   (double)sums[sample][i]);
        }
    }

    plait_model_free(model);
    plait_graph_free(graph);
    plait_context_free(context);
    return EXIT_SUCCESS;
}
