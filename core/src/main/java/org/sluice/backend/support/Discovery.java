package org.sluice.backend.support;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.sluice.backend.DeviceListing;
import org.sluice.backend.DeviceOptions;
import org.sluice.error.BackendException;

/**
 * The devices of a backend, and the reason where there are none.
 *
 * @param devices what was found, unusable ones included
 * @param missing what was not
 */
public record Discovery<D extends FoundDevice>(List<D> devices, List<DeviceListing.Missing> missing) {
    /** A line for each. */
    public List<DeviceListing> lines() {
        List<DeviceListing> lines = new ArrayList<>();
        for (D d : devices) {
            lines.add(
                    d.unusable().isEmpty()
                            ? new DeviceListing.Found(d.selector(), d.description(), d.memory())
                            : new DeviceListing.Missing(
                                    d.selector(), d.name() + ": " + d.unusable().get()));
        }
        lines.addAll(missing);
        return lines;
    }

    /**
     * The usable device that is asked for.
     *
     * @param kind such as {@code CUDA}
     * @param fits whether a device is one that is asked for
     * @param better which of two usable ones to take
     * @throws BackendException with the reasons where there is none
     */
    public D choose(String kind, DeviceOptions options, Predicate<D> fits, BinaryOperator<D> better) {
        List<D> fitting = devices.stream().filter(fits).toList();
        if (fitting.isEmpty()) {
            throw new BackendException("there is no " + kind + " device '" + options.selector() + "'; "
                    + (devices.isEmpty() ? reasons() : "there are " + names()));
        }
        return fitting.stream()
                .filter(d -> d.unusable().isEmpty())
                .reduce(better)
                .orElseThrow(() -> new BackendException("the " + kind + " device "
                        + fitting.getFirst().name() + " cannot be used: "
                        + fitting.getFirst().unusable().orElseThrow()));
    }

    private String reasons() {
        return missing.stream().map(DeviceListing.Missing::reason).collect(Collectors.joining("; "));
    }

    private String names() {
        return devices.stream().map(d -> d.selector() + " " + d.name()).collect(Collectors.joining(", "));
    }
}
