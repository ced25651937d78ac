#pragma once

#include <string>
#include <vector>

namespace etna::test {

/// What clients have offered to speak over TLS (ALPN) to servers of this program since this was asked last, one entry
/// for each connection: "h2,http/1.1". The servers answer none of it: they speak HTTP/1.1.
std::vector<std::string> take_offered_protocols();

}  // namespace etna::test
