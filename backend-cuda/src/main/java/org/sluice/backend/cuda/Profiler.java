package org.sluice.backend.cuda;

import static jcuda.driver.CUevent_flags.CU_EVENT_DEFAULT;

import java.util.ArrayList;
import java.util.List;
import jcuda.driver.CUevent;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.sluice.backend.OpTiming;
import org.sluice.backend.support.kernels.Work;
import org.sluice.backend.support.kernels.WorkTimes;

/**
 * Times kernels with an event before the first and behind each, which needs them launched one by one. Used with the context
 * entered. Not safe for use by several threads.
 */
final class Profiler implements AutoCloseable {
    private static final double NANOS_PER_MILLI = 1e6;

    private final WorkTimes times;
    private final List<CUevent> events = new ArrayList<>();
    private final List<Work> running = new ArrayList<>();
    private boolean on;

    Profiler(List<Work> works) {
        times = new WorkTimes(works);
    }

    boolean isOn() {
        return on;
    }

    void profile(boolean start) {
        on = start;
        if (start) {
            times.clear();
        }
    }

    /** Runs a step's commands with events between them. */
    void launch(List<Command> commands, CUstream stream, int rows, int outputs, int context) {
        running.clear();
        record(0, stream);
        for (Command c : commands) {
            if (c.enqueue(stream, rows, outputs, context)) {
                running.add(c.call().work());
                record(running.size(), stream);
            }
        }
    }

    private void record(int index, CUstream stream) {
        if (index == events.size()) {
            CUevent event = new CUevent();
            Cuda.check(JCudaDriver.cuEventCreate(event, CU_EVENT_DEFAULT), "cuEventCreate");
            events.add(event);
        }
        Cuda.check(JCudaDriver.cuEventRecord(events.get(index), stream), "cuEventRecord");
    }

    /** Adds up the times of a step that is complete. */
    void collect() {
        if (!on) {
            return;
        }
        times.step();
        float[] millis = new float[1];
        for (int i = 0; i < running.size(); i++) {
            Cuda.check(JCudaDriver.cuEventElapsedTime(millis, events.get(i), events.get(i + 1)), "cuEventElapsedTime");
            times.add(running.get(i), Math.round(millis[0] * NANOS_PER_MILLI));
        }
    }

    List<OpTiming> timings() {
        return times.timings();
    }

    @Override
    public void close() {
        events.forEach(JCudaDriver::cuEventDestroy);
        events.clear();
    }
}
