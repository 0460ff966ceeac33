package org.sluice;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.Program;
import org.sluice.backend.ProgramOptions;
import org.sluice.decode.DraftKind;
import org.sluice.decode.Drafter;
import org.sluice.decode.Drafts;
import org.sluice.decode.LookupDrafter;
import org.sluice.decode.MtpDrafter;
import org.sluice.decode.MtpRunner;
import org.sluice.decode.PrefixCache;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.Session;
import org.sluice.decode.StepRunner;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.MemoryLimitException;
import org.sluice.graph.Graph;
import org.sluice.model.DraftGraphs;
import org.sluice.model.GraphOptions;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/**
 * A loaded model: its files, its device, its program. Safe for use by several threads: answers that are made at the same
 * time share their steps ({@link EngineOptions#parallel()}), and none depends on what else is in a step. Speaks tokens; {@code sluice-chat} speaks messages.
 */
public final class Engine implements AutoCloseable {
    /** Context taken by default where the model's own does not fit: the largest power of two that does. */
    private static final int SMALLEST_DEFAULT_CONTEXT = 256;

    private final OpenModel files;
    private final Device device;
    private final Program program;
    private final StepRunner runner;
    private final Drafts drafts;
    private final @Nullable MtpRunner mtp;
    private final @Nullable PrefixCache prefixes;
    private final Set<Session> sessions = new HashSet<>();
    private final Deque<AutoCloseable> owned;
    private boolean closed;

    private Engine(
            OpenModel files,
            Device device,
            Program program,
            EngineOptions options,
            @Nullable MtpRunner mtp,
            Deque<AutoCloseable> owned) {
        this.files = files;
        this.device = device;
        this.program = program;
        drafts = options.drafts();
        this.mtp = mtp;
        this.owned = owned;
        if (options.prefixBytes() == 0) {
            prefixes = null;
            runner = new StepRunner(program, files.model());
        } else {
            PrefixCache kept = new PrefixCache(program, options.prefixBytes());
            owned.push(kept);
            prefixes = kept;
            runner = new StepRunner(program, files.model(), kept::letGo);
        }
    }

    /**
     * Opens a checkpoint, plans memory and compiles the model's graph for a device. Whatever fails, nothing stays open.
     *
     * @param path a checkpoint folder or a GGUF file
     */
    public static Engine load(Path path, EngineOptions options) {
        Deque<AutoCloseable> open = new ArrayDeque<>();
        try {
            options.progress().progress("open", 0, 1);
            OpenModel files = Models.open(path);
            open.push(files);
            options.progress().progress("open", 1, 1);
            Device device = Backends.open(options.device());
            open.push(device);
            Optional<DraftGraphs> layer =
                    options.drafts().most() > 0 ? files.model().drafts(head(options.drafts())) : Optional.empty();
            Graph graph = files.model()
                    .graph((layer.isPresent() ? GraphOptions.WITH_HIDDEN : GraphOptions.DEFAULT)
                            .withCaches(options.caches()));
            Program program = compile(files.model(), device, graph, options);
            open.push(program);
            MtpRunner mtp = null;
            if (layer.isPresent()) {
                ProgramOptions limits = program.options();
                mtp = new MtpRunner(device, layer.get(), limits.maxRows(), limits.maxContext());
                open.push(mtp);
            }
            return new Engine(files, device, program, options, mtp, open);
        } catch (RuntimeException | Error e) {
            closeAll(open, e);
            throw e;
        }
    }

    /** {@link #load(Path, EngineOptions)} with defaults. */
    public static Engine load(Path path) {
        return load(path, EngineOptions.DEFAULT);
    }

    private static Program compile(LanguageModel model, Device device, Graph graph, EngineOptions options) {
        if (options.context().isPresent()) {
            int asked = options.context().getAsInt();
            if (asked > model.maxContext()) {
                throw new InvalidRequestException("a context of " + asked
                        + " tokens was asked for, the model was made for " + model.maxContext());
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

    private static DraftGraphs.Head head(Drafts drafts) {
        return new DraftGraphs.Head(drafts.vocabulary().orElse(Integer.MAX_VALUE), drafts.kind() == DraftKind.SAMPLED);
    }

    private static ProgramOptions sized(int context, EngineOptions options) {
        int round = options.drafts().most() + 1;
        long rows = Math.min(Math.max(options.maxRows(), round), (long) context * options.parallel());
        long outputs = Math.min(rows, (long) options.parallel() * round);
        return new ProgramOptions((int) rows, (int) outputs, context);
    }

    /** What was loaded. */
    public LanguageModel model() {
        return files.model();
    }

    /** Where it was loaded from. */
    public Path path() {
        return files.path();
    }

    /** What runs it, in one line. */
    public String device() {
        return device.selector() + ": " + device.description();
    }

    /** Tokens of the longest conversation. */
    public int context() {
        return program.options().maxContext();
    }

    /** What it takes. */
    public MemoryPlan memory() {
        return program.plan();
    }

    /** Bytes of all caches: of open sessions and of kept prefixes, those of the draft layer apart. */
    public long cacheBytes() {
        return program.cacheBytes();
    }

    /** The compiled graph, for measurements. */
    public Program program() {
        return program;
    }

    /**
     * A new conversation. Whoever opens it closes it.
     *
     * @throws InvalidRequestException where the engine is closed
     */
    public Session newSession() {
        synchronized (sessions) {
            if (closed) {
                throw new InvalidRequestException("the engine is closed");
            }
            Session[] holder = new Session[1];
            Session s = new Session(runner, newDrafter(), drafts, prefixes, () -> {
                synchronized (sessions) {
                    sessions.remove(holder[0]);
                }
            });
            holder[0] = s;
            sessions.add(s);
            return s;
        }
    }

    /**
     * Answers requests of many at once, with a session for each. Whoever opens it closes it. It gains where the engine was
     * loaded with {@link EngineOptions#parallel()} answers in a step.
     */
    public Scheduler newScheduler(SchedulerOptions options) {
        return new Scheduler(runner, this::newSession, options);
    }

    /**
     * A conversation that {@link Session#save} wrote. Whoever opens it closes it.
     *
     * @throws org.sluice.error.CheckpointException where the file is damaged, cut, or was saved by another model
     */
    public Session restoreSession(Path file) {
        Session s = newSession();
        try {
            s.restore(file);
            return s;
        } catch (RuntimeException | Error e) {
            s.close();
            throw e;
        }
    }

    /** The model's own prediction layer, or repetition where it has none. */
    private @Nullable Drafter newDrafter() {
        if (drafts.most() == 0) {
            return null;
        }
        return mtp == null ? new LookupDrafter() : new MtpDrafter(mtp);
    }

    /** Closes program, device and files; fails and says so while sessions are open. */
    @Override
    public void close() {
        synchronized (sessions) {
            if (!sessions.isEmpty()) {
                throw new InvalidRequestException(
                        "the engine still has " + sessions.size() + " open sessions; close them first");
            }
            closed = true;
        }
        closeAll(owned, null);
    }

    private static void closeAll(Deque<AutoCloseable> open, @Nullable Throwable cause) {
        while (!open.isEmpty()) {
            try {
                open.pop().close();
            } catch (Exception e) {
                if (cause == null) {
                    throw new IllegalStateException("closing failed", e);
                }
                cause.addSuppressed(e);
            }
        }
    }
}
