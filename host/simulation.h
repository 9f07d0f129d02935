#pragma once

#include "host/collection.h"
#include "host/memory_plan.h"
#include "host/plan.h"
#include "host/stop.h"
#include "kernels/backend.h"

#include <functional>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace stationary {

/// What workers of one process need. Shared, because a worker whose shard does not end in time is left behind and must
/// find it still there.
struct Workload {
    std::vector<CellPlan> plans;
    std::unique_ptr<Backend> backend;
    MemoryPlan memory;
    std::optional<RunJournal> journal;  ///< empty where the run keeps none
    std::optional<Progress> progress;
    std::unique_ptr<Collection> collection;  ///< where this process collects
};

/// Runs tasks of the collection until there are none, or something asks to stop. Throws as run_shards and the
/// collection do.
void run_tasks(Workload& work, const StopRequest& stop, const TaskSize& size);

/// Seconds that shards in flight have to end once something asked to stop; leaves time to write results within 5.
constexpr double grace_seconds = 4.0;

/// Runs a function in a thread beside one that watches the clock.
class Worker {
  public:
    explicit Worker(std::function<void()> body);
    /// Joins, or leaves behind a body that does not end within grace_seconds.
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Waits until the body has ended, at most so long. True if it has.
    bool wait(double seconds);
    /// Lets the thread go on by itself: the process must end without it.
    void leave_behind();
    /// Throws what the body threw.
    void rethrow() const;

  private:
    struct State;
    std::shared_ptr<State> state_;
    std::thread thread_;
};

/// Whether a worker was left behind: the process must end by _exit, whose results are written then.
bool shards_left_behind();

/// Runs every missing shard of the collection in this process. Returns when all are done, or when something asked to
/// stop and those in flight have ended or had grace_seconds. Throws what run_shards and the collection throw.
/// Test: resume_test.cpp, ALongShardIsDroppedInTime.
void simulate(const std::shared_ptr<Workload>& work, const StopRequest& stop);

}  // namespace stationary
