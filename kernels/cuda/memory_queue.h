#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace stationary {

/// Calls that take of the same memory: one that finds too little waits for those that have some, because that is soon
/// free, and fails only when nobody has any. Without it, where memory is short, which calls fail would be chance. Test:
/// memory_queue_test.cpp.
template <class OutOfMemory>
class MemoryQueue {
  public:
    /// What was made, until the end of its life.
    template <class Value>
    class Lease {
      public:
        Lease(MemoryQueue& queue, std::unique_ptr<Value> value) : queue_(queue), value_(std::move(value)) {}
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        ~Lease() {
            if (value_ == nullptr) return;
            value_.reset();
            queue_.give_back();
        }
        explicit operator bool() const { return value_ != nullptr; }
        Value* operator->() const { return value_.get(); }

      private:
        MemoryQueue& queue_;
        std::unique_ptr<Value> value_;
    };

    /// A lease on what make() gives, a std::unique_ptr; nobody else makes anything meanwhile. An empty one if stop()
    /// said so while it waited.
    template <class Make, class Stop>
    auto take(const Make& make, const Stop& stop) {
        using Value = typename decltype(make())::element_type;
        std::unique_lock guard(lock_);
        for (;;) {
            try {
                std::unique_ptr<Value> value = make();
                ++holders_;
                return Lease<Value>(*this, std::move(value));
            } catch (const OutOfMemory&) {
                if (holders_ == 0) throw;
            }
            const long seen = returns_;
            while (returns_ == seen) {
                if (stop()) return Lease<Value>(*this, nullptr);
                changed_.wait_for(guard, std::chrono::milliseconds(20));
            }
        }
    }

  private:
    void give_back() {
        const std::lock_guard guard(lock_);
        --holders_;
        ++returns_;
        changed_.notify_all();
    }

    std::mutex lock_;
    std::condition_variable changed_;
    int holders_ = 0;
    long returns_ = 0;
};

}  // namespace stationary
