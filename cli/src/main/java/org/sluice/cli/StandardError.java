package org.sluice.cli;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;

/**
 * The standard error of the process. Java greets whoever uses the Vector API with a line on it that cannot be turned off, so
 * that the launcher starts Java with it closed and hands it over under another number.
 */
final class StandardError {
    /** Number of the descriptor that was the standard error before the launcher replaced it. */
    private static final String HANDED_OVER = "sluice.stderr";

    private StandardError() {}

    /** A stream to it; {@code System.err} and native code write there, too, from now on. */
    static PrintStream open() {
        Integer handedOver = Integer.getInteger(HANDED_OVER);
        if (handedOver != null) {
            duplicate(handedOver);
        }
        PrintStream stream = new PrintStream(new FileOutputStream(FileDescriptor.err), false, StandardCharsets.UTF_8);
        System.setErr(stream);
        return stream;
    }

    /** Opening it again by name would give it a place of its own in a file, and fails for sockets. */
    private static void duplicate(int descriptor) {
        Linker linker = Linker.nativeLinker();
        int made;
        try {
            made = (int) linker.downcallHandle(
                            linker.defaultLookup().findOrThrow("dup2"),
                            FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.JAVA_INT))
                    .invokeExact(descriptor, 2);
        } catch (Throwable e) {
            throw new IllegalStateException("the standard error cannot be taken over", e);
        }
        if (made != 2) {
            throw new IllegalStateException("the standard error cannot be taken over from " + descriptor);
        }
    }
}
