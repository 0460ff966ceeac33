package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashSet;
import java.util.Set;
import org.sluice.graph.AppendIndexKey;
import org.sluice.graph.AppendLatent;
import org.sluice.graph.ApplyRope;
import org.sluice.graph.ArgMax;
import org.sluice.graph.GatherRows;
import org.sluice.graph.Graph;
import org.sluice.graph.IndexScores;
import org.sluice.graph.LatentAttention;
import org.sluice.graph.LayerNorm;
import org.sluice.graph.Node;
import org.sluice.graph.Op;
import org.sluice.graph.RmsNorm;
import org.sluice.graph.Rope;
import org.sluice.graph.RouteExperts;
import org.sluice.graph.SelectTopK;
import org.sluice.graph.State;
import org.sluice.graph.TopLogits;
import org.sluice.tensor.Weight;

/**
 * Tells models apart whose caches would not fit each other: a digest of names, types, shapes and some of the bytes of all
 * weights, of what the configuration makes of them, and of the states. Reading all of a model of hundreds of gigabytes would take minutes; two models that agree in all
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
            if (picks(n.op())) {
                continue;
            }
            add(digest, n.op().kind() + settings(n.op()) + '\n');
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

    /** Whether an operation only picks from results: with and without drafts, a model keeps the same. */
    private static boolean picks(Op op) {
        return op instanceof GatherRows || op instanceof ArgMax || op instanceof TopLogits;
    }

    /** Numbers of an operation that come from the configuration and change what is cached. */
    private static String settings(Op op) {
        return switch (op) {
            case RmsNorm o -> " " + o.epsilon();
            case LayerNorm o -> " " + o.epsilon();
            case AppendLatent o -> " " + o.epsilon() + angles(o.rope());
            case AppendIndexKey o -> " " + o.epsilon() + angles(o.rope());
            case ApplyRope o -> " " + o.heads() + ' ' + o.offset() + angles(o.rope());
            case IndexScores o -> " " + o.scale();
            case SelectTopK o -> " " + o.k();
            case LatentAttention o -> " " + o.scale();
            case RouteExperts o -> " " + o.rule();
            default -> "";
        };
    }

    private static String angles(Rope rope) {
        StringBuilder all =
                new StringBuilder().append(' ').append(rope).append(' ').append(rope.magnitude());
        for (int pair = 0; pair < rope.dims() / 2; pair++) {
            all.append(' ').append(rope.inverseFrequency(pair));
        }
        return all.toString();
    }

    private static void add(MessageDigest digest, String text) {
        digest.update(text.getBytes(StandardCharsets.UTF_8));
    }

    private static void add(MessageDigest digest, MemorySegment bytes) {
        digest.update(bytes.asByteBuffer());
    }
}
