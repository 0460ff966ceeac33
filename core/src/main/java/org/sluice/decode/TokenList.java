package org.sluice.decode;

import java.util.Arrays;

/** Token ids that grow at the end and are cut there. */
final class TokenList {
    private int[] ids = new int[256];
    private int size;

    /** The ids; those from {@link #size()} on mean nothing. */
    int[] ids() {
        return ids;
    }

    int size() {
        return size;
    }

    void add(int id) {
        if (size == ids.length) {
            ids = Arrays.copyOf(ids, 2 * size);
        }
        ids[size++] = id;
    }

    void truncate(int n) {
        size = Math.min(size, n);
    }

    /** Takes over {@code all}, of which the first {@code same} are here already. */
    void replace(int[] all, int same) {
        if (ids.length < all.length) {
            ids = Arrays.copyOf(ids, Math.max(all.length, 2 * ids.length));
        }
        System.arraycopy(all, same, ids, same, all.length - same);
        size = all.length;
    }

    /** Tokens at the start that {@code other} starts with, too, among the first {@code most}. */
    int commonPrefix(int[] other, int most) {
        int n = Math.min(Math.min(size, other.length), most);
        int different = Arrays.mismatch(ids, 0, n, other, 0, n);
        return different < 0 ? n : different;
    }
}
