// What can be wrong with an answer, on demand.
#include <fmt/format.h>

#include "tests/hub/support/test_hub_parts.h"

namespace etna::test {

namespace {

Source flipped(Source source, std::uint64_t place) {
  return [source = std::move(source), place](std::uint64_t offset, std::span<char> bytes) {
    source(offset, bytes);
    if (place >= offset && place < offset + bytes.size()) bytes[place - offset] ^= 0x10;
  };
}

Source inverted(Source source) {
  return [source = std::move(source)](std::uint64_t offset, std::span<char> bytes) {
    source(offset, bytes);
    for (char& byte : bytes) byte = static_cast<char>(~byte);
  };
}

/// The whole body as a source, so that faults need not know which of the two an answer has.
void make_source(ServerAnswer& answer) {
  if (answer.source) return;
  answer.source_size = answer.body.size();
  answer.source = [body = answer.body](std::uint64_t offset, std::span<char> bytes) {
    std::copy_n(body.data() + offset, bytes.size(), bytes.data());
  };
}

std::string header_of(const ServerAnswer& answer, std::string_view name) {
  for (const auto& [key, value] : answer.headers) {
    if (key == name) return value;
  }
  return {};
}

std::uint64_t total_of(const ServerAnswer& answer) {
  const std::string range = header_of(answer, "Content-Range");
  return range.empty() ? answer.size() : std::stoull(range.substr(range.find('/') + 1));
}

void apply_range_fault(ServerAnswer& answer, const Fault& fault) {
  const std::uint64_t total = total_of(answer);
  const std::uint64_t first = answer.source_first;
  const std::uint64_t last = first + (answer.size() == 0 ? 0 : answer.size() - 1);
  switch (fault.kind) {
    case FaultKind::ignores_range:
      answer.status = 200;
      answer.remove("Content-Range");
      answer.source_first = 0;
      answer.source_size = total;
      break;
    case FaultKind::wrong_start: answer.set("Content-Range", fmt::format("bytes {}-{}/{}", first + 1, last + 1, total + 1)); break;
    case FaultKind::wrong_total: answer.set("Content-Range", fmt::format("bytes {}-{}/{}", first, last, total + 1)); break;
    case FaultKind::no_content_range: answer.remove("Content-Range"); break;
    case FaultKind::multipart: answer.set("Content-Type", "multipart/byteranges; boundary=x"); break;
    default: break;
  }
}

void apply_fault(ServerAnswer& answer, const Fault& fault) {
  Wire& wire = answer.wire;
  switch (fault.kind) {
    case FaultKind::reset: wire.reset = true; [[fallthrough]];
    case FaultKind::cut: wire.cut_after = fault.at; break;
    case FaultKind::stall:
      wire.stall_after = fault.at;
      wire.stall = fault.time;
      break;
    case FaultKind::drip: wire.bytes_per_second = fault.at; break;
    case FaultKind::no_answer: wire.raw = ""; break;
    case FaultKind::garbage: wire.raw = "this is no HTTP\r\n\r\n"; break;
    case FaultKind::status:
      answer = text_answer(fault.status, fault.body);
      for (const auto& [name, value] : fault.headers) answer.set(name, value);
      break;
    case FaultKind::flip: make_source(answer); answer.source = flipped(answer.source, fault.at); break;
    case FaultKind::other_bytes: make_source(answer); answer.source = inverted(answer.source); break;
    case FaultKind::longer_length: wire.length = std::to_string(answer.size() + fault.at); break;
    case FaultKind::shorter_length: wire.length = std::to_string(answer.size() - fault.at); break;
    case FaultKind::no_length: wire.length = ""; break;
    case FaultKind::chunked: wire.chunked = true; break;
    case FaultKind::two_lengths: wire.second_length = std::to_string(answer.size() + 1); break;
    case FaultKind::empty_partial: wire.cut_after = 0; break;
    case FaultKind::gzip_header:
      answer.set("Content-Encoding", "gzip");
      answer.remove("Accept-Ranges");
      wire.length = "";
      break;
    case FaultKind::other_etag:
      if (!header_of(answer, "X-Linked-ETag").empty()) answer.set("X-Linked-ETag", "\"" + std::string(64, 'a') + "\"");
      if (!header_of(answer, "ETag").empty()) answer.set("ETag", "\"" + std::string(40, 'a') + "\"");
      break;
    case FaultKind::html_page:
      answer = text_answer(200, "<!doctype html><html><body>Welcome to the hotel's network</body></html>");
      answer.set("Content-Type", "text/html; charset=utf-8");
      break;
    case FaultKind::endless_body: wire.endless = true; break;
    case FaultKind::endless_headers: wire.endless_headers = true; break;
    case FaultKind::redirect:
      answer = text_answer(302, "Found.");
      if (!fault.body.empty()) answer.set("Location", fault.body);
      break;
    default: apply_range_fault(answer, fault); break;
  }
}

}  // namespace

void TestHub::add_fault(Fault fault) {
  const std::lock_guard lock(mutex_);
  faults_.push_back(std::move(fault));
}

void TestHub::clear_faults() {
  const std::lock_guard lock(mutex_);
  faults_.clear();
}

void TestHub::apply_faults(ServerAnswer& answer, const ServerRequest& request, bool on_content_network) {
  for (Fault& fault : faults_) {
    if (fault.on_content_network != on_content_network || fault.count == 0) continue;
    if (request.target.find(fault.path) == request.target.npos) continue;
    if (fault.skip > 0) {
      --fault.skip;
      continue;
    }
    if (fault.count > 0) --fault.count;
    apply_fault(answer, fault);
  }
}

}  // namespace etna::test
