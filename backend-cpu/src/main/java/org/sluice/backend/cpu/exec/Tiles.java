package org.sluice.backend.cpu.exec;

/** How many outputs a unit of work takes. */
final class Tiles {
    /** Rows of activations prepared by one unit. */
    static final int PREPARED_ROWS = 8;

    /** Multiply-adds below which handing work to another thread costs more than it saves. */
    private static final long WORTH_SHARING = 24_000;

    /** Units per worker: enough to even out a slow core. */
    private static final int UNITS = 4;

    /** Most outputs of an expert matrix that a unit takes: what its results need fits into the second-level cache. */
    static final int EXPERT_OUTPUTS = 256;

    private Tiles() {}

    /** Whether moving or rounding {@code numbers} numbers is worth handing over. */
    static boolean worthSharing(long numbers) {
        return numbers >= WORTH_SHARING;
    }

    /** Outputs per unit where {@code copies} matrices with {@code outputs} each are divided. */
    static int expertOutputs(int outputs, int copies, int workers, int grain) {
        if (workers == 1) {
            // a change from one expert's weights to another's costs more than a tile that is large
            return EXPERT_OUTPUTS;
        }
        long even = Math.ceilDiv((long) outputs * copies, (long) workers * UNITS);
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
        if (workers == 1 || outputs * work < WORTH_SHARING) {
            return outputs;
        }
        long least = Math.max(1, Math.ceilDiv(WORTH_SHARING / 4, Math.max(1, work)));
        long even = Math.ceilDiv(outputs, workers * UNITS);
        return Math.toIntExact(Math.ceilDiv(Math.max(even, least), grain) * grain);
    }
}
