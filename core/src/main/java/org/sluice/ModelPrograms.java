package org.sluice;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Device;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafter;
import org.sluice.decode.Drafts;
import org.sluice.decode.LookupDrafter;
import org.sluice.decode.MtpDrafter;
import org.sluice.decode.MtpRunner;
import org.sluice.decode.PrefixCache;
import org.sluice.decode.StepRunner;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.CacheType;
import org.sluice.graph.Graph;
import org.sluice.model.DraftGraphs;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;

/**
 * A model compiled for caches of one type: the trunk, and the prediction layer where sessions draft with it. All types read the
 * same weights.
 *
 * @param mtp null where sessions do not draft, or the model has no such layer
 */
record ModelPrograms(StepRunner runner, @Nullable MtpRunner mtp) implements AutoCloseable {
    /** Context taken by default where the model's own does not fit: the largest power of two that does. */
    private static final int SMALLEST_DEFAULT_CONTEXT = 256;

    /**
     * The first type's programs, which find out how long contexts can be.
     *
     * @param kept gives memory back
     */
    static ModelPrograms first(
            LanguageModel model, Device device, EngineOptions options, CacheType type, PrefixCache kept) {
        Optional<DraftGraphs> layer = layer(model, options, type);
        Program program = compile(model, device, graph(model, type, layer.isPresent()), options);
        return complete(device, program, new StepRunner(program, model, kept::letGo), layer, options);
    }

    /** Another type's programs, whose steps take turns with those of {@code others}. */
    static ModelPrograms next(
            LanguageModel model, Device device, EngineOptions options, CacheType type, ModelPrograms others) {
        Optional<DraftGraphs> layer = layer(model, options, type);
        Program program = device.compile(
                graph(model, type, layer.isPresent()), others.program().options());
        return complete(device, program, new StepRunner(program, model, others.runner), layer, options);
    }

    private static ModelPrograms complete(
            Device device, Program program, StepRunner runner, Optional<DraftGraphs> layer, EngineOptions options) {
        try {
            ProgramOptions limits = program.options();
            return new ModelPrograms(
                    runner,
                    layer.map(l -> new MtpRunner(device, l, limits.maxRows(), options.parallel(), limits.maxContext()))
                            .orElse(null));
        } catch (RuntimeException | Error e) {
            program.close();
            throw e;
        }
    }

    private static Optional<DraftGraphs> layer(LanguageModel model, EngineOptions options, CacheType type) {
        return options.drafts().most() > 0 ? model.drafts(head(options.drafts()), type) : Optional.empty();
    }

    private static DraftGraphs.Head head(Drafts drafts) {
        return new DraftGraphs.Head(drafts.vocabulary().orElse(Integer.MAX_VALUE), drafts.kind() == DraftKind.SAMPLED);
    }

    static Graph graph(LanguageModel model, CacheType type, boolean hidden) {
        return model.graph((hidden ? GraphOptions.WITH_HIDDEN : GraphOptions.DEFAULT).withCaches(type));
    }

    private static Program compile(LanguageModel model, Device device, Graph graph, EngineOptions options) {
        if (options.context().isPresent()) {
            int asked = options.context().getAsInt();
            if (asked > model.maxContext() && !options.overlong()) {
                throw new InvalidRequestException("a context of " + asked
                        + " tokens was asked for, the model was made for " + model.maxContext()
                        + "; allow overlong contexts if its answers may be worse there");
            }
            return device.compile(graph, sized(asked, options), options.progress());
        }
        int context = model.maxContext();
        while (true) {
            try {
                return device.compile(graph, sized(context, options), options.progress());
            } catch (MemoryLimitException e) {
                context = Integer.highestOneBit(context - 1);
                if (context < SMALLEST_DEFAULT_CONTEXT) {
                    throw e;
                }
            }
        }
    }

    private static ProgramOptions sized(int context, EngineOptions options) {
        int round = options.drafts().most() + 1;
        long rows = Math.min(Math.max(options.maxRows(), round), (long) context * options.parallel());
        long outputs = Math.min(rows, (long) options.parallel() * round);
        return new ProgramOptions((int) rows, (int) outputs, context);
    }

    Program program() {
        return runner.program();
    }

    /** A session's drafter: the model's own prediction layer, or repetition where it has none; null without drafts. */
    @Nullable
    Drafter newDrafter(Drafts drafts) {
        if (drafts.most() == 0) {
            return null;
        }
        return mtp == null ? new LookupDrafter() : new MtpDrafter(mtp);
    }

    /** Bytes of the caches of sessions and kept prefixes, those of the draft layer apart. */
    long cacheBytes() {
        return program().cacheBytes();
    }

    @Override
    public void close() {
        if (mtp != null) {
            mtp.close();
        }
        program().close();
    }
}
