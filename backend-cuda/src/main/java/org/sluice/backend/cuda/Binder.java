package org.sluice.backend.cuda;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import jcuda.driver.CUfunction;
import org.sluice.backend.ProgramOptions;
import org.sluice.backend.support.kernels.ArgumentSink;
import org.sluice.backend.support.kernels.Arguments;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.Slabs;
import org.sluice.error.UnsupportedException;

/** Turns calls into commands. */
final class Binder {
    /** What the driver takes as the second extent of a grid. */
    private static final long MOST_Y = 65_535;

    private final KernelLibrary kernels;
    private final Arguments<DeviceBuffer> arguments;
    private final DeviceBuffer nothing;
    private final ProgramOptions options;
    private final Variants variants;
    private final Between between;
    private final Arena arena;

    /**
     * A binder.
     *
     * @param nothing stands for slabs that are not there yet
     */
    Binder(
            KernelLibrary kernels,
            Arguments<DeviceBuffer> arguments,
            DeviceBuffer nothing,
            ProgramOptions options,
            Variants variants,
            Between between,
            Arena arena) {
        this.kernels = kernels;
        this.arguments = arguments;
        this.nothing = nothing;
        this.options = options;
        this.variants = variants;
        this.between = between;
        this.arena = arena;
    }

    /** The kernels of a call, of which a step runs some. Loads them where need be, uploads the weights. */
    List<Command> commands(Call call) {
        return commands(call, (c, values) -> variants.of(c, values, between));
    }

    /** The kernels of a product and of what follows it, which steps of few rows run together. */
    List<Command> commands(Tails tails, Tails.Group group) {
        List<Command> all = new ArrayList<>();
        for (Call product : group.calls()) {
            all.addAll(commands(product, (c, values) -> variants.withTail(c, values, tails.list(group), between)));
        }
        for (Call row : group.rows()) {
            all.addAll(commands(row.forRows(row.launch().x().extent(), Tails.MOST_ROWS + 1, Integer.MAX_VALUE)));
        }
        return all;
    }

    private List<Command> commands(Call call, BiFunction<Call, long[], List<Variant>> choose) {
        Slots slots = new Slots();
        arguments.hand(call, slots);
        long[] values = Arrays.copyOf(slots.values, slots.count);
        List<Command> all = new ArrayList<>();
        for (Variant v : choose.apply(call, values)) {
            all.add(command(v.call(), v.choice(), v.values(), v.pages() ? slots.firstSlab : -1));
        }
        return all;
    }

    private Command command(Call call, KernelChoice choice, long[] values, int firstSlab) {
        long most = choice.shape().y().groups(options.maxRows(), options.maxOutputs(), options.maxContext());
        if (most > MOST_Y) {
            throw new UnsupportedException(choice.name() + " would need " + most + " groups for " + options.maxRows()
                    + " rows, the GPU takes " + MOST_Y + "; lower the rows of a step to "
                    + options.maxRows() * MOST_Y / most);
        }
        CUfunction function =
                kernels.function(choice.image(), choice.name(), choice.shape().shared());
        return new Command(call, function, choice.shape(), arena, values, firstSlab);
    }

    /** Arguments of a kernel in eight bytes each. */
    private final class Slots implements ArgumentSink<DeviceBuffer> {
        private long[] values = new long[32];
        private int count;
        private int firstSlab = -1;

        @Override
        public void number(long v) {
            if (count == values.length) {
                values = Arrays.copyOf(values, 2 * count);
            }
            values[count++] = v;
        }

        @Override
        public void number(int v) {
            number(v & 0xffffffffL);
        }

        @Override
        public void number(float v) {
            number(Float.floatToRawIntBits(v));
        }

        @Override
        public void buffer(DeviceBuffer b) {
            number(b.address());
        }

        @Override
        public void step(DeviceBuffer b) {
            buffer(b);
        }

        @Override
        public void pages(long pageFloats, long stateAt) {
            firstSlab = count;
            for (int i = 0; i < Slabs.MOST; i++) {
                buffer(nothing);
            }
            number(pageFloats);
            number(stateAt);
        }
    }
}
