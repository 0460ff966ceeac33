/* Rows of a step into caches of the type that is defined, once for each type: what the headers of another type left is dropped. */
#undef SLUICE_CACHE_H
#undef CACHE_ROW_BYTES
#undef ROTATED_AT
#undef STORE_MAIN
#include "../portable/append.cl"
