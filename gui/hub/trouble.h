#pragma once

#include <QString>
#include <exception>
#include <optional>
#include <type_traits>

namespace etna::gui {

/// What went wrong between Etna and the hub, in the words of the catalogue, ready for a page.
struct Trouble {
  enum class Kind { none, stopped, offline, access, wait, gone, other };

  Kind kind = Kind::none;
  QString code;  ///< "E-NET-05"
  QString title;
  QString text;
  int wait_seconds = 0;       ///< of wait: how long the hub asks us to wait
  bool by_choice = false;     ///< of offline: Etna was told to stay so
  bool must_sign_in = false;  ///< of access: a token comes before anything else

  bool is_set() const { return kind != Kind::none && kind != Kind::stopped; }

  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// Of any exception that a HubService throws.
Trouble trouble_of(const std::exception& error);

/// An answer, or why there is none.
template <class Value>
struct Asked {
  std::optional<Value> value;
  Trouble trouble;
};

/// Asks on a thread that may wait.
template <class Question>
auto ask(Question question) -> Asked<std::invoke_result_t<Question>> {
  try {
    return {question(), {}};
  } catch (const std::exception& error) {
    return {std::nullopt, trouble_of(error)};
  }
}

}  // namespace etna::gui
