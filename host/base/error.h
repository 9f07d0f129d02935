#pragma once

#include <stdexcept>
#include <string>

namespace stationary {

/// What the process tells its caller (docs/design.md, section 8).
enum class ExitCode : int {
    done = 0,
    internal_error = 1,
    bad_input = 2,
    diverged = 3,
    no_backend = 4,
    input_output = 5,
    device_lost = 6,
    interrupted = 75
};

/// An error whose message is one line for the user: what is wrong, why, and what would be right.
class UserError : public std::runtime_error {
  public:
    UserError(ExitCode code, const std::string& message) : std::runtime_error(message), code_(code) {}
    [[nodiscard]] ExitCode code() const noexcept { return code_; }

  private:
    ExitCode code_;
};

/// Bad input: exit code 2.
class InputError : public UserError {
  public:
    explicit InputError(const std::string& message) : UserError(ExitCode::bad_input, message) {}
};

/// A file could not be read or written: exit code 5.
class FileError : public UserError {
  public:
    explicit FileError(const std::string& message) : UserError(ExitCode::input_output, message) {}
};

}  // namespace stationary
