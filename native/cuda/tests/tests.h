#include "harness.h"

void test_gemv();
void test_gemm();
void test_index();
void test_attention();
void test_tail();
