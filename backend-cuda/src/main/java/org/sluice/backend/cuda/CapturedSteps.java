package org.sluice.backend.cuda;

import static jcuda.driver.CUresult.CUDA_SUCCESS;
import static jcuda.driver.CUstreamCaptureMode.CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;

import java.util.List;
import jcuda.driver.CUgraph;
import jcuda.driver.CUgraphExec;
import jcuda.driver.CUstream;
import jcuda.driver.JCudaDriver;
import org.jspecify.annotations.Nullable;

/**
 * Steps as CUDA graphs, one for each bucket, captured when a step first falls into it. What differs from step to step is in
 * memory, so a graph serves all steps of its bucket. Used with the context entered. Not safe for use by several threads.
 */
final class CapturedSteps implements AutoCloseable {
    private final List<Command> commands;
    private final Buckets buckets;
    private final @Nullable CUgraphExec[] graphs;
    private final CUstream recorder;

    /** @param recorder a stream that nobody else uses, so that nothing else gets into a graph */
    CapturedSteps(List<Command> commands, Buckets buckets, CUstream recorder) {
        this.commands = commands;
        this.buckets = buckets;
        this.recorder = recorder;
        graphs = new @Nullable CUgraphExec[buckets.count()];
    }

    boolean takes(int rows) {
        return buckets.takes(rows);
    }

    /** Launches the kernels of a step. */
    void launch(CUstream stream, int rows, int outputs, int context) {
        int i = buckets.index(rows, outputs, context);
        CUgraphExec graph = graphs[i];
        if (graph == null) {
            graph = capture(buckets.rows(rows), buckets.outputs(outputs), buckets.context(context));
            graphs[i] = graph;
        }
        int result = JCudaDriver.cuGraphLaunch(graph, stream);
        if (result != CUDA_SUCCESS) {
            Cuda.check(result, "launching a step");
        }
    }

    private CUgraphExec capture(int rows, int outputs, int context) {
        Cuda.check(
                JCudaDriver.cuStreamBeginCapture(recorder, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL),
                "cuStreamBeginCapture");
        CUgraph graph = new CUgraph();
        try {
            for (Command c : commands) {
                c.enqueue(recorder, rows, outputs, context);
            }
        } catch (RuntimeException | Error e) {
            JCudaDriver.cuStreamEndCapture(recorder, graph);
            throw e;
        }
        Cuda.check(JCudaDriver.cuStreamEndCapture(recorder, graph), "capturing a step");
        CUgraphExec exec = new CUgraphExec();
        int result = JCudaDriver.cuGraphInstantiate(exec, graph, 0);
        JCudaDriver.cuGraphDestroy(graph);
        Cuda.check(result, "making a graph of a step");
        return exec;
    }

    /** Drops all graphs, as arguments of their kernels have changed. */
    void forget() {
        for (int i = 0; i < graphs.length; i++) {
            CUgraphExec graph = graphs[i];
            if (graph != null) {
                JCudaDriver.cuGraphExecDestroy(graph);
                graphs[i] = null;
            }
        }
    }

    @Override
    public void close() {
        forget();
        JCudaDriver.cuStreamDestroy(recorder);
    }
}
