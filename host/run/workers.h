#pragma once

#include "host/plan/memory_plan.h"
#include "host/plan/plan.h"
#include "host/run/collection.h"
#include "host/run/shared_time.h"
#include "host/run/stop.h"
#include "kernels/interface/backend.h"

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
    std::shared_ptr<Backend> backend;
    MemoryPlan memory;
    SharedTime time;                    ///< of the workers of this process
    std::optional<RunJournal> journal;  ///< empty where the run keeps none
    std::optional<Progress> progress;
    std::unique_ptr<Collection> collection;  ///< where this process collects
};

/// Runs tasks of the collection until there are none, or something asks to stop: what one worker does. Throws as
/// run_shards and the collection do.
void run_tasks(Workload& work, const StopRequest& stop, const TaskSize& size);

/// Seconds that shards in flight have to end once something asked to stop; leaves time to write results within 5.
constexpr double grace_seconds = 4.0;

/// Runs a function, which throws nothing, in a thread beside one that watches the clock.
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

  private:
    struct State;
    std::shared_ptr<State> state_;
    std::thread thread_;
};

/// Workers that all do the same, until it is done or something asks them to stop. One that throws asks the others.
class Crew {
  public:
    using Body = std::function<void(const StopRequest& stop)>;

    Crew(int workers, const StopRequest& stop, const Body& body);
    /// Asks to stop, and leaves behind those that do not end within grace_seconds.
    ~Crew();
    Crew(const Crew&) = delete;
    Crew& operator=(const Crew&) = delete;

    /// Waits until all have ended, at most so long. True if they have.
    bool wait(double seconds);
    /// One of them threw.
    [[nodiscard]] bool failed() const;
    /// Leaves behind those that still work.
    void leave_behind();
    /// Throws what the first that failed threw.
    void rethrow() const;

  private:
    struct Shared;
    std::shared_ptr<Shared> shared_;
    std::vector<std::unique_ptr<Worker>> workers_;
};

/// Whether a worker was left behind: the process must end by _exit, whose results are written then.
bool shards_left_behind();

/// Runs every missing shard of the collection in this process, with as many workers as keep the backend busy. Returns
/// when all are done, or when something asked to stop and those in flight have ended or had grace_seconds. Throws what
/// run_shards and the collection throw. Tests: workers_test.cpp; resume_test.cpp, ALongShardIsDroppedInTime.
void simulate(const std::shared_ptr<Workload>& work, const StopRequest& stop);

}  // namespace stationary
