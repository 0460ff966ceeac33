/** Bindings in the form jextract gives them: one class per C header, functions by their C names. */
package org.sluice.natives.jextract;
