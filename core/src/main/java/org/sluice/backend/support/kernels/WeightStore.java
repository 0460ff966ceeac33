package org.sluice.backend.support.kernels;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.IqGrid;
import org.sluice.tensor.quant.Weights;

/**
 * Weights on a device, shared by its programs and freed with the last one that uses them. Thread-safe.
 *
 * <p>Matrices keep their stored format. Those that one kernel reads together lie one behind the other, slice by slice.
 *
 * @param <B> a piece of the device's memory
 */
public final class WeightStore<B> implements AutoCloseable {
    private final DeviceMemory<B> memory;
    private final Map<List<Weight>, Matrices<B>> matrices = new HashMap<>();
    private final Map<Weight, Vector<B>> vectors = new HashMap<>();
    private final Map<IqGrid, B> grids = new HashMap<>();
    private final B nothing;

    /** Something that holds device memory while somebody uses it. */
    public abstract static sealed class Shared {
        private int users;
    }

    /** Matrices in one buffer, with the scales that stand beside them. */
    public static final class Matrices<B> extends Shared {
        private final List<Weight> weights;
        private final B data;
        private final B scales;
        private final B grid;

        Matrices(List<Weight> weights, B data, B scales, B grid) {
            this.weights = weights;
            this.data = data;
            this.scales = scales;
            this.grid = grid;
        }

        /** The matrices. */
        public B data() {
            return data;
        }

        /** The scales beside them, or something else where they have none. */
        public B scales() {
            return scales;
        }

        /** The points their codes stand for, or something else where they have none. */
        public B grid() {
            return grid;
        }
    }

    /** A norm weight or a bias as F32. */
    public static final class Vector<B> extends Shared {
        private final B data;

        Vector(B data) {
            this.data = data;
        }

        /** Its elements. */
        public B data() {
            return data;
        }
    }

    /** A store without weights. */
    public WeightStore(DeviceMemory<B> memory) {
        this.memory = memory;
        nothing = memory.allocate(64, "nothing");
    }

    /** A buffer for arguments that a kernel does not look at. */
    public B nothing() {
        return nothing;
    }

    /** Uploads matrices, or counts one more user of them. */
    public synchronized Matrices<B> matrices(List<Weight> weights) {
        Matrices<B> m = matrices.computeIfAbsent(List.copyOf(weights), this::upload);
        ((Shared) m).users++;
        return m;
    }

    /** Uploads a vector, widened, or counts one more user of it. */
    public synchronized Vector<B> vector(Weight weight) {
        Vector<B> v = vectors.computeIfAbsent(weight, w -> {
            float[] values = Weights.toFloats(w, 0, 0);
            return new Vector<>(filled(MemorySegment.ofArray(values), w.name()));
        });
        ((Shared) v).users++;
        return v;
    }

    /** A piece of memory with content. */
    private B filled(MemorySegment content, String what) {
        B piece = memory.allocate(content.byteSize(), what);
        try {
            memory.write(piece, 0, content);
            return piece;
        } catch (RuntimeException | Error e) {
            memory.free(piece);
            throw e;
        }
    }

    /** Bytes that some weights take on the device already. */
    public synchronized long bytesOf(Collection<Weight> some) {
        return matrices.keySet().stream()
                .flatMap(List::stream)
                .filter(some::contains)
                .mapToLong(Weight::bytes)
                .sum();
    }

    /** One user less; frees what nobody uses any more. */
    public synchronized void release(Shared shared) {
        if (--shared.users > 0) {
            return;
        }
        if (matrices.values().remove(shared) || vectors.values().remove(shared)) {
            free(shared);
        }
    }

    @SuppressWarnings("unchecked") // it was found among ours
    private void free(Shared shared) {
        switch (shared) {
            case Matrices<?> m -> {
                memory.free((B) m.data);
                if (m.weights.getFirst().scales() != null) {
                    memory.free((B) m.scales);
                }
            }
            case Vector<?> v -> memory.free((B) v.data);
        }
    }

    private Matrices<B> upload(List<Weight> weights) {
        String what = "weight " + weights.getFirst().name();
        List<List<MemorySegment>> slices = weights.stream().map(Weight::slices).toList();
        List<List<MemorySegment>> beside = new ArrayList<>();
        for (Weight w : weights) {
            BlockScales s = w.scales();
            if (s != null) {
                beside.add(s.slices());
            }
        }
        B grid = grid(weights.getFirst().dtype());
        B data = together(slices, what);
        try {
            B scales = beside.isEmpty() ? nothing : together(beside, "scales of " + what);
            return new Matrices<>(weights, data, scales, grid);
        } catch (RuntimeException | Error e) {
            memory.free(data);
            throw e;
        }
    }

    private B together(List<List<MemorySegment>> slices, String what) {
        long bytes = slices.stream()
                .flatMap(List::stream)
                .mapToLong(MemorySegment::byteSize)
                .sum();
        B piece = memory.allocate(bytes, what);
        try {
            write(piece, slices);
            return piece;
        } catch (RuntimeException | Error e) {
            memory.free(piece);
            throw e;
        }
    }

    /** Slice 0 of every matrix, then slice 1 of every matrix, and so on. */
    private void write(B to, List<List<MemorySegment>> slices) {
        long at = 0;
        for (int i = 0; i < slices.getFirst().size(); i++) {
            for (List<MemorySegment> matrix : slices) {
                memory.write(to, at, matrix.get(i));
                at += matrix.get(i).byteSize();
            }
        }
    }

    private B grid(DType type) {
        IqGrid grid = switch (type) {
            case IQ2_XXS -> IqGrid.IQ2_XXS;
            case IQ2_XS -> IqGrid.IQ2_XS;
            case IQ2_S -> IqGrid.IQ2_S;
            case IQ3_XXS -> IqGrid.IQ3_XXS;
            case IQ3_S -> IqGrid.IQ3_S;
            case IQ1_S, IQ1_M -> IqGrid.IQ1;
            default -> null;
        };
        if (grid == null) {
            return nothing;
        }
        return grids.computeIfAbsent(grid, g -> filled(MemorySegment.ofArray(pack(g)), "grid " + g));
    }

    /** Each point as the indices of its values among all values of the grid, lowest bits first. */
    static short[] pack(IqGrid grid) {
        byte[] entries = grid.entries();
        int[] values = new int[entries.length];
        Arrays.setAll(values, i -> entries[i]);
        values = Arrays.stream(values).distinct().sorted().toArray();
        int width = values.length > 4 ? 4 : 8;
        int bits = values.length > 4 ? 3 : 2;
        short[] packed = new short[entries.length / width];
        for (int i = 0; i < entries.length; i++) {
            packed[i / width] |= (short) (Arrays.binarySearch(values, entries[i]) << (bits * (i % width)));
        }
        return packed;
    }

    @Override
    public synchronized void close() {
        grids.values().forEach(memory::free);
        memory.free(nothing);
    }
}
