#include "harness.h"

void test_gemv();
