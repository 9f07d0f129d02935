#pragma once

#include <map>
#include <memory>
#include <mutex>

namespace stationary {

/// What several threads need of the same thing at the same time: made by the first that asks, and gone with the last
/// that has it. It is found by the address of the thing, which says that it is the same one only because whoever still
/// holds the value keeps the thing alive and unchanged. Test: shared_while_used_test.cpp.
template <class Value>
class SharedWhileUsed {
  public:
    /// make() gives a std::unique_ptr; nobody else gets or makes a value meanwhile. What it throws passes through.
    template <class Make>
    std::shared_ptr<Value> get(const void* thing, const Make& make) {
        const std::lock_guard guard(lock_);
        std::erase_if(values_, [](const auto& entry) { return entry.second.expired(); });
        if (const auto known = values_.find(thing); known != values_.end()) {
            if (std::shared_ptr<Value> value = known->second.lock()) return value;
        }
        std::shared_ptr<Value> value = make();
        values_[thing] = value;
        return value;
    }

  private:
    std::mutex lock_;
    std::map<const void*, std::weak_ptr<Value>> values_;
};

}  // namespace stationary
