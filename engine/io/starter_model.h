#pragma once

#include <filesystem>

namespace etna {

/// The folder of the small model that comes with Etna: share/etna/starter beside the installed programs, else the
/// source tree that they were built from. Empty where neither exists.
std::filesystem::path starter_model_folder();

}  // namespace etna
