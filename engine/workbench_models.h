#pragma once

#include <memory>

#include "engine/base/error.h"
#include "engine/session/model_host.h"
#include "engine/workbench.h"

namespace etna {

/// The loaded model and the device it runs on, which is opened for the first model.
class Workbench::Models {
public:
  std::shared_ptr<Backend> backend, processor;  // the second for layers that are not on the device
  std::unique_ptr<ModelHost> host;

  ModelHost& get(const char* operation) const {
    if (!host) fail(Errc::invalid_argument, "{}: no model is loaded", operation);
    return *host;
  }
};

}  // namespace etna
