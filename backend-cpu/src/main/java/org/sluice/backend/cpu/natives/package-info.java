/** The kernel set in C, called through the bindings of {@code org.sluice.natives}. */
package org.sluice.backend.cpu.natives;
