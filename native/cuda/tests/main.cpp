/* Plays the kernels that are CUDA's alone on the emulated device, in both orders of threads. */
#include "tests.h"

int main() {
    for (bool order : {false, true}) {
        sluice::reversed = order;
        test_gemv();
        test_gemm();
        test_index();
        test_attention();
        test_tail();
        printf("CUDA kernels passed with threads %s\n", order ? "from the last on" : "in order");
    }
    return 0;
}
