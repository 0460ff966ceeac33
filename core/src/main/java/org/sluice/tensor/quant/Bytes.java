package org.sluice.tensor.quant;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Little-endian fields of a block in a byte array. */
final class Bytes {
    private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private Bytes() {}

    static int u8(byte[] b, int at) {
        return b[at] & 0xFF;
    }

    static int u16(byte[] b, int at) {
        return (short) SHORT.get(b, at) & 0xFFFF;
    }

    static int i32(byte[] b, int at) {
        return (int) INT.get(b, at);
    }

    /** IEEE half precision. */
    static float half(byte[] b, int at) {
        return Float.float16ToFloat((short) SHORT.get(b, at));
    }

    static void putU16(byte[] b, int at, int value) {
        SHORT.set(b, at, (short) value);
    }

    static void putI32(byte[] b, int at, int value) {
        INT.set(b, at, value);
    }

    /** Stores {@code value} rounded to half precision and returns what was stored. */
    static float putHalf(byte[] b, int at, float value) {
        short h = Float.floatToFloat16(value);
        SHORT.set(b, at, h);
        return Float.float16ToFloat(h);
    }
}
