package org.sluice.decode;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sluice.backend.Sequence;
import org.sluice.error.MemoryLimitException;

/**
 * The kept prefixes of one program: a radix tree over tokens. Its sequences share their pages with each other and with the
 * sessions that use them; a page is freed when the last of them lets it go. Used under the lock of its {@link PrefixCache}.
 */
final class PrefixTree {
    private final Node root = new Node(null, new int[0]);

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
    @Nullable
    Prefix fork(int[] prompt, int most, int least, long now) {
        Place place = find(prompt, most);
        int depth = place.depth();
        if (depth < least || depth == 0) {
            return null;
        }
        Node leaf = newestBelow(place.rest() == null ? place.node() : place.rest());
        touch(leaf, now);
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

    private static void touch(Node node, long now) {
        for (Node n = node; n != null; n = n.parent) {
            n.used = now;
        }
    }

    /**
     * Keeps a copy of what was computed.
     *
     * @param n tokens of the sequence, those at the front of {@code tokens}
     */
    void keep(int[] tokens, int n, Sequence trunk, @Nullable Drafter drafter, long now) {
        Place place = find(tokens, n);
        int depth = place.depth();
        Node node = place.node();
        if (place.rest() != null) {
            node = depth < n ? split(place.rest(), place.matched()) : place.rest();
        }
        touch(node, now);
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
        touch(leaf, now);
        if (node.held != null) {
            // the longer one covers it
            node.held.close();
            node.held = null;
        }
        tidy(node);
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

    /** When the prefix was used that was not used for longest; never where there is none. */
    long oldestUse() {
        Node oldest = oldest(root);
        return oldest == null ? Long.MAX_VALUE : oldest.used;
    }

    /** Lets go of the prefix that was not used for longest, if there is one. */
    void letGo() {
        Node oldest = oldest(root);
        if (oldest != null) {
            remove(oldest);
        }
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
    int size() {
        return count(root);
    }

    private static int count(Node node) {
        return (node.held == null ? 0 : 1)
                + node.children.values().stream().mapToInt(PrefixTree::count).sum();
    }
}
