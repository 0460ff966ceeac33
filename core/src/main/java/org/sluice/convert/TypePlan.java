package org.sluice.convert;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import org.sluice.error.InvalidRequestException;
import org.sluice.tensor.DType;

/**
 * An element type for every class of tensors. Immutable.
 *
 * @param types one for every class
 */
public record TypePlan(Map<TensorClass, DType> types) {
    /** Completes the map with F32 for router and norms, and Q8_0 for everything else; checks the types. */
    public TypePlan {
        Map<TensorClass, DType> all = new EnumMap<>(TensorClass.class);
        for (TensorClass c : TensorClass.values()) {
            boolean exact = c == TensorClass.NORMS || c == TensorClass.ROUTER;
            all.put(c, types.getOrDefault(c, exact ? DType.F32 : DType.Q8_0));
        }
        all.forEach((c, t) -> {
            if (t.ggmlId() < 0 || !t.isReal()) {
                throw new InvalidRequestException(c.label() + " cannot be of type " + t + " in a GGUF file");
            }
        });
        if (all.get(TensorClass.NORMS) != DType.F32) {
            throw new InvalidRequestException("norms can only be F32, not " + all.get(TensorClass.NORMS));
        }
        types = Map.copyOf(all);
    }

    /**
     * What people mean by one type: a plain type or Q8_0 is that of all matrices; a smaller one is that of the routed
     * experts, which are nearly all of a model, and the rest is Q8_0. Router and norms are F32.
     *
     * @param type name of a type
     */
    public static TypePlan preset(String type) {
        DType t = type(type);
        Map<TensorClass, DType> types = new EnumMap<>(TensorClass.class);
        types.put(TensorClass.ROUTED_EXPERTS, t);
        if (!t.isQuantised()) {
            for (TensorClass c : TensorClass.values()) {
                if (c != TensorClass.NORMS && c != TensorClass.ROUTER) {
                    types.put(c, t);
                }
            }
        }
        return new TypePlan(types);
    }

    /** This plan with another type for a class. */
    public TypePlan with(TensorClass tensors, DType type) {
        Map<TensorClass, DType> changed = new EnumMap<>(types);
        changed.put(tensors, type);
        return new TypePlan(changed);
    }

    /** This plan with another type for a class, both by name. */
    public TypePlan with(String tensors, String type) {
        TensorClass c = TensorClass.of(tensors)
                .orElseThrow(() -> new InvalidRequestException(
                        "there are no tensors '" + tensors + "'; there are " + TensorClass.labels()));
        return with(c, type(type));
    }

    /** The type of a class. */
    public DType of(TensorClass tensors) {
        DType t = types.get(tensors);
        if (t == null) {
            throw new IllegalStateException("no type for " + tensors);
        }
        return t;
    }

    private static DType type(String name) {
        String upper = name.toUpperCase(Locale.ROOT);
        return Arrays.stream(DType.values())
                .filter(t -> t.name().equals(upper) && t.ggmlId() >= 0 && t.isReal())
                .findFirst()
                .orElseThrow(() -> new InvalidRequestException("'" + name + "' is no type of a GGUF file; there are "
                        + Arrays.stream(DType.values())
                                .filter(t -> t.ggmlId() >= 0 && t.isReal())
                                .toList()));
    }

    /**
     * The type that takes the place of {@code wanted} where rows of {@code columns} elements are no whole number of its
     * blocks. Those of 256 give way to one of 32 and about as many bits, the same that llama.cpp's quantiser takes; where
     * not even that divides, to BF16.
     */
    static DType fitting(DType wanted, long columns) {
        if (columns % wanted.blockElements() == 0) {
            return wanted;
        }
        DType smaller = switch (wanted) {
            case Q2_K, Q3_K, TQ1_0, TQ2_0 -> DType.Q4_0;
            case Q4_K -> DType.Q5_0;
            case Q5_K -> DType.Q5_1;
            case Q6_K -> DType.Q8_0;
            case IQ1_S, IQ1_M, IQ2_XXS, IQ2_XS, IQ2_S, IQ3_XXS, IQ3_S, IQ4_XS -> DType.IQ4_NL;
            case NVFP4 -> DType.MXFP4;
            default -> DType.BF16;
        };
        return columns % smaller.blockElements() == 0 ? smaller : DType.BF16;
    }
}
