package org.sluice.decode.constraint;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;
import org.sluice.error.InvalidRequestException;

/**
 * A vocabulary as a tree over bytes, laid out in the order in which it is walked. Immutable; made once per tokenizer (about
 * twenty bytes of memory per byte of its tokens).
 */
public final class TokenTrie {
    private static final int MAX_TOKEN = 4096;

    private final byte[][] tokens;
    private final int longest;
    /** By node; node 0 is the root. */
    private final byte[] label;

    private final short[] depth;
    /** Behind the last node under this one. */
    private final int[] end;
    /** {@link ByteClasses} of the nodes under a node. */
    private final int[] classesBelow;
    /** Bytes by which the longest token under a node exceeds the node. */
    private final short[] height;
    /** Tokens in the order of the nodes at which they end. */
    private final int[] inOrder;
    /** How many of them end at a node or before it. */
    private final int[] passed;

    /** @param tokens bytes by token id; null or none for tokens that are never allowed */
    public TokenTrie(byte[] @Nullable [] tokens) {
        this.tokens = new byte[tokens.length][];
        int n = 0;
        int bytes = 1;
        Integer[] order = new Integer[tokens.length];
        int most = 1;
        for (int i = 0; i < tokens.length; i++) {
            byte[] t = tokens[i];
            this.tokens[i] = t == null ? new byte[0] : t;
            if (t != null && t.length > 0) {
                if (t.length > MAX_TOKEN) {
                    throw new InvalidRequestException(
                            "token " + i + " has " + t.length + " bytes; constrained output takes up to " + MAX_TOKEN);
                }
                order[n++] = i;
                bytes += t.length;
                most = Math.max(most, t.length);
            }
        }
        longest = most;
        Arrays.sort(order, 0, n, Comparator.comparing(i -> this.tokens[i], Arrays::compareUnsigned));
        byte[] labels = new byte[bytes];
        short[] depths = new short[bytes];
        int[] count = new int[bytes];
        inOrder = new int[n];
        int size = 1;
        byte[] last = {};
        for (int i = 0; i < n; i++) {
            byte[] t = this.tokens[order[i]];
            inOrder[i] = order[i];
            int common = Arrays.mismatch(last, t);
            // none where both have the same bytes
            for (int k = common < 0 ? t.length : common; k < t.length; k++) {
                labels[size] = t[k];
                depths[size++] = (short) (k + 1);
            }
            count[size - 1]++;
            last = t;
        }
        label = Arrays.copyOf(labels, size);
        depth = Arrays.copyOf(depths, size);
        end = ends(depth, most);
        passed = Arrays.copyOf(count, size);
        Arrays.parallelPrefix(passed, Integer::sum);
        classesBelow = new int[size];
        height = new short[size];
        for (int i = size - 1; i >= 0; i--) {
            for (int child = i + 1; child < end[i]; child = end[child]) {
                classesBelow[i] |= ByteClasses.of(label(child)) | classesBelow[child];
                height[i] = (short) Math.max(height[i], height[child] + 1);
            }
        }
    }

    private static int[] ends(short[] depth, int most) {
        int[] end = new int[depth.length];
        int[] next = new int[most + 2];
        Arrays.fill(next, depth.length);
        for (int i = depth.length - 1; i >= 0; i--) {
            int d = depth[i];
            end[i] = next[d];
            // whatever lies deeper before this node ends here at the latest
            for (int k = d; k < next.length && next[k] != i; k++) {
                next[k] = i;
            }
        }
        return end;
    }

    /** Ids there are. */
    public int size() {
        return tokens.length;
    }

    byte[] bytes(int id) {
        return id >= 0 && id < tokens.length ? tokens[id] : new byte[0];
    }

    int longest() {
        return longest;
    }

    int label(int node) {
        return label[node] & 0xFF;
    }

    int depth(int node) {
        return depth[node];
    }

    int end(int node) {
        return end[node];
    }

    /** {@link ByteClasses} of all nodes under a node. */
    int classesBelow(int node) {
        return classesBelow[node];
    }

    /** Bytes by which the longest token under a node exceeds the node. */
    int height(int node) {
        return height[node];
    }

    /** Adds the tokens that end at a node below the root. */
    void addAt(int node, TokenSet to) {
        for (int i = passed[node - 1]; i < passed[node]; i++) {
            to.add(inOrder[i]);
        }
    }

    /** Adds the tokens under a node that exceed it by up to {@code most} bytes. */
    void addBelow(int node, int most, TokenSet to) {
        int behind = passed[end[node] - 1];
        int longest = depth[node] + most;
        boolean all = height[node] <= most;
        for (int i = passed[node]; i < behind; i++) {
            if (all || tokens[inOrder[i]].length <= longest) {
                to.add(inOrder[i]);
            }
        }
    }
}
