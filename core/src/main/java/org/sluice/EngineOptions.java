package org.sluice;

import java.util.OptionalInt;
import org.sluice.backend.DeviceOptions;
import org.sluice.backend.ProgressListener;
import org.sluice.decode.Drafts;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;

/**
 * How a model is loaded.
 *
 * @param device where it runs
 * @param context tokens of the longest conversation; default what the model was made for, as far as memory allows
 * @param overlong whether the context may exceed what the model was made for; positions beyond are computed as it says, but
 *     it has not learnt them
 * @param maxRows token rows of a step: the size of a prefill chunk
 * @param drafts whether sessions run ahead of themselves
 * @param parallel answers that a step decodes together at most; where more are made at the same time, they take turns. Costs
 *     workspace for a row of logits, and more with drafts, for each
 * @param prefixBytes caches of ended conversations are kept for sessions that begin in the same way, as long as all caches
 *     together take no more than this; 0 keeps none
 * @param caches how caches are kept where a session does not say
 * @param progress hears of the loading
 */
public record EngineOptions(
        DeviceOptions device,
        OptionalInt context,
        boolean overlong,
        int maxRows,
        Drafts drafts,
        int parallel,
        long prefixBytes,
        CacheType caches,
        ProgressListener progress) {
    /** The fastest CPU kernels, the model's own context. */
    public static final EngineOptions DEFAULT = new EngineOptions(
            DeviceOptions.of("cpu"),
            OptionalInt.empty(),
            false,
            512,
            Drafts.OFF,
            1,
            0,
            CacheType.F32,
            ProgressListener.NONE);

    /** Checks the numbers. */
    public EngineOptions {
        if (context.isPresent() && context.getAsInt() < 2) {
            throw new InvalidRequestException("the context must hold at least 2 tokens, not " + context.getAsInt());
        }
        if (maxRows < 1) {
            throw new InvalidRequestException("a step must have at least 1 row, not " + maxRows);
        }
        if (parallel < 1) {
            throw new InvalidRequestException("at least 1 answer must run at a time, not " + parallel);
        }
        if (prefixBytes < 0) {
            throw new InvalidRequestException("prefixes cannot take " + prefixBytes + " bytes");
        }
    }

    /** These options on another device. */
    public EngineOptions withDevice(DeviceOptions other) {
        return new EngineOptions(other, context, overlong, maxRows, drafts, parallel, prefixBytes, caches, progress);
    }

    /** These options with another context. */
    public EngineOptions withContext(int tokens) {
        return new EngineOptions(
                device, OptionalInt.of(tokens), overlong, maxRows, drafts, parallel, prefixBytes, caches, progress);
    }

    /** These options with another context, which may be longer than what the model was made for. */
    public EngineOptions withOverlongContext(int tokens) {
        return new EngineOptions(
                device, OptionalInt.of(tokens), true, maxRows, drafts, parallel, prefixBytes, caches, progress);
    }

    /** These options with another size of prefill chunks. */
    public EngineOptions withMaxRows(int rows) {
        return new EngineOptions(device, context, overlong, rows, drafts, parallel, prefixBytes, caches, progress);
    }

    /** These options with a listener. */
    public EngineOptions withProgress(ProgressListener listener) {
        return new EngineOptions(device, context, overlong, maxRows, drafts, parallel, prefixBytes, caches, listener);
    }

    /** These options with other drafts. */
    public EngineOptions withDrafts(Drafts other) {
        return new EngineOptions(device, context, overlong, maxRows, other, parallel, prefixBytes, caches, progress);
    }

    /** These options with room for {@code answers} in each decode step. */
    public EngineOptions withParallel(int answers) {
        return new EngineOptions(device, context, overlong, maxRows, drafts, answers, prefixBytes, caches, progress);
    }

    /** These options with prefixes kept across sessions, as long as all caches take no more than {@code bytes}. */
    public EngineOptions withPrefixBytes(long bytes) {
        return new EngineOptions(device, context, overlong, maxRows, drafts, parallel, bytes, caches, progress);
    }

    /** These options with caches of another type. */
    public EngineOptions withCaches(CacheType type) {
        return new EngineOptions(device, context, overlong, maxRows, drafts, parallel, prefixBytes, type, progress);
    }
}
