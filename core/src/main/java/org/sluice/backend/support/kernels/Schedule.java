package org.sluice.backend.support.kernels;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.sluice.backend.support.BufferPlan;
import org.sluice.graph.Op;
import org.sluice.graph.State;
import org.sluice.graph.Value;

/**
 * The order in which work runs. What treats rows one by one comes right behind what it waits for: behind a product, a device may
 * run it without a launch of its own.
 */
final class Schedule {
    private final List<Work> order = new ArrayList<>();

    private Schedule() {}

    /** Work in the order of a graph in another order that computes the same. */
    static List<Work> of(List<Work> works) {
        Schedule schedule = new Schedule();
        works.forEach(schedule::place);
        return schedule.order;
    }

    private void place(Work work) {
        int at = order.size();
        if (work.ofRows()) {
            int waitsFor = at - 1;
            while (waitsFor >= 0 && !waits(work, order.get(waitsFor))) {
                waitsFor--;
            }
            if (waitsFor >= 0) {
                at = waitsFor + 1;
                while (at < order.size() && order.get(at).ofRows()) {
                    at++;
                }
            }
        }
        order.add(at, work);
    }

    private static boolean waits(Work work, Work earlier) {
        return !Collections.disjoint(work.use().reads(), earlier.use().writes())
                || !Collections.disjoint(states(work), states(earlier));
    }

    private static List<State> states(Work work) {
        return work.nodes().stream()
                .map(n -> n.op())
                .map(Op::states)
                .flatMap(List::stream)
                .toList();
    }

    /**
     * What work reads and writes. A product and what follows it on its rows may run at the same time for different rows, so none
     * of them gets memory that another of them uses.
     */
    static List<BufferPlan.Use> uses(List<Work> order) {
        List<BufferPlan.Use> uses = new ArrayList<>();
        Set<Value> together = new LinkedHashSet<>();
        for (int i = 0; i < order.size(); i++) {
            Work work = order.get(i);
            BufferPlan.Use use = work.use();
            if (!work.ofRows()) {
                together.clear();
            }
            if (work instanceof Work.Matmuls || !together.isEmpty()) {
                together.addAll(use.reads());
                together.addAll(use.writes());
            }
            boolean last = i + 1 == order.size() || !order.get(i + 1).ofRows();
            uses.add(
                    last && work.ofRows() && !together.isEmpty()
                            ? new BufferPlan.Use(List.copyOf(together), use.writes())
                            : use);
        }
        return uses;
    }
}
