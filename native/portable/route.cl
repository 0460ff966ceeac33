/* Experts of a row and their weights, from the router's logits. One work group a row. */
#include "step.h"

#define MAX_EXPERTS 1024

/* how many allowed elements stand before element e: larger ones, and equal ones with a smaller index */
FN int rank_of(LOCAL const float *values, LOCAL const int *allowed, int n, int e) {
    int rank = 0;
    for (int f = 0; f < n; f++) {
        rank += allowed[f] && (values[f] > values[e] || (values[f] == values[e] && f < e));
    }
    return rank;
}

KERNEL route_experts(
        GLOBAL const float *RESTRICT logits,
        GLOBAL const float *RESTRICT bias,
        GLOBAL int *RESTRICT ids,
        GLOBAL float *RESTRICT weights,
        int experts,
        int biased,
        int softmax,
        int groups,
        int topGroups,
        int k,
        int normalise,
        float scale,
        int symbol,
        STEP) {
    LOCAL_ARRAY(float, score, MAX_EXPERTS);
    LOCAL_ARRAY(float, choice, MAX_EXPERTS);
    LOCAL_ARRAY(int, allowed, MAX_EXPERTS);
    LOCAL_ARRAY(int, chosen, MAX_EXPERTS);
    LOCAL_ARRAY(float, groupValue, MAX_EXPERTS);
    int r = GROUP_X;
    LEAVE_ROWS_BEHIND(r, extent(symbol, step));
    GLOBAL const float *x = logits + (long)r * experts;
    float largest = NEGATIVE_INFINITY, total = 0.0f;
    if (softmax) {
        for (int e = 0; e < experts; e++) {
            largest = x[e] > largest ? x[e] : largest;
        }
        for (int e = 0; e < experts; e++) {
            total += EXP(x[e] - largest);
        }
    }
    for (int e = ITEM; e < experts; e += GROUP) {
        score[e] = softmax ? EXP(x[e] - largest) / total : 1.0f / (1.0f + EXP(-x[e]));
        choice[e] = biased ? score[e] + bias[e] : score[e];
        allowed[e] = 1;
    }
    BARRIER();
    if (topGroups < groups) {
        int size = experts / groups;
        for (int g = ITEM; g < groups; g += GROUP) {
            float first = NEGATIVE_INFINITY, second = NEGATIVE_INFINITY;
            for (int e = g * size; e < (g + 1) * size; e++) {
                if (choice[e] > first) {
                    second = first;
                    first = choice[e];
                } else if (choice[e] > second) {
                    second = choice[e];
                }
            }
            groupValue[g] = size == 1 ? first : first + second;
        }
        BARRIER();
        for (int g = ITEM; g < groups; g += GROUP) {
            chosen[g] = rank_of(groupValue, allowed, groups, g) < topGroups;
        }
        BARRIER();
        for (int e = ITEM; e < experts; e += GROUP) {
            allowed[e] = chosen[e / size];
        }
        BARRIER();
    }
    for (int e = ITEM; e < experts; e += GROUP) {
        chosen[e] = allowed[e] && rank_of(choice, allowed, experts, e) < k;
    }
    BARRIER();
    float sum = 0.0f;
    for (int e = 0; e < experts; e++) {
        sum += chosen[e] ? score[e] : 0.0f;
    }
    for (int e = ITEM; e < experts; e += GROUP) {
        if (chosen[e]) {
            int at = 0;
            for (int f = 0; f < e; f++) {
                at += chosen[f];
            }
            /* not numbers are equal to nothing, so more than k of them may seem to be the largest */
            if (at < k) {
                ids[(long)r * k + at] = e;
                weights[(long)r * k + at] = (normalise ? score[e] / (sum + 1e-20f) : score[e]) * scale;
            }
        }
    }
}
