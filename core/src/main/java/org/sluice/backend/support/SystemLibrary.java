package org.sluice.backend.support;

import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;

/** Libraries of the machine. */
public final class SystemLibrary {
    private SystemLibrary() {}

    /** Whether a library of this name or path is there and loads; it is unloaded again. */
    public static boolean loads(String name) {
        try (Arena arena = Arena.ofConfined()) {
            SymbolLookup.libraryLookup(name, arena);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
