package org.sluice.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LookupDrafterTest {
    private final LookupDrafter drafter = new LookupDrafter();

    private int[] propose(int most, int... tokens) {
        int[] drafts = new int[most];
        int n = drafter.propose(tokens, tokens.length, most, null, drafts);
        return Arrays.copyOf(drafts, n);
    }

    @Test
    void continuesAsBefore() {
        assertThat(propose(3, 1, 2, 3, 4, 5, 6, 9, 1, 2)).containsExactly(3, 4, 5);
    }

    @Test
    void prefersTheLongerMatchAndThenTheNewer() {
        assertThat(propose(1, 7, 1, 2, 3, 8, 1, 2, 4, 7, 1, 2)).containsExactly(3);
        assertThat(propose(1, 1, 2, 3, 8, 1, 2, 4, 9, 1, 2)).containsExactly(4);
    }

    @Test
    void endsWhereTheTextEnds() {
        assertThat(propose(5, 1, 2, 3, 1, 2)).containsExactly(3, 1, 2);
        assertThat(propose(5, 6, 6, 6)).containsExactly(6);
    }

    @Test
    void hasNothingWithoutRepetition() {
        assertThat(propose(5, 1, 2, 3, 4)).isEmpty();
        assertThat(propose(5, 1)).isEmpty();
    }

    @Test
    void looksAtCertainTokensOnly() {
        int[] drafts = new int[2];
        assertThat(drafter.propose(new int[] {1, 2, 3, 9, 9, 1, 2, 77, 88}, 7, 2, null, drafts))
                .isEqualTo(2);
        assertThat(drafts).containsExactly(3, 9);
    }
}
