package org.sluice.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.sluice.tensor.TensorSpec;
import org.sluice.tensor.Weight;

/**
 * Chooses experts and their weights from router logits.
 *
 * <p>{@code s = score(logits)}, {@code idx} = the {@code topK} largest of {@code s + bias} inside the kept groups (smaller index
 * wins ties), {@code w = s[idx]}, divided by {@code Σ w + 1e-20} where the rule normalises, times {@code scale}.
 *
 * @param logits F32 {@code [rows, experts]}
 * @param bias {@code [experts]}, for the choice only, or null
 * @param rule scoring, groups and scale; results are I32 {@code [rows, topK]} ascending and F32 {@code [rows, topK]}
 */
public record RouteExperts(Value logits, @Nullable Weight bias, RoutingRule rule) implements Op {
    /** Checks the shapes. */
    public RouteExperts {
        Op.check(
                Op.isFloats(logits)
                        && logits.width() % rule.groups() == 0
                        && rule.topK() <= (long) logits.width() / rule.groups() * rule.topGroups(),
                "RouteExperts: %s cannot follow %s",
                logits,
                rule);
        Op.check(
                bias == null || Op.isVector(bias, logits.width()),
                "RouteExperts: bias %s does not fit %s",
                bias,
                logits);
    }

    @Override
    public List<Value> inputs() {
        return List.of(logits);
    }

    @Override
    public List<TensorSpec> outputs() {
        return List.of(Op.i32(logits.rows(), rule.topK()), Op.f32(logits.rows(), rule.topK()));
    }

    @Override
    public List<Weight> constants() {
        return bias == null ? List.of() : List.of(bias);
    }
}
