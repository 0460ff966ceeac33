package org.sluice.tensor;

/** Element type and extents of a tensor. */
public record TensorSpec(DType dtype, Shape shape) {
    /** An F32 spec. */
    public static TensorSpec f32(long... extents) {
        return new TensorSpec(DType.F32, Shape.of(extents));
    }

    /** An I32 spec. */
    public static TensorSpec i32(long... extents) {
        return new TensorSpec(DType.I32, Shape.of(extents));
    }

    /** Bytes of a tensor with these extents; the shape must hold no symbol. */
    public long bytes() {
        return dtype.bytes(shape.elements());
    }

    @Override
    public String toString() {
        return dtype + shape.toString();
    }
}
