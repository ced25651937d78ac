// Files: /resolve/ in its shapes, the content network behind signed links, ranges.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <ctime>
#include <nlohmann/json.hpp>

#include "hub/url.h"
#include "tests/hub/support/test_hub_parts.h"

namespace etna::test {

namespace {

struct Range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;
};

/// "bytes=a-b" or "bytes=a-"; none where the header is absent or of another form.
std::optional<Range> wanted_range(const std::string& header, std::uint64_t size) {
  if (!header.starts_with("bytes=") || header.find(',') != header.npos) return std::nullopt;
  const std::size_t dash = header.find('-');
  Range range{0, size == 0 ? 0 : size - 1};
  const auto read = [](std::string_view text, std::uint64_t& value) {
    return std::from_chars(text.data(), text.data() + text.size(), value).ec == std::errc{};
  };
  if (!read(std::string_view(header).substr(6, dash - 6), range.first)) return std::nullopt;
  std::uint64_t last = 0;
  if (read(std::string_view(header).substr(dash + 1), last)) range.last = std::min(last, range.last);
  return range;
}

std::string http_date() {
  char text[64];
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  ::gmtime_r(&now, &parts);
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

/// "rev/path": the longest revision that is known ("refs/pr/1" has slashes, too).
const Commit* split_revision(const Repository& repository, const std::string& rest, std::string& path) {
  for (std::size_t slash = rest.rfind('/'); slash != rest.npos && slash > 0; slash = rest.rfind('/', slash - 1)) {
    if (const Commit* commit = repository.find(rest.substr(0, slash))) {
      path = rest.substr(slash + 1);
      return commit;
    }
  }
  return nullptr;
}

ServerAnswer missing_file(const Commit& commit) {
  ServerAnswer answer = text_answer(404, "Entry not found");
  answer.set("X-Error-Code", "EntryNotFound");
  answer.set("X-Error-Message", "Entry not found");
  answer.set("X-Repo-Commit", commit.id);
  answer.set("Accept-Ranges", "bytes");
  answer.set("X-Hub-Cache", "MISS");
  answer.set("ETag", "W/\"f-mY2VvLxuxB7KhsoOdQTlMTccuAQ\"");
  return answer;
}

}  // namespace

ServerAnswer TestHub::serve_blob(const ServerRequest& request, const BlobRef& blob, const std::string& etag) const {
  ServerAnswer answer;
  answer.set("Content-Type", blob->lfs ? "application/octet-stream" : "text/plain; charset=utf-8");
  answer.set("ETag", "\"" + etag + "\"");
  answer.set("Accept-Ranges", "bytes");
  answer.source = [blob](std::uint64_t offset, std::span<char> bytes) { blob->source(offset, bytes); };
  answer.source_size = blob->size;
  const std::string condition = request.header("if-range");
  const auto range = wanted_range(request.header("range"), blob->size);
  if (!range || (!condition.empty() && condition != "\"" + etag + "\"")) return answer;
  if (range->first >= blob->size) {
    ServerAnswer refused = text_answer(416, "Range Not Satisfiable");
    refused.set("Content-Range", fmt::format("bytes */{}", blob->size));
    return refused;
  }
  answer.status = 206;
  answer.source_first = range->first;
  answer.source_size = range->last - range->first + 1;
  answer.set("Content-Range", fmt::format("bytes {}-{}/{}", range->first, range->last, blob->size));
  return answer;
}

ServerAnswer TestHub::signed_redirect(const Repository& repository, const Commit& commit, const BlobRef& blob) {
  const std::string signature = sha256_hex(fmt::format("{} {}", blob->sha256, links_.size()));
  links_[signature] = {blob, std::chrono::steady_clock::now(), options_.link_bytes};
  const auto lifetime = std::chrono::duration_cast<std::chrono::seconds>(options_.link_lifetime).count();
  const std::string location = fmt::format(
      "{}/xet-bridge-us/{}/{}?X-Amz-Expires={}&X-Xet-Cas-Uid=public&Expires={}&Policy=eyJ0&Signature={}&Key-Pair-Id=K1",
      content_network(), sha1_hex(repository.id).substr(0, 24), blob->xet_hash, lifetime, std::time(nullptr) + lifetime,
      signature);
  ServerAnswer answer = text_answer(302, "Found. Redirecting to " + location);
  answer.set("Location", location);
  answer.set("Accept-Ranges", "bytes");
  answer.set("Cache-Control", "no-store");
  answer.set("X-Linked-ETag", "\"" + blob->sha256 + "\"");
  answer.set("X-Linked-Size", std::to_string(blob->size));
  answer.set("X-Repo-Commit", commit.id);
  answer.set("X-Xet-Hash", blob->xet_hash);
  answer.set("X-Hub-Cache", "MISS");
  answer.set("Link", fmt::format("<{}/api/models/{}/xet-read-token/{}>; rel=\"xet-auth\", "
                                 "<https://cas-server.xethub.hf.co/v1/reconstructions/{}>; rel=\"xet-reconstruction-info\"",
                                 endpoint(), repository.id, commit.id, blob->xet_hash));
  return answer;
}

ServerAnswer TestHub::resolve(const ServerRequest& request, const std::string& id, const std::string& rest) {
  if (const auto renamed = renamed_.find(id); renamed != renamed_.end()) {
    std::string location = request.target;
    location.replace(location.find(id), id.size(), renamed->second);
    ServerAnswer answer = text_answer(307, "Temporary Redirect. Redirecting to " + location);
    answer.set("Location", location);
    return answer;
  }
  const Repository* repository = find(id);
  if (auto refused = refusal(request, repository, true)) return std::move(*refused);
  std::string path;
  const Commit* commit = split_revision(*repository, rest, path);
  if (commit == nullptr) {
    ServerAnswer answer = error_answer(404, "Invalid rev id: " + rest.substr(0, rest.find('/')), "RevisionNotFound");
    return answer;
  }
  const auto found = commit->files.find(path);
  if (found == commit->files.end()) return missing_file(*commit);
  const BlobRef blob = found->second;
  if (blob->lfs) return signed_redirect(*repository, *commit, blob);
  if (!repository->is_private && request.header("authorization").empty()) {
    const std::string original = request.target.substr(0, request.target.find('?'));
    const std::string location =
        fmt::format("/api/resolve-cache/models/{}/{}/{}?{}=&etag=%22{}%22", id, commit->id, hub::encode_path(path),
                    hub::encode_component(original), blob->oid);
    ServerAnswer answer = text_answer(307, "Temporary Redirect. Redirecting to " + location);
    answer.set("Location", location);
    answer.set("X-Linked-ETag", "\"" + blob->oid + "\"");
    answer.set("X-Linked-Size", std::to_string(blob->size));
    answer.set("X-Repo-Commit", commit->id);
    return answer;
  }
  ServerAnswer answer = serve_blob(request, blob, blob->oid);
  answer.set("X-Repo-Commit", commit->id);
  answer.set("X-Hub-Cache", "MISS");
  answer.set("Content-Disposition", fmt::format("inline; filename*=UTF-8''{0}; filename=\"{0}\";", path.substr(path.rfind('/') + 1)));
  answer.set("Content-Security-Policy", "default-src 'none'; sandbox");
  return answer;
}

ServerAnswer TestHub::resolve_cache(const ServerRequest& request, std::string_view rest) {
  const std::size_t first = rest.find('/');
  const std::size_t second = rest.find('/', first + 1);
  const Repository* repository = find(std::string(rest.substr(0, second)));
  std::string path;
  const Commit* commit =
      repository == nullptr ? nullptr : split_revision(*repository, std::string(rest.substr(second + 1)), path);
  if (commit == nullptr) return error_answer(404, "Not Found");
  const auto found = commit->files.find(path);
  if (found == commit->files.end()) return missing_file(*commit);
  ServerAnswer answer = serve_blob(request, found->second, found->second->oid);
  answer.set("X-Repo-Commit", commit->id);
  answer.set("Content-Security-Policy", "default-src 'none'; sandbox");
  return answer;
}

ServerAnswer TestHub::raw(const ServerRequest& request, const std::string& id, const std::string& rest) {
  const Repository* repository = find(id);
  if (auto refused = refusal(request, repository, true)) return std::move(*refused);
  std::string path;
  const Commit* commit = split_revision(*repository, rest, path);
  if (commit == nullptr) return error_answer(404, "Invalid rev id: " + rest, "RevisionNotFound");
  const auto found = commit->files.find(path);
  if (found == commit->files.end()) return missing_file(*commit);
  ServerAnswer answer = text_answer(200, found->second->lfs ? found->second->pointer : found->second->text());
  answer.set("Content-Security-Policy", "default-src 'none'; sandbox");
  answer.set("X-Repo-Commit", commit->id);
  return answer;
}

ServerAnswer TestHub::answer_content(const ServerRequest& request) {
  const std::lock_guard lock(mutex_);
  ServerAnswer answer;
  const auto link = links_.find(request.parameter("Signature"));
  if (request.method == "PUT") {
    answer = take_upload(request);
  } else if (link == links_.end() || std::chrono::steady_clock::now() - link->second.made >= options_.link_lifetime ||
             link->second.bytes_left == 0) {
    answer = text_answer(403, "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>AccessDenied</Code><Message>Request has "
                              "expired</Message></Error>");
    answer.set("Content-Type", "application/xml");
  } else {
    const BlobRef& blob = link->second.blob;
    answer = serve_blob(request, blob, blob->xet_hash);  // not the file's own hash: that is only on the redirect
    if (request.method == "GET" && answer.status < 300) {
      if (answer.source_size > link->second.bytes_left) {
        answer.wire.cut_after = link->second.bytes_left;
        answer.wire.reset = true;
      }
      link->second.bytes_left -= std::min(link->second.bytes_left, answer.source_size);
      content_bytes_ += answer.source_size;
    }
  }
  answer.set("Date", http_date());
  apply_faults(answer, request, true);
  note(request, answer, true);
  return answer;
}

}  // namespace etna::test
