package org.sluice.backend.cuda;

import java.lang.foreign.Arena;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import jcuda.driver.CUfunction;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.Argument;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.Slabs;
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.Value;

/** Turns calls into commands. */
final class Binder {
    /** What the driver takes as the second extent of a grid. */
    private static final long MOST_Y = 65_535;

    private final KernelLibrary kernels;
    private final WeightStore<DeviceBuffer> store;
    private final Map<Value, DeviceBuffer> places;
    private final DeviceBuffer step;
    private final ProgramOptions options;
    private final boolean exact;
    private final Arena arena;
    private final List<WeightStore.Shared> held;

    /**
     * A binder.
     *
     * @param exact whether activations must stay float32
     * @param held collects the weights that the commands use
     */
    Binder(
            KernelLibrary kernels,
            WeightStore<DeviceBuffer> store,
            Map<Value, DeviceBuffer> places,
            DeviceBuffer step,
            ProgramOptions options,
            boolean exact,
            Arena arena,
            List<WeightStore.Shared> held) {
        this.kernels = kernels;
        this.store = store;
        this.places = places;
        this.step = step;
        this.options = options;
        this.exact = exact;
        this.arena = arena;
        this.held = held;
    }

    /** Loads the kernel where need be, uploads the weights. */
    Command command(Call call) {
        KernelChoice choice = KernelChoice.of(call, exact);
        long most = choice.shape().y().groups(options.maxRows(), options.maxOutputs(), options.maxContext());
        if (most > MOST_Y) {
            throw new UnsupportedException(choice.name() + " would need " + most + " groups for " + options.maxRows()
                    + " rows, the GPU takes " + MOST_Y + "; lower the rows of a step to "
                    + options.maxRows() * MOST_Y / most);
        }
        CUfunction function = kernels.function(choice.image(), choice.name());
        Slots slots = new Slots();
        call.arguments().forEach(a -> add(slots, a));
        return new Command(
                call, function, choice.shape(), arena, Arrays.copyOf(slots.values, slots.count), slots.firstSlab);
    }

    /** Arguments of a kernel in eight bytes each. */
    private static final class Slots {
        private long[] values = new long[32];
        private int count;
        private int firstSlab = -1;

        Slots add(long v) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = v;
            return this;
        }

        Slots add(DeviceBuffer b) {
            return add(b.address());
        }
    }

    private void add(Slots slots, Argument argument) {
        switch (argument) {
            case Argument.Place(Value v) -> slots.add(at(v));
            case Argument.Vector(var weight) -> {
                WeightStore.Vector<DeviceBuffer> v = store.vector(weight);
                held.add(v);
                slots.add(v.data());
            }
            case Argument.Nothing() -> slots.add(store.nothing());
            case Argument.StepFacts() -> slots.add(step);
            case Argument.Int32(int v) -> slots.add(v & 0xffffffffL);
            case Argument.Int64(long v) -> slots.add(v);
            case Argument.Float32(float v) -> slots.add(Float.floatToRawIntBits(v) & 0xffffffffL);
            case Argument.Pages p -> {
                slots.firstSlab = slots.count;
                for (int i = 0; i < Slabs.MOST; i++) {
                    slots.add(store.nothing());
                }
                slots.add(p.pageFloats()).add(p.stateAt());
            }
            case Argument.Matrices m -> {
                WeightStore.Matrices<DeviceBuffer> stored = store.matrices(m.weights());
                held.add(stored);
                slots.add(stored.data())
                        .add(stored.grid())
                        .add(stored.scales())
                        .add(m.blockRows())
                        .add(m.blockColumns());
            }
        }
    }

    private DeviceBuffer at(Value v) {
        DeviceBuffer b = places.get(v);
        if (b == null) {
            throw new IllegalStateException(v + " has no place");
        }
        return b;
    }
}
