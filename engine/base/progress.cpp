#include "engine/base/progress.h"

#include "engine/base/error.h"

namespace etna {

void Progress::check(const char* what) const {
  if (stop.stop_requested()) fail(Errc::cancelled, "{}: stopped", what);
}

}  // namespace etna
