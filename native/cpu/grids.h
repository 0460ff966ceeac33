/* Lookup grids of the IQ formats; grids.c says how an entry is packed and where they come from. */
#ifndef SLUICE_GRIDS_H
#define SLUICE_GRIDS_H

#include <stdint.h>

/* values 8, 25, 43 */
extern const uint16_t sluice_grid_iq2_xxs[256], sluice_grid_iq2_xs[512], sluice_grid_iq2_s[1024];
/* values 4, 12, 20, 28, 36, 44, 52, 62 */
extern const uint16_t sluice_grid_iq3_xxs[256];
/* values 1, 3 .. 15 */
extern const uint16_t sluice_grid_iq3_s[512];
/* values -1, 0, 1 */
extern const uint16_t sluice_grid_iq1_s[2049]; /* and a word that nobody looks up */

/* Codes of an entry, a byte each, the first in the lowest; those of IQ1 are 8 v + 10. */
extern uint64_t sluice_codes_iq2_xxs[256], sluice_codes_iq2_xs[512], sluice_codes_iq2_s[1024], sluice_codes_iq1_s[2048];
extern uint32_t sluice_codes_iq3_xxs[256], sluice_codes_iq3_s[512];
/* Bit i in byte i. */
extern uint64_t sluice_bytes_of_bits[256];

#endif
