package org.sluice.backend.opencl;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jocl.cl_command_queue;
import org.jocl.cl_context;
import org.sluice.tensor.BlockScales;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;
import org.sluice.tensor.quant.IqGrid;
import org.sluice.tensor.quant.Weights;

/**
 * Weights on a device, shared by its programs and freed with the last one that uses them. Thread-safe.
 *
 * <p>Matrices keep their stored format. Those that one kernel reads together lie one behind the other, slice by slice.
 */
final class WeightStore {
    private final cl_context context;
    private final cl_command_queue queue;
    private final Map<List<Weight>, Matrices> matrices = new HashMap<>();
    private final Map<Weight, Vector> vectors = new HashMap<>();
    private final Map<IqGrid, DeviceBuffer> grids = new HashMap<>();
    private final DeviceBuffer nothing;

    /** Something that holds device memory while somebody uses it. */
    abstract static sealed class Shared {
        private int users;
    }

    /** Matrices in one buffer, with the scales that stand beside them. */
    static final class Matrices extends Shared {
        final List<Weight> weights;
        final DeviceBuffer data;
        final DeviceBuffer scales;
        final DeviceBuffer grid;

        Matrices(List<Weight> weights, DeviceBuffer data, DeviceBuffer scales, DeviceBuffer grid) {
            this.weights = weights;
            this.data = data;
            this.scales = scales;
            this.grid = grid;
        }

        DType type() {
            return weights.getFirst().dtype();
        }

        boolean scaled() {
            return weights.getFirst().scales() != null;
        }

        int blockRows() {
            BlockScales s = weights.getFirst().scales();
            return s == null ? 1 : s.blockRows();
        }

        int blockColumns() {
            BlockScales s = weights.getFirst().scales();
            return s == null ? 1 : s.blockColumns();
        }
    }

    /** A norm weight or a bias as F32. */
    static final class Vector extends Shared {
        final DeviceBuffer data;

        Vector(DeviceBuffer data) {
            this.data = data;
        }
    }

    WeightStore(cl_context context, cl_command_queue queue) {
        this.context = context;
        this.queue = queue;
        nothing = DeviceBuffer.allocate(context, 64, "nothing");
    }

    /** A buffer for arguments that a kernel does not look at. */
    DeviceBuffer nothing() {
        return nothing;
    }

    /** Uploads matrices, or counts one more user of them. */
    synchronized Matrices matrices(List<Weight> weights) {
        Matrices m = matrices.computeIfAbsent(List.copyOf(weights), this::upload);
        ((Shared) m).users++;
        return m;
    }

    synchronized Vector vector(Weight weight) {
        Vector v = vectors.computeIfAbsent(weight, w -> {
            float[] values = Weights.toFloats(w, 0, 0);
            DeviceBuffer data = DeviceBuffer.allocate(context, 4L * values.length, w.name());
            data.write(queue, 0, MemorySegment.ofArray(values));
            return new Vector(data);
        });
        ((Shared) v).users++;
        return v;
    }

    synchronized void release(Shared shared) {
        if (--shared.users > 0) {
            return;
        }
        switch (shared) {
            case Matrices m -> {
                matrices.remove(m.weights);
                m.data.close();
                if (m.scaled()) {
                    m.scales.close();
                }
            }
            case Vector v -> {
                vectors.values().remove(v);
                v.data.close();
            }
        }
    }

    private Matrices upload(List<Weight> weights) {
        String what = "weight " + weights.getFirst().name();
        DeviceBuffer data = DeviceBuffer.allocate(
                context,
                weights.stream()
                        .flatMap(w -> w.slices().stream())
                        .mapToLong(MemorySegment::byteSize)
                        .sum(),
                what);
        DeviceBuffer scales = nothing;
        try {
            write(data, weights.stream().map(Weight::slices).toList());
            List<List<MemorySegment>> beside = new ArrayList<>();
            for (Weight w : weights) {
                BlockScales s = w.scales();
                if (s != null) {
                    beside.add(s.slices());
                }
            }
            if (!beside.isEmpty()) {
                scales = DeviceBuffer.allocate(
                        context,
                        beside.stream()
                                .flatMap(List::stream)
                                .mapToLong(MemorySegment::byteSize)
                                .sum(),
                        "scales of " + what);
                write(scales, beside);
            }
            return new Matrices(weights, data, scales, grid(weights.getFirst().dtype()));
        } catch (RuntimeException | Error e) {
            data.close();
            if (!scales.equals(nothing)) {
                scales.close();
            }
            throw e;
        }
    }

    /** Slice 0 of every matrix, then slice 1 of every matrix, and so on. */
    private void write(DeviceBuffer to, List<List<MemorySegment>> slices) {
        long at = 0;
        for (int i = 0; i < slices.getFirst().size(); i++) {
            for (List<MemorySegment> matrix : slices) {
                to.write(queue, at, matrix.get(i));
                at += matrix.get(i).byteSize();
            }
        }
    }

    private DeviceBuffer grid(DType type) {
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
        return grids.computeIfAbsent(grid, g -> {
            short[] packed = pack(g);
            DeviceBuffer b = DeviceBuffer.allocate(context, 2L * packed.length, "grid " + g);
            b.write(queue, 0, MemorySegment.ofArray(packed));
            return b;
        });
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

    synchronized void close() {
        grids.values().forEach(DeviceBuffer::close);
        nothing.close();
    }
}
