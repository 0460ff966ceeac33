/** Turning a compiled program into tokens: sessions, sampling, generation. */
package org.sluice.decode;
