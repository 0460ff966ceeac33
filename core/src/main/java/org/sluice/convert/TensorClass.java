package org.sluice.convert;

import java.util.Arrays;
import java.util.Optional;
import java.util.stream.Collectors;

/** What a tensor is for, as far as the choice of its element type goes. */
public enum TensorClass {
    EMBEDDING("embedding"),
    HEAD("head"),
    /** Projections of the latent attention. */
    ATTENTION("attention"),
    /** Feed-forward of dense layers, and the projection that feeds a prediction layer. */
    DENSE("dense"),
    SHARED_EXPERT("sharedExpert"),
    ROUTED_EXPERTS("routedExperts"),
    /** The router's matrix; its bias is always F32. */
    ROUTER("router"),
    INDEXER("indexer"),
    /** Everything with one extent: norms and biases. Always F32, as every reader of GGUF expects. */
    NORMS("norms");

    private final String label;

    TensorClass(String label) {
        this.label = label;
    }

    /** Its name in configurations and options. */
    public String label() {
        return label;
    }

    /** The class of this name. */
    public static Optional<TensorClass> of(String label) {
        return Arrays.stream(values()).filter(c -> c.label.equals(label)).findFirst();
    }

    /** All names, for messages. */
    public static String labels() {
        return Arrays.stream(values()).map(TensorClass::label).collect(Collectors.joining(", "));
    }
}
