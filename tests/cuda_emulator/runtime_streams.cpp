// The CUDA runtime's interface: streams and events.

#include "tests/cuda_emulator/streams.h"

#include <cuda_runtime_api.h>
#include <chrono>

using namespace emulator;

namespace {

double seconds_now() {
    return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// The work after which an event has happened.
struct Moment {
    CUstream_st* stream;  ///< null: it has, or was never recorded
    u64 at;

    explicit Moment(CUevent_st& event) {
        const std::lock_guard lock(event.mutex);
        stream = event.stream;
        at = event.at;
    }
};

}  // namespace

extern "C" {

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
    *stream = new CUstream_st(current_device, (flags & cudaStreamNonBlocking) == 0);
    add_stream(*stream);
    return give(cudaSuccess);
}
cudaError_t cudaStreamCreate(cudaStream_t* stream) { return cudaStreamCreateWithFlags(stream, 0); }
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
    stream->wait();
    // It is not deleted: events may still point to it.
    return give(remove_stream(stream) ? cudaSuccess : cudaErrorInvalidResourceHandle);
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
    if (is_null(stream)) {
        wait_for_blocking_streams();
    } else {
        stream->wait();
    }
    return give(cudaSuccess);
}
cudaError_t cudaStreamQuery(cudaStream_t stream) { return cudaStreamSynchronize(stream); }
cudaError_t cudaStreamWaitEvent(cudaStream_t stream, cudaEvent_t event, unsigned) {
    const Moment moment(*event);
    if (moment.stream != nullptr) put(stream, [moment] { moment.stream->run_until(moment.at); });
    return give(cudaSuccess);
}

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags) {
    *event = new CUevent_st{};
    (*event)->device = current_device;
    (*event)->timed = (flags & cudaEventDisableTiming) == 0;
    return give(cudaSuccess);
}
cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }
cudaError_t cudaEventDestroy(cudaEvent_t event) {
    cudaEventSynchronize(event);
    delete event;
    return give(cudaSuccess);
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
    if (event->device != device_of(stream)) return give(cudaErrorInvalidResourceHandle);
    {
        const std::lock_guard lock(event->mutex);
        event->recorded = true;
        event->happened = false;
    }
    const u64 at = put(stream, [event] {
        const std::lock_guard lock(event->mutex);
        event->seconds = seconds_now();
        event->happened = true;
    });
    const std::lock_guard lock(event->mutex);
    event->stream = is_null(stream) ? nullptr : stream;
    event->at = at;
    return give(cudaSuccess);
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
    const Moment moment(*event);
    if (moment.stream != nullptr) moment.stream->run_until(moment.at);
    return give(cudaSuccess);
}
cudaError_t cudaEventQuery(cudaEvent_t event) { return cudaEventSynchronize(event); }
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t start, cudaEvent_t end) {
    if (!start->timed || !end->timed || !start->recorded || !end->recorded) return give(cudaErrorInvalidResourceHandle);
    if (!start->happened || !end->happened) return give(cudaErrorNotReady);
    *milliseconds = static_cast<float>((end->seconds - start->seconds) * 1e3);
    return give(cudaSuccess);
}

}  // extern "C"
