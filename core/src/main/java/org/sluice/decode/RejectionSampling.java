package org.sluice.decode;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws drafts from the draft layer's distributions q and checks them against the model's p so that what stands follows p: a
 * draft d is accepted with probability min(1, p(d)/q(d)), and in place of a rejected one comes a token from normalise(max(p −
 * q, 0)) (Leviathan et al., arXiv 2211.17192, algorithm 1). Both p and q are what the sampler's filters leave.
 */
final class RejectionSampling implements DraftPicker {
    private final Sampler sampler;
    private final List<Distribution> q = new ArrayList<>();
    private int drawn;

    RejectionSampling(Sampler sampler) {
        this.sampler = sampler;
    }

    /** Forgets the drafts of the last round. */
    void begin() {
        drawn = 0;
    }

    @Override
    public int pick(int position, MemorySegment logits) {
        if (position == q.size()) {
            q.add(sampler.newDistribution());
        }
        drawn = position + 1;
        return sampler.draft(logits, 0, Math.toIntExact(logits.byteSize() / Float.BYTES), q.get(position));
    }

    /** Whether draft {@code i} of this round was drawn here. */
    boolean drew(int i) {
        return i < drawn;
    }

    /** The token that stands in the place of draft {@code i}: the draft, or another. */
    int check(int i, int draft, MemorySegment row, long offset) {
        Distribution p = sampler.distribution(row, offset);
        double accept = p.probability(draft) / q.get(i).probability(draft);
        return sampler.uniform() < accept ? draft : p.drawBeyond(q.get(i), sampler.uniform());
    }
}
