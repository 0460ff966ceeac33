package org.sluice.decode;

/** Partial sorting of token ids by logit, the smaller id first among equals. */
final class Order {
    private Order() {}

    /** Reorders the first {@code n} ids so that the {@code k} most likely stand first, in order. */
    static void mostLikelyFirst(int[] ids, int n, int k, float[] logits) {
        if (k < n) {
            partition(ids, n, k, logits);
        }
        sort(ids, 0, k - 1, logits);
    }

    private static boolean before(int a, int b, float[] logits) {
        int c = Float.compare(logits[b], logits[a]);
        return c < 0 || (c == 0 && a < b);
    }

    /** Quickselect: moves the k first to the front, in any order. */
    private static void partition(int[] ids, int n, int k, float[] logits) {
        int low = 0;
        int high = n - 1;
        while (low < high) {
            int split = split(ids, low, high, logits);
            if (split == k - 1) {
                return;
            }
            if (split < k - 1) {
                low = split + 1;
            } else {
                high = split - 1;
            }
        }
    }

    private static void sort(int[] ids, int from, int to, float[] logits) {
        int low = from;
        int high = to;
        while (low < high) {
            int split = split(ids, low, high, logits);
            // the smaller side by recursion keeps the depth logarithmic
            if (split - low < high - split) {
                sort(ids, low, split - 1, logits);
                low = split + 1;
            } else {
                sort(ids, split + 1, high, logits);
                high = split - 1;
            }
        }
    }

    /** Lomuto partition around the middle element; returns its final place. */
    private static int split(int[] ids, int low, int high, float[] logits) {
        swap(ids, (low + high) >>> 1, high);
        int pivot = ids[high];
        int at = low;
        for (int i = low; i < high; i++) {
            if (before(ids[i], pivot, logits)) {
                swap(ids, i, at++);
            }
        }
        swap(ids, at, high);
        return at;
    }

    private static void swap(int[] ids, int a, int b) {
        int t = ids[a];
        ids[a] = ids[b];
        ids[b] = t;
    }
}
