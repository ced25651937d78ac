#include "engine/io/starter_model.h"

#include <initializer_list>

namespace etna {

namespace fs = std::filesystem;

fs::path starter_model_folder() {
  std::error_code ignored;
  const fs::path program = fs::read_symlink("/proc/self/exe", ignored);
  const fs::path installed = program.parent_path().parent_path() / "share" / "etna" / "starter";
  for (const fs::path& folder : {installed, fs::path(ETNA_STARTER_FOLDER)}) {
    if (fs::exists(folder / "config.json", ignored)) return folder;
  }
  return {};
}

}  // namespace etna
