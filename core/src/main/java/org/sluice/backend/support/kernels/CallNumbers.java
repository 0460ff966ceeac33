package org.sluice.backend.support.kernels;

import java.util.List;

/** Numbers of kernels in lists of calls that one kernel goes through: {@code chain.cl}, {@code row_calls.h}, {@code tail.h}. */
public final class CallNumbers {
    private static final List<String> KERNELS = List.of(
            "embed",
            "add_rows",
            "swiglu",
            "concat",
            "gather_rows",
            "rms_norm",
            "layer_norm",
            "arg_max",
            "apply_rope",
            "append_latent",
            "append_index_key",
            "index_scores",
            "select_top_k",
            "top_logits",
            "latent_attention",
            "head_matmul",
            "head_matmul_transposed",
            "route_experts",
            "matmul_one",
            "matmul_many",
            "gate_up_one",
            "gate_up_many",
            "expert_inner",
            "expert_down");

    private CallNumbers() {}

    /** The number of a kernel, or −1 where no list can hold it. */
    public static int of(String kernel) {
        return KERNELS.indexOf(kernel);
    }
}
