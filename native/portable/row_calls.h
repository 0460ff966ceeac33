/*
 * Cases of calls that two kinds of lists hold: chain.cl, and what follows products on CUDA. Whoever includes it says what the kernels are
 * handed: AT, their place in the grid; INT, FLOAT and POINTER, their arguments.
 */
case 5:
    rms_norm(
            AT, POINTER(float, 0), POINTER(float, 1), POINTER(float, 2), INT(3), FLOAT(4), INT(5), step);
    break;
case 8:
    apply_rope(
            AT, POINTER(float, 0), POINTER(float, 1), INT(2), INT(3), INT(4), INT(5), INT(6), INT(7), step);
    break;
case 17:
    route_experts(
            AT, POINTER(float, 0), POINTER(float, 1), POINTER(int, 2), POINTER(float, 3), INT(4), INT(5), INT(6),
            INT(7), INT(8), INT(9), INT(10), FLOAT(11), INT(12), step);
    break;
