#include "engine/base/error.h"

namespace etna {

std::string_view name(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return "invalid_argument";
    case Errc::not_found: return "not_found";
    case Errc::io: return "io";
    case Errc::corrupt: return "corrupt";
    case Errc::unsupported: return "unsupported";
    case Errc::out_of_memory: return "out_of_memory";
    case Errc::device_lost: return "device_lost";
    case Errc::network: return "network";
    case Errc::cancelled: return "cancelled";
    case Errc::template_error: return "template";
  }
  return "unknown";
}

Error::Error(Errc code, const std::string& message, std::string raised)
    : std::runtime_error(message), code_(code), raised_(std::move(raised)) {}

}  // namespace etna
