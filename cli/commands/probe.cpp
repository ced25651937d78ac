#include "cli/commands/probe.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <new>

#include "cli/commands/commands.h"
#include "engine/base/error.h"
#include "engine/base/json.h"

namespace etna::cli {

namespace {

using nlohmann::json;

/// Lines of stdin. A line beyond the limit is read to its end but not kept.
class LineReader {
public:
  enum class Result { line, too_long, end };

  Result next(std::string& line) {
    constexpr std::size_t limit = std::size_t{64} << 20;
    line.clear();
    bool too_long = false, started = false;
    while (true) {
      if (begin_ == end_ && !fill()) return !started ? Result::end : too_long ? Result::too_long : Result::line;
      started = true;
      const char* start = buffer_ + begin_;
      const auto* newline = static_cast<const char*>(std::memchr(start, '\n', end_ - begin_));
      const std::size_t count = newline ? static_cast<std::size_t>(newline - start) : end_ - begin_;
      if (line.size() + count > limit) {
        too_long = true;
        std::string().swap(line);
      }
      if (!too_long) line.append(start, count);
      begin_ += count + (newline ? 1 : 0);
      if (newline) return too_long ? Result::too_long : Result::line;
    }
  }

private:
  bool fill() {
    ssize_t count = 0;
    do {
      count = ::read(STDIN_FILENO, buffer_, sizeof(buffer_));
    } while (count < 0 && errno == EINTR);
    begin_ = 0;
    end_ = count > 0 ? static_cast<std::size_t>(count) : 0;
    return count > 0;
  }

  char buffer_[1 << 16];
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

const std::vector<NamedOperation>& operations() {
  static const std::vector<NamedOperation> all = [] {
    std::vector<NamedOperation> result;
    for (const auto group :
         {model_operations(), file_operations(), text_operations(), sampling_operations(), training_operations()}) {
      result.insert(result.end(), group.begin(), group.end());
    }
    return result;
  }();
  return all;
}

JsonText run_operation(Workbench& bench, const json& request, const std::string& line) {
  const auto op = request.find("op");
  if (op == request.end()) fail(Errc::invalid_argument, "op is missing");
  if (!op->is_string()) fail(Errc::invalid_argument, "op must be a text");
  const auto& name = op->get_ref<const std::string&>();
  const auto found =
      std::ranges::find_if(operations(), [&](const NamedOperation& operation) { return name == operation.name; });
  if (found == operations().end()) fail(Errc::invalid_argument, "op \"{}\" is unknown", name.substr(0, 60));
  Fields fields(request, name, line);
  fields.any("op");
  fields.any("id");
  const auto start = std::chrono::steady_clock::now();
  JsonText answer = found->run(bench, fields);
  const std::chrono::duration<double, std::milli> elapsed = std::chrono::steady_clock::now() - start;
  return answer.add("ms", static_cast<double>(std::llround(elapsed.count() * 1000)) / 1000);
}

json parse_request(const std::string& line) {
  try {
    return parse_json(line, "request");
  } catch (const Error& error) {
    fail(Errc::invalid_argument, "{}", error.what());
  }
}

std::string error_members(std::string_view code, std::string_view message, const std::string& raised = {}) {
  constexpr std::size_t longest = 4000;  // the parser's messages repeat parts of a line of any length
  JsonText error;
  error.add("code", code).add("message", message.substr(0, longest));
  if (!raised.empty()) error.add("raised", raised);
  return JsonText().add_json("error", error.object()).members();
}

/// The members of the answer to a line. `id` is filled in as soon as it is known. Whatever happens, there is an answer.
std::string answer_members(Workbench& bench, LineReader::Result kind, const std::string& line, std::string& id) {
  try {
    if (kind == LineReader::Result::too_long) fail(Errc::invalid_argument, "the line is longer than 64 MiB");
    const json request = parse_request(line);
    if (!request.is_object()) fail(Errc::invalid_argument, "a request must be a JSON object");
    if (const auto found = request.find("id"); found != request.end()) id = found->dump();
    return run_operation(bench, request, line).members();
  } catch (const Error& error) {
    return error_members(name(error.code()), error.what(), error.raised());
  } catch (const std::bad_alloc&) {
    return error_members(name(Errc::out_of_memory), "there is not enough memory for this request");
  } catch (const std::exception& error) {
    return error_members(name(Errc::io), error.what());
  }
}

bool write_line(const std::string& line) {
  return std::fwrite(line.data(), 1, line.size(), stdout) == line.size() && std::fflush(stdout) == 0;
}

}  // namespace

std::vector<std::string> operation_names() {
  std::vector<std::string> names;
  for (const NamedOperation& operation : operations()) names.emplace_back(operation.name);
  return names;
}

int run_probe(const ProbeOptions& options) {
  Workbench bench({.device = options.device, .activations = options.activations, .layers_on_device = options.layers_on_device});
  const auto reader = std::make_unique<LineReader>();
  std::string line;
  for (auto kind = reader->next(line); kind != LineReader::Result::end; kind = reader->next(line)) {
    std::string id;
    const std::string members = answer_members(bench, kind, line, id);
    std::string answer = "{";
    if (!id.empty()) answer += "\"id\":" + id + ",";
    if (!write_line(answer + members + "}\n")) return exit_disk;
  }
  return exit_success;
}

}  // namespace etna::cli
