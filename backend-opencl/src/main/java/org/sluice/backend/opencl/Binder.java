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
            hand(call, args);
            command.slabsFrom(args.firstSlab());
            return command;
        } catch (RuntimeException | Error e) {
            command.close();
            throw e;
        }
    }

    /** Hands a kernel's arguments to somebody, holding the weights among them. */
    void hand(Call call, ArgumentSink to) {
        call.arguments().forEach(a -> hand(a, to));
    }

    private void hand(Argument argument, ArgumentSink to) {
        switch (argument) {
            case Argument.Place(Value v) -> to.buffer(at(v));
            case Argument.Vector(var weight) -> {
                WeightStore.Vector<DeviceBuffer> v = store.vector(weight);
                held.add(v);
                to.buffer(v.data());
            }
            case Argument.Nothing() -> to.buffer(store.nothing());
            case Argument.StepFacts() -> to.step(step);
            case Argument.Int32(int v) -> to.number(v);
            case Argument.Int64(long v) -> to.number(v);
            case Argument.Float32(float v) -> to.number(v);
            case Argument.Pages p -> to.pages(p.pageFloats(), p.stateAt());
            case Argument.Matrices m -> {
                WeightStore.Matrices<DeviceBuffer> stored = store.matrices(m.weights());
                held.add(stored);
                to.buffer(stored.data());
                to.buffer(stored.grid());
                to.buffer(stored.scales());
                to.number(m.blockRows());
                to.number(m.blockColumns());
            }
        }
    }

    /** The command that runs a list of calls. */
    Chain chain(ChainCode code, DeviceBuffer list) {
        cl_kernel kernel = kernels.kernel(code.build(), "chain");
        try {
            Arguments args = new Arguments(kernel, store.nothing());
            code.roots(ChainCode.ROOTS, store.nothing()).forEach(args::root);
            args.slabs();
            args.buffer(list);
            args.number(code.count());
            args.step(step);
            return new Chain(kernel, args.firstSlab());
        } catch (RuntimeException | Error e) {
            org.jocl.CL.clReleaseKernel(kernel);
            throw e;
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
