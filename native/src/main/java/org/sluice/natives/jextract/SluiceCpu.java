/*
 * Bindings of native/cpu/sluice_cpu.h, interface 1, in the style of jextract's output, made from the header's declarations. Pointers
 * are addresses (long), as callers work on addresses of mapped memory; the functions and their contracts are described in the header.
 */
package org.sluice.natives.jextract;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.AddressLayout;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.sluice.natives.CpuLibrary;

public final class SluiceCpu {
    private static final Linker LINKER = Linker.nativeLinker();
    private static final AddressLayout C_STRING =
            ADDRESS.withTargetLayout(MemoryLayout.sequenceLayout(64, ValueLayout.JAVA_BYTE));

    /** struct sluice_scales: address of values, blockRows, blockColumns, rowLength, firstRow; all 64 bits. */
    public static final long SLUICE_SCALES_BYTES = 40;

    /** struct sluice_pages: address of page addresses, pageShift, rowBytes, format, offset; all 64 bits. */
    public static final long SLUICE_PAGES_BYTES = 40;

    public static final int SLUICE_F32 = 0;
    public static final int SLUICE_F16 = 1;
    public static final int SLUICE_Q4_0 = 2;
    public static final int SLUICE_Q4_1 = 3;
    public static final int SLUICE_Q5_0 = 6;
    public static final int SLUICE_Q5_1 = 7;
    public static final int SLUICE_Q8_0 = 8;
    public static final int SLUICE_Q2_K = 10;
    public static final int SLUICE_Q3_K = 11;
    public static final int SLUICE_Q4_K = 12;
    public static final int SLUICE_Q5_K = 13;
    public static final int SLUICE_Q6_K = 14;
    public static final int SLUICE_IQ2_XXS = 16;
    public static final int SLUICE_IQ2_XS = 17;
    public static final int SLUICE_IQ3_XXS = 18;
    public static final int SLUICE_IQ1_S = 19;
    public static final int SLUICE_IQ4_NL = 20;
    public static final int SLUICE_IQ3_S = 21;
    public static final int SLUICE_IQ2_S = 22;
    public static final int SLUICE_IQ4_XS = 23;
    public static final int SLUICE_IQ1_M = 29;
    public static final int SLUICE_BF16 = 30;
    public static final int SLUICE_TQ1_0 = 34;
    public static final int SLUICE_TQ2_0 = 35;
    public static final int SLUICE_MXFP4 = 39;
    public static final int SLUICE_NVFP4 = 40;
    public static final int SLUICE_F8_E4M3 = 64;
    public static final int SLUICE_EXACT = 0;
    public static final int SLUICE_FAST = 1;
    public static final int SLUICE_KIND_F32 = 0;
    public static final int SLUICE_KIND_BF16 = 1;
    public static final int SLUICE_KIND_INT8_32 = 2;
    public static final int SLUICE_KIND_INT8_256 = 3;
    public static final int SLUICE_CACHE_F32 = 0;
    public static final int SLUICE_CACHE_BF16 = 1;
    public static final int SLUICE_CACHE_FP8 = 2;
    private SluiceCpu() {}

    private static MethodHandle downcall(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(CpuLibrary.symbols().findOrThrow(name), type);
    }

    // For functions that return within microseconds: the thread stays in Java state, which saves the transition.
    private static MethodHandle quick(String name, FunctionDescriptor type) {
        return LINKER.downcallHandle(CpuLibrary.symbols().findOrThrow(name), type, Linker.Option.critical(false));
    }

    private static AssertionError unexpected(Throwable t) {
        return new AssertionError("a native call cannot throw", t);
    }

