package org.sluice.cli.compare;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One model on several devices.
 *
 * @param machine processors, system and Java
 * @param date when
 * @param prompt what was asked, in words
 * @param reference selector of the device whose logits are the measure
 * @param absent backends that could not be measured, with the reason
 */
public record Comparison(
        String model,
        String machine,
        String date,
        String prompt,
        int promptTokens,
        long seed,
        String reference,
        List<DeviceRun> runs,
        Map<String, String> absent) {
    /** For JSON. */
    public Map<String, @Nullable Object> toMap() {
        Map<String, @Nullable Object> m = new LinkedHashMap<>();
        m.put("model", model);
        m.put("machine", machine);
        m.put("date", date);
        m.put("prompt", prompt);
        m.put("prompt_tokens", promptTokens);
        m.put("seed", seed);
        m.put("reference", reference);
        m.put("backends", runs.stream().map(DeviceRun::toMap).toList());
        m.put("absent", absent);
        return m;
    }
}
