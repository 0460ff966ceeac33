package org.sluice.backend.support;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;
import org.sluice.backend.Device;
import org.sluice.error.InvalidRequestException;
import org.sluice.error.UnsupportedException;
import org.sluice.graph.Graph;

/** The programs that a device has open. Thread-safe. */
public final class OpenPrograms {
    private final Set<PagedProgram> programs = Collections.newSetFromMap(new IdentityHashMap<>());

    /** No program. */
    public OpenPrograms() {}

    /**
     * Throws where a device does not support every operation of a graph.
     *
     * @throws UnsupportedException names all reasons
     */
    public static void checkSupport(Device device, Graph graph) {
        List<String> refusals = graph.nodes().stream()
                .flatMap(n -> device.supports(n.op()).reasons().stream())
                .distinct()
                .toList();
        if (!refusals.isEmpty()) {
            throw new UnsupportedException(device.selector() + " cannot run the graph: " + refusals);
        }
    }

    /** A program is open from now on. */
    public <P extends PagedProgram> P add(P program) {
        synchronized (programs) {
            programs.add(program);
        }
        return program;
    }

    void checkNoCompanions(PagedProgram owner) {
        synchronized (programs) {
            if (programs.stream().anyMatch(p -> p.isCompanionOf(owner))) {
                throw new InvalidRequestException("the program still has open companions; close them first");
            }
        }
    }

    /** Whether the program was open until now. */
    boolean forget(PagedProgram program) {
        synchronized (programs) {
            return programs.remove(program);
        }
    }

    /** Throws while a device has programs open. */
    public void checkNone(Device device) {
        synchronized (programs) {
            if (!programs.isEmpty()) {
                throw new InvalidRequestException(
                        device.selector() + " still runs " + programs + "; close the programs first");
            }
        }
    }
}