    public static int abiOf(SymbolLookup symbols) {
        try {
            return (int) LINKER.downcallHandle(symbols.findOrThrow("sluice_abi"), FunctionDescriptor.of(JAVA_INT))
                    .invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    public static String variantOf(SymbolLookup symbols) {
        try {
            MemorySegment name = (MemorySegment)
                    LINKER.downcallHandle(symbols.findOrThrow("sluice_variant"), FunctionDescriptor.of(C_STRING))
                            .invokeExact();
            return name.getString(0);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    public static boolean useVariantOf(SymbolLookup symbols, String variant) {
        try (Arena arena = Arena.ofConfined()) {
            return (int) LINKER.downcallHandle(
                                    symbols.findOrThrow("sluice_use_variant"), FunctionDescriptor.of(JAVA_INT, ADDRESS))
                            .invokeExact(arena.allocateFrom(variant))
                    == 0;
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_scratch_bytes {
        static final MethodHandle HANDLE = quick("sluice_scratch_bytes", FunctionDescriptor.of(JAVA_LONG));
    }

    public static long sluice_scratch_bytes() {
        try {
            return (long) sluice_scratch_bytes.HANDLE.invokeExact();
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_activation_kind {
        static final MethodHandle HANDLE = quick("sluice_activation_kind", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT));
    }

    public static int sluice_activation_kind(int type, int mode) {
        try {
            return (int) sluice_activation_kind.HANDLE.invokeExact(type, mode);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_activation_bytes {
        static final MethodHandle HANDLE = quick("sluice_activation_bytes", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, JAVA_LONG));
    }

    public static long sluice_activation_bytes(int kind, long columns) {
        try {
            return (long) sluice_activation_bytes.HANDLE.invokeExact(kind, columns);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_prepare_rows {
        static final MethodHandle HANDLE = quick("sluice_prepare_rows", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_prepare_rows(int kind, long x, long xStride, long rows, long columns, long prepared) {
        try {
            sluice_prepare_rows.HANDLE.invokeExact(kind, x, xStride, rows, columns, prepared);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_matmul {
        static final MethodHandle HANDLE = downcall("sluice_matmul", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_matmul(int type, int mode, long w, long wRowBytes, long scales, long prepared, long rows, long columns, long y, long yStride, long outBegin, long outEnd, long scratch) {
        try {
            sluice_matmul.HANDLE.invokeExact(type, mode, w, wRowBytes, scales, prepared, rows, columns, y, yStride, outBegin, outEnd, scratch);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_dequantise {
        static final MethodHandle HANDLE = quick("sluice_dequantise", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_dequantise(int type, long blocks, long count, long dst) {
        try {
            sluice_dequantise.HANDLE.invokeExact(type, blocks, count, dst);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_rms_norm {
        static final MethodHandle HANDLE = quick("sluice_rms_norm", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_FLOAT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_rms_norm(long x, long xStride, long weight, float eps, long rows, long columns, long y, long yStride) {
        try {
            sluice_rms_norm.HANDLE.invokeExact(x, xStride, weight, eps, rows, columns, y, yStride);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_layer_norm {
        static final MethodHandle HANDLE = quick("sluice_layer_norm", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_FLOAT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_layer_norm(long x, long xStride, long weight, long bias, float eps, long rows, long columns, long y, long yStride) {
        try {
            sluice_layer_norm.HANDLE.invokeExact(x, xStride, weight, bias, eps, rows, columns, y, yStride);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_swiglu {
        static final MethodHandle HANDLE = quick("sluice_swiglu", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_swiglu(long gate, long up, long count, long out) {
        try {
            sluice_swiglu.HANDLE.invokeExact(gate, up, count, out);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_add {
        static final MethodHandle HANDLE = quick("sluice_add", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_add(long a, long b, long count, long out) {
        try {
            sluice_add.HANDLE.invokeExact(a, b, count, out);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_add_scaled {
        static final MethodHandle HANDLE = quick("sluice_add_scaled", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_FLOAT, JAVA_LONG));
    }

    public static void sluice_add_scaled(long out, long a, float factor, long count) {
        try {
            sluice_add_scaled.HANDLE.invokeExact(out, a, factor, count);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_rope {
        static final MethodHandle HANDLE = quick("sluice_rope", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_INT));
    }

    public static void sluice_rope(long x, long xStride, long vectors, long pairs, long cosine, long sine, int interleaved) {
        try {
            sluice_rope.HANDLE.invokeExact(x, xStride, vectors, pairs, cosine, sine, interleaved);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_matmul_transposed {
        static final MethodHandle HANDLE = downcall("sluice_matmul_transposed", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_matmul_transposed(int type, long w, long wRowBytes, long scales, long x, long xStride, long rows, long begin, long count, long columns, long y, long yStride, long scratch) {
        try {
            sluice_matmul_transposed.HANDLE.invokeExact(type, w, wRowBytes, scales, x, xStride, rows, begin, count, columns, y, yStride, scratch);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_latent_attention {
        static final MethodHandle HANDLE = downcall("sluice_latent_attention", FunctionDescriptor.ofVoid(JAVA_INT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_FLOAT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_latent_attention(int mode, long query, long queryStride, long cache, long selection, long count, long latent, long rope, float scale, long headBegin, long headEnd, long out, long outStride, long scratch) {
        try {
            sluice_latent_attention.HANDLE.invokeExact(mode, query, queryStride, cache, selection, count, latent, rope, scale, headBegin, headEnd, out, outStride, scratch);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_index_scores {
        static final MethodHandle HANDLE = downcall("sluice_index_scores", FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_FLOAT, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static void sluice_index_scores(long query, long weights, long heads, long width, float scale, long keys, long begin, long end, long scores, long scratch) {
        try {
            sluice_index_scores.HANDLE.invokeExact(query, weights, heads, width, scale, keys, begin, end, scores, scratch);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_select_top_k {
        static final MethodHandle HANDLE = downcall("sluice_select_top_k", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static long sluice_select_top_k(long scores, long count, long k, long selected, long scratch) {
        try {
            return (long) sluice_select_top_k.HANDLE.invokeExact(scores, count, k, selected, scratch);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }

    private static final class sluice_arg_max {
        static final MethodHandle HANDLE = quick("sluice_arg_max", FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    }

    public static long sluice_arg_max(long x, long count) {
        try {
            return (long) sluice_arg_max.HANDLE.invokeExact(x, count);
        } catch (Throwable t) {
            throw unexpected(t);
        }
    }
}
