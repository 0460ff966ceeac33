/** What backends have in common below the SPI: planning of buffers, pages of sequences. Not for applications. */
package org.sluice.backend.support;
