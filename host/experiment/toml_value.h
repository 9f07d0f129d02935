#pragma once

#include "host/base/suggestion.h"
#include "host/experiment/experiment_names.h"

#include <toml++/toml.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace stationary {

/// A parsed experiment file with the command line laid over it.
struct Document {
    std::string file;  ///< name in messages
    toml::table table;
    std::map<std::string, std::string>
        overridden;  ///< "sweep.eta0" → "--set sweep.eta0=0.1", for keys from the command line

    /// "FILE:LINE", or the command line's own text for a key that came from there.
    [[nodiscard]] std::string location(const std::string& key, const toml::node& node) const;
};

/// A condition on a value, with the words that a message uses: "a number > 0".
struct NumberRule {
    const char* expected;
    bool (*holds)(double);
};
/// Likewise for integers, as a closed range.
struct IntegerRule {
    const char* expected;
    std::int64_t least;
    std::int64_t greatest;
};

/// One value of an experiment file that knows its place. Every reader throws InputError
/// "FILE:LINE: key: expected …, got …" when the value is not what it should be.
class Value {
  public:
    Value(const Document& document, std::string key, const toml::node& node)
        : document_(&document), key_(std::move(key)), node_(&node) {}

    [[noreturn]] void fail(const std::string& problem) const;
    [[noreturn]] void fail_expected(const std::string& expected) const;

    /// Integers are taken as numbers too; NaN and infinity never.
    [[nodiscard]] double number(const NumberRule& rule) const;
    /// 1.0 is not an integer.
    [[nodiscard]] std::int64_t integer(const IntegerRule& rule) const;
    [[nodiscard]] bool boolean() const;
    [[nodiscard]] std::string text(const std::string& expected) const;
    [[nodiscard]] bool is_text() const { return node_->is_string(); }
    [[nodiscard]] bool is_text(std::string_view word) const { return node_->value_or(std::string_view{}) == word; }
    [[nodiscard]] bool is_integer() const { return node_->is_integer(); }

    /// One of the words of an enum, or of `later` (words of the interface that this version does not run).
    template <typename Enum>
    [[nodiscard]] Enum word(const std::vector<std::string>& later) const;

    /// The elements of a non-empty list.
    [[nodiscard]] std::vector<Value> elements(const std::string& expected) const;
    /// The elements of a non-empty list, or the value itself.
    [[nodiscard]] std::vector<Value> one_or_more() const;

    /// A list of finite numbers.
    [[nodiscard]] Vector vector() const;
    [[nodiscard]] bool is_list() const { return node_->is_array(); }
    /// A matrix as a list of rows of equal length.
    [[nodiscard]] Matrix matrix() const;
    /// A square matrix as a list of rows, or as { diagonal = [its diagonal] }.
    [[nodiscard]] Matrix square_matrix() const;

  private:
    [[nodiscard]] Matrix diagonal_matrix() const;
    [[noreturn]] void fail_word(const std::vector<std::string>& known, const std::vector<std::string>& later) const;

    const Document* document_;
    std::string key_;
    const toml::node* node_;
};

/// One table of an experiment file; a table that is not there reads as empty.
class Section {
  public:
    Section(const Document& document, std::string name) : document_(&document), name_(std::move(name)) {}

    [[nodiscard]] std::optional<Value> find(const std::string& key) const;
    /// Throws "FILE:LINE: key: missing, …", with the table's line (1 where there is no such table).
    [[nodiscard]] Value require(const std::string& key, const std::string& expected) const;
    [[noreturn]] void fail_missing(const std::string& key, const std::string& expected) const;

  private:
    const Document* document_;
    std::string name_;
};

/// Throws InputError whose message is made one line (control characters become spaces).
[[noreturn]] void throw_input_error(const std::string& message);

template <typename Enum>
Enum Value::word(const std::vector<std::string>& later) const {
    for (const auto& entry : names<Enum>) {
        if (node_->is_string() && is_text(entry.name)) return entry.value;
    }
    fail_word(known_names<Enum>(), later);
}

}  // namespace stationary
