#include "cli/commands/commands.h"

namespace etna::cli {

int exit_code(Errc code) {
  switch (code) {
    case Errc::invalid_argument: return exit_usage;
    case Errc::network: return exit_network;
    case Errc::io: return exit_disk;
    case Errc::out_of_memory: return exit_memory;
    case Errc::not_found:
    case Errc::corrupt:
    case Errc::unsupported:
    case Errc::template_error: return exit_model;
    default: return exit_other;
  }
}

}  // namespace etna::cli
