/** Loads the native CPU kernel library and the kernel sources of the GPU backends. */
package org.sluice.natives;
