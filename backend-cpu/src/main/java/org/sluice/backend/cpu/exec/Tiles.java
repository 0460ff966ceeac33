package org.sluice.backend.cpu.exec;

/** How many outputs a unit of work takes. */
final class Tiles {
    /** Rows of activations prepared by one unit. */
    static final int PREPARED_ROWS = 8;

    /** Numbers moved or rounded below which handing work to another thread costs more than it saves. */
    private static final long WORTH_SHARING = 24_000;

    /** Multiply-adds of a unit below which handing it to another thread costs more than it saves: some microseconds. */
    static final long LEAST_UNIT = 60_000;

    /** Units per worker: enough to even out a core that is slow or busy with something else. */
    private static final int UNITS = 16;

    /** Units per worker of a small matrix. */
    private static final int FEW_UNITS = 4;

    /** Multiply-adds of a unit below which another one costs more than it evens out. */
    private static final long UNIT = 16_000_000;

    /** Most outputs of an expert matrix that a unit takes: what its results need fits into the second-level cache. */
    static final int EXPERT_OUTPUTS = 512;

    private Tiles() {}

    /** Whether moving or rounding {@code numbers} numbers is worth handing over. */
    static boolean worthSharing(long numbers) {
        return numbers >= WORTH_SHARING;
    }

    /**
     * Outputs per unit where {@code copies} matrices with {@code outputs} each are divided.
     *
     * @param work multiply-adds of one output of one of them
     */
    static int expertOutputs(int outputs, int copies, long work, int grain, int workers) {
        if (workers == 1) {
            // a change from one expert's weights to another's costs more than a tile that is large
            return EXPERT_OUTPUTS;
        }
        long all = (long) outputs * copies;
        long even = Math.ceilDiv(all, units(all * work, workers));
        return Math.clamp(Math.ceilDiv(even, grain) * (long) grain, grain, EXPERT_OUTPUTS);
    }

    /**
     * Outputs per unit.
     *
     * @param outputs all outputs
     * @param work multiply-adds of one output
     * @param grain outputs that belong together
     */
    static int outputs(int outputs, long work, int grain, int workers) {
        if (workers == 1 || outputs * work < 2 * LEAST_UNIT) {
            return outputs;
        }
        long even = Math.ceilDiv(outputs, units(outputs * work, workers));
        return Math.toIntExact(Math.ceilDiv(even, grain) * grain);
    }

    /** Units that so many multiply-adds are divided into. */
    private static long units(long work, int workers) {
        long few = Math.clamp(work / LEAST_UNIT, 1L, (long) workers * FEW_UNITS);
        return Math.clamp(work / UNIT, few, (long) workers * UNITS);
    }
}
