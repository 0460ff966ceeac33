#include "driver.h"

#define X(name) \
    API name() { \
        return sluice::NOT_SUPPORTED; \
    }
#include "unsupported.inc"
