package org.sluice.decode;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Program;
import org.sluice.backend.Sequence;
import org.sluice.error.MemoryLimitException;

/**
 * Caches of prompts and answers that were computed, for whoever begins in the same way: a radix tree over tokens. Its sequences
 * share their pages with each other and with the sessions that use them; a page is freed when the last of them lets it go.
 * What was not used for longest goes first. Safe for use by several threads.
 */
public final class PrefixCache implements AutoCloseable {
    private final Program program;
    private final long limit;
    private final Node root = new Node(null, new int[0]);
    private long clock;
    private boolean closed;

    /**
     * An empty cache.
     *
     * @param limit bytes of pages that may be in use in the whole program before old prefixes are let go
     */
    public PrefixCache(Program program, long limit) {
        this.program = program;
        this.limit = limit;
    }

    /**
     * The beginning of a conversation.
     *
     * @param trunk as long as the beginning
     * @param draft the drafter's caches, at most as long, or null
     */
    record Prefix(Sequence trunk, @Nullable Sequence draft) {
        void close() {
            trunk.close();
            if (draft != null) {
                draft.close();
            }
        }
    }

    /** Tokens between two branchings. Leaves hold sequences, which serve all nodes above them. */
    private static final class Node {
        private final Map<Integer, Node> children = new HashMap<>();
        private @Nullable Node parent;
        private int[] edge;
        private @Nullable Prefix held;
        private long used;

        Node(@Nullable Node parent, int[] edge) {
            this.parent = parent;
            this.edge = edge;
        }

        /** Tokens of its edge that continue {@code tokens} from {@code at} on. */
        int match(int[] tokens, int at, int n) {
            int most = Math.min(edge.length, n - at);
            int different = Arrays.mismatch(edge, 0, most, tokens, at, at + most);
            return different < 0 ? most : different;
        }
    }

    /**
     * A copy of the longest beginning of a prompt that is here.
     *
     * @param most tokens that are of use
     * @param least a shorter one is of no use
     * @return null where there is none
     */
    synchronized @Nullable Prefix fork(int[] prompt, int most, int least) {
        Place place = find(prompt, most);
        int depth = place.depth();
        if (depth < least || depth == 0) {
            return null;
        }
        Node leaf = newestBelow(place.rest() == null ? place.node() : place.rest());
        touch(leaf);
        Prefix p = requireNonNull(leaf.held);
        Sequence trunk = p.trunk.fork(depth);
        // a drafter's row depends on the token behind it, which may be another one
        Sequence draft = p.draft == null ? null : p.draft.fork(Math.min(p.draft.length(), depth - 1));
        return new Prefix(trunk, draft);
    }

    /**
     * How far tokens lead down the tree.
     *
     * @param node the last node on whose whole edge they go
     * @param depth tokens that are here
     * @param rest the node on a part of whose edge they end, or null
     * @param matched tokens of that part
     */
    private record Place(Node node, int depth, @Nullable Node rest, int matched) {}

    private Place find(int[] tokens, int n) {
        Node node = root;
        int depth = 0;
        while (depth < n) {
            Node next = node.children.get(tokens[depth]);
            if (next == null) {
                break;
            }
            int match = next.match(tokens, depth, n);
            depth += match;
            if (match < next.edge.length) {
                return new Place(node, depth, next, match);
            }
            node = next;
        }
        return new Place(node, depth, null, 0);
    }

    /** The leaf below a node, or the node itself, that was used last. */
    private static Node newestBelow(Node node) {
        Node n = node;
        while (n.held == null) {
            n = n.children.values().stream()
                    .max(Comparator.comparingLong(c -> c.used))
                    .orElseThrow();
        }
        return n;
    }

    private void touch(Node node) {
        clock++;
        for (Node n = node; n != null; n = n.parent) {
            n.used = clock;
        }
    }

    /**
     * Keeps a copy of what was computed.
     *
     * @param n tokens of the sequence, those at the front of {@code tokens}
     */
    synchronized void keep(int[] tokens, int n, Sequence trunk, @Nullable Drafter drafter) {
        if (closed || n == 0) {
            return;
        }
        Place place = find(tokens, n);
        int depth = place.depth();
        Node node = place.node();
        if (place.rest() != null) {
            node = depth < n ? split(place.rest(), place.matched()) : place.rest();
        }
        touch(node);
        if (depth == n) {
            // something as long or longer that begins so is here
            return;
        }
        Prefix held;
        try {
            held = new Prefix(trunk.fork(n), drafter == null ? null : drafter.fork());
        } catch (MemoryLimitException e) {
            tidy(node);
            return;
        }
        Node leaf = new Node(node, Arrays.copyOfRange(tokens, depth, n));
        leaf.held = held;
        node.children.put(tokens[depth], leaf);
        touch(leaf);
        if (node.held != null) {
            // the longer one covers it
            node.held.close();
            node.held = null;
        }
        tidy(node);
        while (program.cacheBytes() > limit && letGo()) {
            // until it fits, or nothing is left
        }
    }

    /** Puts a node between a node and its parent, after the first {@code at} tokens of its edge. */
    private static Node split(Node node, int at) {
        Node parent = node.parent;
        Node middle = new Node(parent, Arrays.copyOf(node.edge, at));
        middle.used = node.used;
        if (parent != null) {
            parent.children.put(node.edge[0], middle);
        }
        node.edge = Arrays.copyOfRange(node.edge, at, node.edge.length);
        node.parent = middle;
        middle.children.put(node.edge[0], node);
        return middle;
    }

    /** Lets go of the prefix that was not used for longest; false where there is none. */
    public synchronized boolean letGo() {
        Node oldest = oldest(root);
        if (oldest == null) {
            return false;
        }
        remove(oldest);
        return true;
    }

    private static @Nullable Node oldest(Node node) {
        Node found = node.held == null ? null : node;
        for (Node c : node.children.values()) {
            Node below = oldest(c);
            if (below != null && (found == null || below.used < found.used)) {
                found = below;
            }
        }
        return found;
    }

    private static void remove(Node leaf) {
        if (leaf.held != null) {
            leaf.held.close();
            leaf.held = null;
        }
        tidy(leaf);
    }

    /** Removes nodes that lead nowhere, or only to one other. */
    private static void tidy(Node from) {
        Node node = from;
        while (node.parent != null && node.held == null && node.children.isEmpty()) {
            Node parent = node.parent;
            parent.children.remove(node.edge[0]);
            node = parent;
        }
        if (node.parent != null && node.held == null && node.children.size() == 1) {
            join(node, node.children.values().iterator().next());
        }
    }

    /** Makes one node of a node and its only child. */
    private static void join(Node node, Node child) {
        int[] edge = Arrays.copyOf(node.edge, node.edge.length + child.edge.length);
        System.arraycopy(child.edge, 0, edge, node.edge.length, child.edge.length);
        child.edge = edge;
        child.parent = node.parent;
        if (node.parent != null) {
            node.parent.children.put(edge[0], child);
        }
    }

    /** Prefixes it holds. */
    public synchronized int size() {
        return count(root);
    }

    private static int count(Node node) {
        return (node.held == null ? 0 : 1)
                + node.children.values().stream().mapToInt(PrefixCache::count).sum();
    }

    /** Lets everything go. */
    @Override
    public synchronized void close() {
        closed = true;
        while (letGo()) {
            // one after the other
        }
    }
}
