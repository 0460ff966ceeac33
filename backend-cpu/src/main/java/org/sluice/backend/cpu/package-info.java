/** The CPU backend. */
package org.sluice.backend.cpu;
