package org.sluice.backend.cuda;

import org.sluice.backend.support.kernels.Call;

/**
 * One of the kernels that a call is run by.
 *
 * @param call what it belongs to, launched in the steps this kernel is for
 * @param values its arguments, each in eight bytes
 * @param pages whether the call's arguments for pages are among them, where the call has them
 */
record Variant(Call call, KernelChoice choice, long[] values, boolean pages) {}
