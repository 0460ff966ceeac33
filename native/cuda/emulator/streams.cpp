/* Streams and events: queues that run when somebody waits for them. */
#include "driver.h"

using namespace sluice;

namespace sluice {

namespace {

Status run_first(Stream &stream) {
    std::shared_ptr<const Task> task = stream.queue.front();
    stream.queue.pop_front();
    if (driver().lost) {
        return LAUNCH_FAILED;
    }
    return task->run();
}

Status run_all(Stream &stream) {
    Status first = SUCCESS;
    while (!stream.queue.empty()) {
        Status status = run_first(stream);
        first = first == SUCCESS ? status : first;
    }
    return first == SUCCESS && driver().lost ? LAUNCH_FAILED : first;
}

} // namespace

Stream *stream_of(void *handle) {
    if ((uintptr_t)handle <= 2) {
        return &driver().standard;
    }
    auto *s = (Stream *)handle;
    return driver().streams.count(s) ? s : nullptr;
}

Status forbidden_in_capture() {
    for (Stream *s : driver().streams) {
        if (s->capture && s->captureMode != 2) {
            s->invalidated = true;
            return CAPTURE_UNSUPPORTED;
        }
    }
    return SUCCESS;
}

Status enqueue(Stream &stream, NodeType type, std::function<Status()> run) {
    auto task = std::make_shared<const Task>(Task{type, std::move(run)});
    if (stream.capture) {
        if (stream.invalidated) {
            return CAPTURE_INVALIDATED;
        }
        stream.capture->nodes.push_back(task);
        return SUCCESS;
    }
    if (&stream == &driver().standard) {
        Status status = forbidden_in_capture();
        if (status != SUCCESS) {
            return CAPTURE_IMPLICIT;
        }
        stream.queue.push_back(std::make_shared<const Task>(Task{type, [task] {
            for (Stream *s : driver().streams) {
                if (s->blocking) {
                    run_all(*s);
                }
            }
            return task->run();
        }}));
        return SUCCESS;
    }
    stream.queue.push_back(task);
    return SUCCESS;
}

Status finish(Stream &stream) {
    Status status = SUCCESS;
    if (&stream == &driver().standard) {
        for (Stream *s : driver().streams) {
            if (s->blocking && !s->capture) {
                Status now = run_all(*s);
                status = status == SUCCESS ? now : status;
            }
        }
    }
    Status own = run_all(stream);
    return status == SUCCESS ? own : status;
}

/* Whether the host may wait for a stream or ask how far it is; a capture that is going on does not survive it. */
static Status waitable(Stream *stream) {
    if (!stream) {
        return INVALID_HANDLE;
    }
    if (stream->capture) {
        stream->invalidated = true;
        return CAPTURE_UNSUPPORTED;
    }
    return SUCCESS;
}

Status finish_all() {
    Status status = finish(driver().standard);
    for (Stream *s : driver().streams) {
        Status now = run_all(*s);
        status = status == SUCCESS ? now : status;
    }
    return status;
}

} // namespace sluice

API cuStreamCreate(Stream **stream, unsigned flags) {
    ENTER();
    *stream = new Stream{(flags & 1) == 0, {}, nullptr, false, false, 0};
    driver().streams.insert(*stream);
    return SUCCESS;
}

API cuStreamCreateWithPriority(Stream **stream, unsigned flags, int) {
    return cuStreamCreate(stream, flags);
}

API cuStreamDestroy_v2(Stream *stream) {
    ENTER();
    if (!driver().streams.count(stream)) {
        return INVALID_HANDLE;
    }
    Status status = run_all(*stream);
    driver().streams.erase(stream);
    delete stream;
    return status;
}

API cuStreamSynchronize(void *handle) {
    ENTER();
    Stream *stream = stream_of(handle);
    Status status = waitable(stream);
    if (status != SUCCESS) {
        return status;
    }
    return finish(*stream);
}

