package org.sluice.backend.support.kernels;

import java.util.List;

/**
 * Looks up what the arguments of calls stand for on a device, uploading the weights among them.
 *
 * @param <B> a piece of the device's memory
 */
public final class Arguments<B> {
    private final WeightStore<B> store;
    private final Places<B> places;
    private final B step;
    private final List<WeightStore.Shared> held;

    /**
     * Arguments of one program's calls.
     *
     * @param step where the facts of the step lie
     * @param held collects the weights that the calls use
     */
    public Arguments(WeightStore<B> store, Places<B> places, B step, List<WeightStore.Shared> held) {
        this.store = store;
        this.places = places;
        this.step = step;
        this.held = held;
    }

    /** Where the facts of the step lie. */
    public B step() {
        return step;
    }

    /** Hands over the arguments of a call. */
    public void hand(Call call, ArgumentSink<B> to) {
        call.arguments().forEach(a -> hand(a, to));
    }

    private void hand(Argument argument, ArgumentSink<B> to) {
        switch (argument) {
            case Argument.Place(var value) -> to.buffer(places.at(value));
            case Argument.Vector(var weight) -> {
                WeightStore.Vector<B> v = store.vector(weight);
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
                WeightStore.Matrices<B> stored = store.matrices(m.weights());
                held.add(stored);
                to.buffer(stored.data());
                to.buffer(stored.grid());
                to.buffer(stored.scales());
                to.number(m.blockRows());
                to.number(m.blockColumns());
            }
        }
    }
}
