/*
 * 32 elements of a quantised weight row as int8 codes: element = code * scale of its half - minimum of its half. Formats fill
 * it in; the integer products of its codes with int8 activations are exact, so their order is free.
 */
#ifndef SLUICE_UNIT_H
#define SLUICE_UNIT_H

#include "fast.h"

struct Unit {
    uint codes[8];
    float scale[2];
    float minimum[2];
};

FN void one_scale(Unit &u, float d) {
    u.scale[0] = u.scale[1] = d;
}

FN void one_minimum(Unit &u, float m) {
    u.minimum[0] = u.minimum[1] = m;
}

/* four low bits spread over the lowest bits of four bytes */
FN uint spread1(uint bits) {
    return (bits & 15) * 0x00204081u & 0x01010101u;
}

/* four fields of two bits, and of three, spread over four bytes */
FN uint spread2(uint x) {
    return (x & 3) | (x & 0xc) << 6 | (x & 0x30) << 12 | (x & 0xc0) << 18;
}
FN uint spread3(uint x) {
    return (x & 7) | (x & 0x38) << 5 | (x & 0x1c0) << 10 | (x & 0xe00) << 15;
}

/* bytes of a and b exchanged for their negatives where the four low bits of signs say so; no byte is 0 */
FN uint with_signs(uint v, uint signs) {
    uint ones = spread1(signs), all = ones * 255;
    return (v ^ all) + ones;
}

/* Bytes 0 .. 15 looked up in a table of 16 bytes, four words from the lowest entry on. */
FN uint look_up(uint w, uint t0, uint t1, uint t2, uint t3) {
    uint s = (w | w >> 4) & 0x00ff00ffu;
    s = (s | s >> 8) & 0xffffu;
    uint low = __byte_perm(t0, t1, s & 0x7777u), high = __byte_perm(t2, t3, s & 0x7777u);
    uint upper = (w >> 3 & 0x01010101u) * 255;
    return (low & ~upper) | (high & upper);
}

#endif