/* Each query gets one piece of work done, so that a loop of them ends. */
API cuStreamQuery(void *handle) {
    ENTER();
    Stream *stream = stream_of(handle);
    Status status = waitable(stream);
    if (status != SUCCESS) {
        return status;
    }
    if (stream->queue.empty()) {
        return SUCCESS;
    }
    status = run_first(*stream);
    return status != SUCCESS ? status : NOT_READY;
}

API cuEventCreate(Event **event, unsigned) {
    ENTER();
    *event = new Event{};
    driver().events.insert(*event);
    return SUCCESS;
}

API cuEventDestroy_v2(Event *event) {
    ENTER();
    if (!driver().events.erase(event)) {
        return INVALID_HANDLE;
    }
    delete event;
    return SUCCESS;
}

API cuEventRecord(Event *event, void *handle) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream || !driver().events.count(event)) {
        return INVALID_HANDLE;
    }
    if (stream->capture) {
        event->captured = stream->capture;
        return stream->invalidated ? CAPTURE_INVALIDATED : SUCCESS;
    }
    auto record = std::make_shared<Record>(Record{stream, false, 0.0});
    event->record = record;
    event->captured = nullptr;
    return enqueue(*stream, RECORD_NODE, [record] {
        record->done = true;
        record->seconds = now();
        return SUCCESS;
    });
}

API cuEventRecordWithFlags(Event *event, void *handle, unsigned) {
    return cuEventRecord(event, handle);
}

/* A stream that waits for an event of a capture joins it: nodes follow each other in the order of the calls. */
API cuStreamWaitEvent(void *handle, Event *event, unsigned) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream || !driver().events.count(event)) {
        return INVALID_HANDLE;
    }
    if (event->captured) {
        if (!stream->capture) {
            stream->capture = event->captured;
            stream->origin = false;
            stream->invalidated = false;
        }
        return stream->capture == event->captured ? SUCCESS : CAPTURED_EVENT;
    }
    if (!event->record) {
        return SUCCESS;
    }
    if (stream->capture) {
        stream->invalidated = true;
        return CAPTURE_INVALIDATED;
    }
    auto record = event->record;
    return enqueue(*stream, WAIT_NODE, [record] {
        while (!record->done && !driver().lost) {
            run_first(*record->stream);
        }
        return driver().lost ? LAUNCH_FAILED : SUCCESS;
    });
}

API cuEventSynchronize(Event *event) {
    ENTER();
    if (!driver().events.count(event)) {
        return INVALID_HANDLE;
    }
    if (event->captured) {
        return CAPTURED_EVENT;
    }
    Status first = SUCCESS;
    while (event->record && !event->record->done && !driver().lost) {
        Status status = run_first(*event->record->stream);
        first = first == SUCCESS ? status : first;
    }
    return first;
}

API cuEventQuery(Event *event) {
    ENTER();
    if (!driver().events.count(event)) {
        return INVALID_HANDLE;
    }
    if (event->captured) {
        return CAPTURED_EVENT;
    }
    if (!event->record || event->record->done) {
        return SUCCESS;
    }
    Status status = run_first(*event->record->stream);
    return status != SUCCESS ? status : NOT_READY;
}

API cuEventElapsedTime(float *milliseconds, Event *start, Event *end) {
    ENTER();
    if (!driver().events.count(start) || !driver().events.count(end) || !start->record || !end->record) {
        return INVALID_HANDLE;
    }
    if (!start->record->done || !end->record->done) {
        return NOT_READY;
    }
    *milliseconds = (float)((end->record->seconds - start->record->seconds) * 1e3);
    return SUCCESS;
}

API cuLaunchHostFunc(void *handle, void (*function)(void *), void *data) {
    ENTER();
    Stream *stream = stream_of(handle);
    if (!stream) {
        return INVALID_HANDLE;
    }
    return enqueue(*stream, HOST_NODE, [=] {
        function(data);
        return SUCCESS;
    });
}
