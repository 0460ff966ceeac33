/** Tensors, graph, backend SPI, checkpoints, models and decoding. */
@SuppressWarnings("module") // the backends are not there yet when this module is compiled
module org.sluice.core {
    requires static transitive org.jspecify;
    requires tools.jackson.databind;

    exports org.sluice;
    exports org.sluice.backend;
    exports org.sluice.convert;
    exports org.sluice.backend.support to
            org.sluice.backend.cpu,
            org.sluice.backend.cuda,
            org.sluice.backend.opencl;
    exports org.sluice.backend.support.kernels to
            org.sluice.backend.cuda,
            org.sluice.backend.opencl;
    exports org.sluice.decode;
    exports org.sluice.decode.constraint;
    exports org.sluice.error;
    exports org.sluice.graph;
    exports org.sluice.model;
    exports org.sluice.tensor;
    exports org.sluice.tensor.quant;
    exports org.sluice.checkpoint;

    uses org.sluice.backend.Backend;
}
