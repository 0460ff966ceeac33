/** One executor for each operation: how its work is divided among threads and composed from primitive kernels. */
package org.sluice.backend.cpu.exec;
