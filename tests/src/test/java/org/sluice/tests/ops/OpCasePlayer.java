package org.sluice.tests.ops;

import java.util.Comparator;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.graph.Matmul;
import org.sluice.graph.Value;
import org.sluice.tensor.DType;
import org.sluice.tensor.Weight;

/**
 * Runs small cases of every operation on one device in a process of its own, for devices that must be set up before the
 * process starts. Arguments: selector, how many cases of an operation, and the types of weights where not all are wanted.
 * Names each case and fails at the first that is not right.
 */
public final class OpCasePlayer {
    private OpCasePlayer() {}

    /** Runs them. */
    public static void main(String[] args) {
        int each = Integer.parseInt(args[1]);
        Set<DType> wanted = args.length == 2 ? EnumSet.allOf(DType.class) : EnumSet.noneOf(DType.class);
        Stream.of(args).skip(2).map(DType::valueOf).forEach(wanted::add);
        int right = 0;
        try (Device device = Backends.open(DeviceOptions.of(args[0]).withExact(true))) {
            for (OpCase c : OpCaseTest.ALL.stream()
                    .flatMap(ops -> smallest(ops, each).stream())
                    .filter(c -> wanted.containsAll(types(c)))
                    .toList()) {
                System.out.println(c.name());
                OpCaseTest.compare(c, OpCaseTest.reference(c), device, Arithmetic.EXACT);
                right++;
            }
        }
        System.out.println(right + " cases are right");
    }

    /**
     * The cases with the least work, of one row and of many. Products with a matrix go through the decoder of its type, so
     * every type gets one of them; of other operations a few cases suffice.
     */
    static List<OpCase> smallest(OpCases ops, int each) {
        Map<List<Object>, OpCase> least = new LinkedHashMap<>();
        for (OpCase c : ops.cases()) {
            least.merge(List.of(rows(c) > 1, types(c)), c, (a, b) -> work(b) < work(a) ? b : a);
        }
        boolean all = ops.op() == Matmul.class;
        return least.values().stream()
                .filter(c -> !all || rows(c) > 1)
                .sorted(Comparator.comparingLong(OpCasePlayer::work))
                .limit(all ? Long.MAX_VALUE : each)
                .toList();
    }

    private static List<DType> types(OpCase c) {
        return c.graph().nodes().stream()
                .flatMap(n -> n.op().constants().stream())
                .map(Weight::dtype)
                .toList();
    }

    private static long rows(OpCase c) {
        return Layouts.runs(c.script()).stream().mapToLong(Action.Run::rows).sum();
    }

    private static long work(OpCase c) {
        long weights = c.graph().nodes().stream()
                .flatMap(n -> n.op().constants().stream())
                .mapToLong(Weight::bytes)
                .sum();
        long width =
                c.graph().inputs().values().stream().mapToLong(Value::width).sum();
        return rows(c) * (weights + width);
    }
}
