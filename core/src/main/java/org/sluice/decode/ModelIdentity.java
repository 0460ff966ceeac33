package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;
import org.sluice.graph.Graph;
import org.sluice.graph.Node;
import org.sluice.graph.State;
import org.sluice.tensor.Weight;

/**
 * Tells models apart whose caches would not fit each other: a digest of names, types, shapes and some of the bytes of all
 * weights, and of the states. Reading all of a model of hundreds of gigabytes would take minutes; two models that agree in all
 * places looked at are the same.
 */
final class ModelIdentity {
    /** Bytes looked at in the first slice of each weight: at its beginning and in its middle. */
    private static final long SAMPLE = 256;

    private ModelIdentity() {}

    /** SHA-256. */
    static byte[] of(Graph graph) {
        MessageDigest digest;
        try {
            digest = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
        Set<Weight> seen = new HashSet<>();
        for (Node n : graph.nodes()) {
            for (Weight w : n.op().constants()) {
                if (seen.add(w)) {
                    add(digest, w.name() + ' ' + w.dtype().name() + ' ' + w.shape() + '\n');
                    MemorySegment data = w.slices().getFirst();
                    long size = data.byteSize();
                    add(digest, data.asSlice(0, Math.min(SAMPLE, size)));
                    add(digest, data.asSlice(size / 2, Math.min(SAMPLE, size - size / 2)));
                }
            }
        }
        for (State s : graph.states()) {
            add(digest, s.name() + ' ' + s.width() + '\n');
        }
        return digest.digest();
    }

    private static void add(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void add(MessageDigest digest, MemorySegment bytes) {
        digest.update(bytes.asByteBuffer());
    }
}
