/** What every CPU kernel set stands on: raw memory, the worker pool, the rows of the running step. */
package org.sluice.backend.cpu.runtime;
