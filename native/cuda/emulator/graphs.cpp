/* Captured streams as graphs, and their launches. A graph's nodes run in the order in which they were captured. */
#include "driver.h"

using namespace sluice;

API cuStreamBeginCapture_v2(void *handle, int mode) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream) {
        return INVALID_HANDLE;
    }
    if (stream == &driver().standard || stream->capture) {
        return CAPTURE_UNSUPPORTED;
    }
    stream->capture = new Graph();
    driver().graphs.insert(stream->capture);
    stream->origin = true;
    stream->invalidated = false;
    stream->captureMode = mode;
    return SUCCESS;
}

API cuStreamEndCapture(void *handle, Graph **graph) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream) {
        return INVALID_HANDLE;
    }
    *graph = nullptr;
    if (!stream->capture || !stream->origin) {
        return CAPTURE_UNMATCHED;
    }
    Graph *captured = stream->capture;
    bool invalidated = false;
    for (Stream *s : driver().streams) {
        if (s->capture == captured) {
            invalidated |= s->invalidated;
            s->capture = nullptr;
            s->invalidated = false;
        }
    }
    if (invalidated) {
        driver().graphs.erase(captured);
        delete captured;
        return CAPTURE_INVALIDATED;
    }
    *graph = captured;
    return SUCCESS;
}

API cuStreamIsCapturing(void *handle, int *status) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream) {
        return INVALID_HANDLE;
    }
    *status = !stream->capture ? 0 : stream->invalidated ? 2 : 1;
    return SUCCESS;
}

API cuGraphCreate(Graph **graph, unsigned) {
    ENTER();
    *graph = new Graph();
    driver().graphs.insert(*graph);
    return SUCCESS;
}

API cuGraphDestroy(Graph *graph) {
    ENTER();
    if (!driver().graphs.erase(graph)) {
        return INVALID_HANDLE;
    }
    delete graph;
    return SUCCESS;
}

/* A node's handle is the address of its task. */
API cuGraphGetNodes(Graph *graph, const void **nodes, size_t *count) {
    ENTER();
    if (!driver().graphs.count(graph)) {
        return INVALID_HANDLE;
    }
    size_t room = *count;
    *count = graph->nodes.size();
    if (nodes) {
        *count = room < *count ? room : *count;
        for (size_t i = 0; i < *count; i++) {
            nodes[i] = graph->nodes[i].get();
        }
    }
    return SUCCESS;
}

API cuGraphNodeGetType(const Task *node, int *type) {
    ENTER();
    *type = node->type;
    return SUCCESS;
}

API cuGraphInstantiateWithFlags(Executable **executable, Graph *graph, unsigned long long) {
    ENTER();
    if (!driver().graphs.count(graph)) {
        return INVALID_HANDLE;
    }
    *executable = new Executable{std::make_shared<const std::vector<std::shared_ptr<const Task>>>(graph->nodes)};
    driver().executables.insert(*executable);
    return SUCCESS;
}

API cuGraphUpload(Executable *executable, void *handle) {
    ENTER();
    return driver().executables.count(executable) && stream_of(handle) ? SUCCESS : INVALID_HANDLE;
}

API cuGraphLaunch(Executable *executable, void *handle) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream || !driver().executables.count(executable)) {
        return INVALID_HANDLE;
    }
    auto nodes = executable->nodes;
    return enqueue(*stream, GRAPH_NODE, [nodes] {
        driver().graphLaunches++;
        /* nobody walks the nodes either: what is left is the time of the caller */
        if (driver().settings.noop > 1) {
            return SUCCESS;
        }
        for (const auto &n : *nodes) {
            Status status = n->run();
            if (status != SUCCESS) {
                return status;
            }
        }
        return SUCCESS;
    });
}

API cuGraphExecDestroy(Executable *executable) {
    ENTER();
    if (!driver().executables.erase(executable)) {
        return INVALID_HANDLE;
    }
    delete executable;
    return SUCCESS;
}
