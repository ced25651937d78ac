#pragma once

#include "engine/array/array.h"

namespace etna {

/// What evaluation alone may do to a node: give it memory, forget its history.
class GraphAccess {
public:
  static const std::vector<std::byte>* host_bytes(const Array& array) { return array.node_->host.get(); }
  static void set_view(const Array& array, View view) { array.node_->view = std::move(view); }

  static void forget_history(const Array& array) {
    array.node_->op = nullptr;
    array.node_->inputs.clear();
  }
};

}  // namespace etna
