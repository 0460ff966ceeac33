/* Up to four matrices that lie one behind the other and have outputs of their own. */
#ifndef SLUICE_OUTPUTS_H
#define SLUICE_OUTPUTS_H

#include "dialect.h"

/* Where the result of a matrix row goes: into the output of the matrix it belongs to. */
#define OUTPUTS \
    GLOBAL float *y0, GLOBAL float *y1, GLOBAL float *y2, GLOBAL float *y3, int end0, int end1, int end2
#define OUTPUTS_PASSED y0, y1, y2, y3, end0, end1, end2

FN GLOBAL float *place(long r, int o, int rows, OUTPUTS) {
    if (o < end0) {
        return y0 + r * end0 + o;
    }
    if (o < end1) {
        return y1 + r * (end1 - end0) + (o - end0);
    }
    if (o < end2) {
        return y2 + r * (end2 - end1) + (o - end1);
    }
    return y3 + r * (rows - end2) + (o - end2);
}

/* Row of scale blocks a matrix row belongs to; each matrix starts a new one. */
#ifdef SCALED
#define BLOCKS(n) (((n) + blockRows - 1) / blockRows)
FN int scale_row(int o, int blockRows, int end0, int end1, int end2) {
    int before = 0, start = 0;
    if (o >= end0) {
        before += BLOCKS(end0);
        start = end0;
    }
    if (o >= end1) {
        before += BLOCKS(end1 - end0);
        start = end1;
    }
    if (o >= end2) {
        before += BLOCKS(end2 - end1);
        start = end2;
    }
    return before + (o - start) / blockRows;
}
#define SCALES_OF_MATRIX_ROW(o) (scales + (long)scale_row(o, blockRows, end0, end1, end2) * ((columns + blockColumns - 1) / blockColumns))
#else
#define SCALES_OF_MATRIX_ROW(o) scales
#endif

#endif
