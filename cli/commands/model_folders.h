#pragma once

#include <vector>

#include "hub/folders.h"

namespace etna::cli {

/// Folders with models besides the shared cache: those that were linked in the window, then other programs' stores.
std::vector<hub::ModelFolder> other_model_folders();

}  // namespace etna::cli
