package org.sluice.backend.opencl;

import java.util.List;
import java.util.Map;
import org.jocl.cl_kernel;
import org.sluice.backend.support.kernels.Argument;
import org.sluice.backend.support.kernels.Call;
import org.sluice.backend.support.kernels.WeightStore;
import org.sluice.graph.Value;

/** Turns calls into commands: kernels whose arguments are set, once. */
final class Binder {
    private final KernelLibrary kernels;
    private final WeightStore<DeviceBuffer> store;
    private final Map<Value, DeviceBuffer> places;
    private final DeviceBuffer step;
    private final List<WeightStore.Shared> held;

    /** @param held collects the weights that the commands use */
    Binder(
            KernelLibrary kernels,
            WeightStore<DeviceBuffer> store,
            Map<Value, DeviceBuffer> places,
            DeviceBuffer step,
            List<WeightStore.Shared> held) {
        this.kernels = kernels;
        this.store = store;
        this.places = places;
        this.step = step;
        this.held = held;
    }

    /** Compiles the kernel where need be, uploads the weights. */
    Command command(Call call) {
        cl_kernel kernel = kernels.kernel(call.build(), call.name());
        Command command = new Command(call, kernel, kernels.group());
        try {
            Arguments args = new Arguments(kernel, store.nothing());
            call.arguments().forEach(a -> set(args, a));
            command.slabsFrom(args.firstSlab());
            return command;
        } catch (RuntimeException | Error e) {
            command.close();
            throw e;
        }
    }

    private void set(Arguments args, Argument argument) {
        switch (argument) {
            case Argument.Place(Value v) -> args.buffer(at(v));
            case Argument.Vector(var weight) -> {
                WeightStore.Vector<DeviceBuffer> v = store.vector(weight);
                held.add(v);
                args.buffer(v.data());
            }
            case Argument.Nothing() -> args.nothing();
            case Argument.StepFacts() -> args.buffer(step);
            case Argument.Int32(int v) -> args.number(v);
            case Argument.Int64(long v) -> args.number(v);
            case Argument.Float32(float v) -> args.number(v);
            case Argument.Pages p -> args.slabs(p.pageFloats(), p.stateAt());
            case Argument.Matrices m -> {
                WeightStore.Matrices<DeviceBuffer> stored = store.matrices(m.weights());
                held.add(stored);
                args.buffer(stored.data())
                        .buffer(stored.grid())
                        .buffer(stored.scales())
                        .number(m.blockRows())
                        .number(m.blockColumns());
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
