/** The primitives that the vector and the native kernel set implement; the executors compose operations from them. */
package org.sluice.backend.cpu.kernel;
