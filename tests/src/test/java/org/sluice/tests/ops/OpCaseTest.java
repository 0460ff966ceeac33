package org.sluice.tests.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.DeviceOptions;
import org.sluice.graph.Op;
import org.sluice.tests.Devices;
import org.sluice.tests.Emulator;

/** Every case of every operation on every device, in exact and in fast arithmetic, against the reference. */
class OpCaseTest {
    private static final String REFERENCE = "cpu:reference";

    private static final int EMULATED_EVERY = Integer.getInteger("sluice.emulated.every", 4);

    static final List<OpCases> ALL = List.of(
            new EmbedCases(),
            new RmsNormCases(),
            new LayerNormCases(),
            new AddCases(),
            new ConcatCases(),
            new GatherRowsCases(),
            new MatmulCases(),
            new SwiGluCases(),
            new ApplyRopeCases(),
            new HeadMatmulCases(),
            new AppendLatentCases(),
            new LatentAttentionCases(),
            new AppendIndexKeyCases(),
            new IndexScoresCases(),
            new SelectTopKCases(),
            new RouteExpertsCases(),
            new ExpertFeedForwardCases(),
            new ArgMaxCases(),
            new TopLogitsCases());

    @Test
    void everyOperationHasCases() {
        assertThat(ALL.stream().map(OpCases::op).collect(Collectors.toSet()))
                .isEqualTo(Arrays.stream(Op.class.getPermittedSubclasses()).collect(Collectors.toSet()));
        for (OpCases cases : ALL) {
            assertThat(cases.cases())
                    .as(cases.op().getSimpleName())
                    .isNotEmpty()
                    .allSatisfy(c -> {
                        assertThat(c.graph().nodes())
                                .as(c.name())
                                .anyMatch(n -> cases.op().isInstance(n.op()));
                        assertThat(c.expectations()).as(c.name()).isNotEmpty();
                    });
        }
    }

    @TestFactory
    Stream<DynamicNode> cases() {
        return ALL.stream()
                .map(ops -> DynamicContainer.dynamicContainer(ops.op().getSimpleName(), tests(ops.cases())));
    }

    private static Stream<DynamicNode> tests(List<OpCase> cases) {
        List<Memo> memos = cases.stream().map(Memo::new).toList();
        List<DynamicNode> nodes = new ArrayList<>();
        for (String selector : Devices.withEmulated()) {
            for (Arithmetic a : Arithmetic.values()) {
                if (!selector.equals(REFERENCE)) {
                    nodes.add(DynamicContainer.dynamicContainer(
                            selector + " " + a, onDevice(selector, a, sample(selector, memos)).stream()));
                }
            }
        }
        return nodes.stream();
    }

    /** The emulated GPU runs 256 threads of a group one after the other: it gets some cases, a real one all. */
    private static List<Memo> sample(String selector, List<Memo> all) {
        if (!selector.startsWith("cuda") || Emulator.library().isEmpty()) {
            return all;
        }
        return IntStream.range(0, all.size())
                .filter(i -> i % EMULATED_EVERY == 0)
                .mapToObj(all::get)
                .toList();
    }

    private static List<DynamicTest> onDevice(String selector, Arithmetic arithmetic, List<Memo> cases) {
        return cases.stream()
                .map(m -> DynamicTest.dynamicTest(m.opCase.name(), () -> {
                    DeviceOptions options =
                            DeviceOptions.of(selector).withThreads(2).withExact(arithmetic == Arithmetic.EXACT);
                    try (Device device = Backends.open(options)) {
                        compare(m.opCase, m.reference(), device, arithmetic);
                    }
                }))
                .toList();
    }

    /** Fails where the device does not agree; skips, saying why, where a device that is not the CPU cannot run the case. */
    static void compare(OpCase c, List<Map<String, Data>> reference, Device device, Arithmetic arithmetic) {
        List<String> refusals = c.graph().nodes().stream()
                .flatMap(n -> device.supports(n.op()).reasons().stream())
                .toList();
        Assumptions.assumeTrue(
                refusals.isEmpty() || device.selector().startsWith("cpu"), () -> device.selector() + ": " + refusals);
        List<Map<String, Data>> got = Player.play(c, device);
        assertThat(got).hasSameSizeAs(reference);
        for (int run = 0; run < got.size(); run++) {
            for (Expect e : c.expectations()) {
                e.check(run, arithmetic, reference.get(run), got.get(run));
            }
        }
    }

    /** What the reference computes. */
    static List<Map<String, Data>> reference(OpCase c) {
        try (Device device = Backends.open(REFERENCE)) {
            return Player.play(c, device);
        }
    }

    /** A case whose reference is computed once for all devices. */
    private static final class Memo {
        private final OpCase opCase;
        private List<Map<String, Data>> made = List.of();

        Memo(OpCase opCase) {
            this.opCase = opCase;
        }

        List<Map<String, Data>> reference() {
            if (made.isEmpty()) {
                made = OpCaseTest.reference(opCase);
            }
            return made;
        }
    }
}
