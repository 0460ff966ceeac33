package org.sluice;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Backends;
import org.sluice.backend.Device;
import org.sluice.backend.MemoryPlan;
import org.sluice.backend.Program;
import org.sluice.decode.Drafts;
import org.sluice.decode.PrefixCache;
import org.sluice.decode.Scheduler;
import org.sluice.decode.SchedulerOptions;
import org.sluice.decode.Session;
import org.sluice.error.InvalidRequestException;
import org.sluice.graph.CacheType;
import org.sluice.model.LanguageModel;
import org.sluice.model.Models;
import org.sluice.model.OpenModel;

/**
 * A loaded model: its files, its device, its programs. Safe for use by several threads: answers that are made at the same
 * time share their steps ({@link EngineOptions#parallel()}), and none depends on what else is in a step. Speaks tokens; {@code
 * sluice-chat} speaks messages.
 *
 * <p>Sessions choose how their caches are kept; programs for a type are compiled when the first session asks for it.
 */
public final class Engine implements AutoCloseable {
    private final OpenModel files;
    private final Device device;
    private final EngineOptions options;
    private final Drafts drafts;
    private final PrefixCache prefixes;
    private final ModelPrograms first;
    private final Map<CacheType, ModelPrograms> programs = new EnumMap<>(CacheType.class);
    private final Set<Session> sessions = new HashSet<>();
    private boolean closed;

    private Engine(OpenModel files, Device device, EngineOptions options) {
        this.files = files;
        this.device = device;
        this.options = options;
        drafts = options.drafts();
        prefixes = new PrefixCache(this::cacheBytes, options.prefixBytes());
        first = ModelPrograms.first(files.model(), device, options, options.caches(), prefixes);
        programs.put(options.caches(), first);
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
            return new Engine(files, device, options);
        } catch (RuntimeException | Error e) {
            closeAll(open, e);
            throw e;
        }
    }

    /** {@link #load(Path, EngineOptions)} with defaults. */
    public static Engine load(Path path) {
        return load(path, EngineOptions.DEFAULT);
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
        return program().options().maxContext();
    }

    /** What it takes, with caches of the type it was loaded with. */
    public MemoryPlan memory() {
        return program().plan();
    }

    /** What it would take with caches of another type. */
    public MemoryPlan memory(CacheType type) {
        return device.plan(
                ModelPrograms.graph(files.model(), type, first.mtp() != null),
                program().options());
    }

    /** Bytes of all caches: of open sessions and of kept prefixes, those of the draft layer apart. */
    public long cacheBytes() {
        synchronized (programs) {
            return programs.values().stream()
                    .mapToLong(p -> p.program().cacheBytes())
                    .sum();
        }
    }

    /** Those of {@link #cacheBytes} that lie in a file, because memory is short. */
    public long spilledBytes() {
        synchronized (programs) {
            return programs.values().stream()
                    .mapToLong(p -> p.program().spilledBytes())
                    .sum();
        }
    }

    /** The compiled graph with the caches it was loaded with, for measurements. */
    public Program program() {
        return first.program();
    }

    private ModelPrograms programs(CacheType type) {
        synchronized (programs) {
            ModelPrograms p = programs.get(type);
            if (p == null) {
                p = ModelPrograms.next(files.model(), device, options, type, first);
                programs.put(type, p);
            }
            return p;
        }
    }

    /**
     * A new conversation. Whoever opens it closes it.
     *
     * @throws InvalidRequestException where the engine is closed
     */
    public Session newSession() {
        return newSession(options.caches());
    }

    /**
     * A new conversation with caches of a type. Whoever opens it closes it.
     *
     * @throws InvalidRequestException where the engine is closed
     * @throws org.sluice.error.MemoryLimitException where it is the first of its type and there is no room for the type's workspace and one
     *     full conversation
     * @throws org.sluice.error.UnsupportedException where the device does not know the type
     */
    public Session newSession(CacheType type) {
        synchronized (sessions) {
            if (closed) {
                throw new InvalidRequestException("the engine is closed");
            }
            ModelPrograms p = programs(type);
            Session[] holder = new Session[1];
            Session s = new Session(
                    p.runner(), p.newDrafter(drafts), drafts, options.prefixBytes() == 0 ? null : prefixes, () -> {
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
        return new Scheduler(
                first.runner(), o -> newSession(o.caches() == null ? this.options.caches() : o.caches()), options);
    }

    /**
     * A conversation that {@link Session#save} wrote, with caches of the type it was saved with. Whoever opens it closes it.
     *
     * @throws org.sluice.error.CheckpointException where the file is damaged, cut, or was saved by another model
     */
    public Session restoreSession(Path file) {
        Session s = newSession(Session.cachesOf(file));
        try {
            s.restore(file);
            return s;
        } catch (RuntimeException | Error e) {
            s.close();
            throw e;
        }
    }

    /** Closes programs, device and files; fails and says so while sessions are open. */
    @Override
    public void close() {
        synchronized (sessions) {
            if (!sessions.isEmpty()) {
                throw new InvalidRequestException(
                        "the engine still has " + sessions.size() + " open sessions; close them first");
            }
            closed = true;
        }
        Deque<AutoCloseable> open = new ArrayDeque<>();
        open.push(files);
        open.push(device);
        synchronized (programs) {
            programs.values().forEach(open::push);
            programs.clear();
        }
        open.push(prefixes);
        closeAll(open, null);
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
