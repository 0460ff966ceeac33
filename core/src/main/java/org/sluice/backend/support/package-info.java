/** What backends have in common below the SPI: the choice of a device, planning of buffers, pages of sequences. Not for applications. */
package org.sluice.backend.support;
