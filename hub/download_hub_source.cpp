#include "hub/download_hub_source.h"

#include <fmt/core.h>

#include "engine/base/error.h"
#include "hub/http.h"
#include "hub/problem.h"

namespace etna::hub {

namespace {

constexpr int most_refusals = 3;

std::string key_of(const std::string& id, const std::string& commit, const RemoteFile& file) {
  return fmt::format("{}@{}/{}", id, commit, file.path);
}

[[noreturn]] void fail_as_changed(std::string reason) {
  throw HubError({.trouble = Trouble::changed, .retry = Retry::never, .reason = std::move(reason)});
}

[[noreturn]] void fail_for_now(const Response& response, std::string reason) {
  throw HubError({.trouble = Trouble::server,
                  .retry = Retry::with_backoff,
                  .status = response.status,
                  .reason = std::move(reason)});
}

/// Thrown through the client to end a request whose rest nobody wants.
struct Enough {};

}  // namespace

/// Checks the head of an answer, then passes its bytes on.
class HubSource::RangeSink : public Sink {
public:
  RangeSink(HubSource& source, std::string key, const RemoteFile& file, const FileRange& range, Taker& taker)
      : source_(source), key_(std::move(key)), file_(file), range_(range), taker_(taker) {}

  /// Answers to come are by this link; without one they say where the file is.
  void set_link(const Link* link) { link_ = link; }

  void begin(const Response& response) override {
    if (link_ == nullptr) {
      check_identity(response);
    } else if (const std::string etag = response.headers.etag("etag");
               !etag.empty() && !link_->transfer_etag.empty() && etag != link_->transfer_etag) {
      fail_for_now(response, "it sends another file than before");
    }
    if (response.status == 206)
      begin_range(response);
    else
      begin_whole(response);
  }

  void write(std::span<const std::byte> bytes) override {
    if (bytes.empty()) return;
    if (!taker_.take(offset_, bytes)) throw Enough();
    offset_ += bytes.size();
  }

  /// After an answer that did not fail.
  void check_end(const Response& response) const {
    if (offset_ >= end_) return;
    fail_for_now(response,
                 offset_ == begin_ ? "it sends no data on this network" : "the connection broke off before the end");
  }

private:
  void check_identity(const Response& response) {
    const ResolvedFile resolved = describe_resolved(response, source_.client_->settings().endpoint);
    if (resolved.etag != file_.blob) {
      fail_as_changed(fmt::format("{} has the hash {}, not {}", file_.path, resolved.etag, file_.blob));
    }
    if (resolved.has_size && resolved.size != file_.size) {
      fail_as_changed(fmt::format("{} has {} bytes, not {}", file_.path, resolved.size, file_.size));
    }
    source_.keep_link(key_, resolved);
  }

  void begin_range(const Response& response) {
    const auto range = parse_content_range(response.headers.find("content-range").value_or(""));
    if (!range || !range->range) fail_for_now(response, "it does not say which part of the file it sends");
    if (range->total && *range->total != file_.size) {
      fail_as_changed(fmt::format("{} has {} bytes, not {}", file_.path, *range->total, file_.size));
    }
    const std::uint64_t last = range->range->last.value_or(range->range->first);
    if (!range->total || range->range->first != range_.begin || last >= range_.end) {
      fail_for_now(response, "it sends another part of the file than it was asked for");
    }
    const auto length = response.headers.number("content-length");
    if (length && *length != last + 1 - range_.begin) fail_for_now(response, "its answer contradicts its own length");
    begin_ = offset_ = range_.begin;
    end_ = last + 1;
    if (!taker_.begin(false)) throw Enough();
  }

  void begin_whole(const Response& response) {
    if (const auto length = response.headers.number("content-length"); length && *length != file_.size) {
      fail_as_changed(fmt::format("{} has {} bytes, not {}", file_.path, *length, file_.size));
    }
    begin_ = offset_ = 0;
    end_ = file_.size;
    if (!taker_.begin(true)) throw Enough();
  }

  HubSource& source_;
  const std::string key_;
  const RemoteFile& file_;
  const FileRange range_;
  Taker& taker_;
  const Link* link_ = nullptr;
  std::uint64_t begin_ = 0, offset_ = 0, end_ = 0;
};

RemoteListing HubSource::list(const std::string& id, const std::string& revision, const std::stop_token& stop) {
  const ModelInfo info = api_.model(id, revision, stop);
  const Tree tree = api_.tree(info.id, info.commit, stop);
  RemoteListing listing{.id = info.id, .commit = info.commit, .files = {}};
  for (const TreeFile& file : tree.files) {
    listing.files.push_back({.path = file.path, .blob = file.etag(), .size = file.size});
  }
  return listing;
}

void HubSource::fetch(const std::string& id, const std::string& commit, const RemoteFile& file, const FileRange& range,
                      Taker& taker, const std::stop_token& stop) {
  const std::string key = key_of(id, commit, file);
  Request request;
  request.content = Content::file;
  request.range = ByteRange{.first = range.begin, .last = range.end - 1};
  request.limit = file.size;  // a server that ignores the range may send all of it, and not a byte more
  RangeSink sink(*this, key, file, range, taker);
  try {
    if (const auto link = find_link(key); link && fetch_by_link(*link, request, sink, stop)) return;
    sink.set_link(nullptr);
    request.url = api_.file_url(id, commit, file.path);
    const Response response = client_->send(request, sink, stop);
    if (response.ok()) {
      sink.check_end(response);
      const std::scoped_lock lock(mutex_);
      links_[key].refusals = 0;
      return;
    }
    if (response.status == 416) {
      const auto total = parse_content_range(response.headers.find("content-range").value_or(""));
      if (total && total->total && *total->total != file.size) {
        fail_as_changed(fmt::format("{} has {} bytes, not {}", file.path, *total->total, file.size));
      }
      fail_for_now(response, "it says that the file has no such part");
    }
    auto problem = client_->problem(response, id);
    const std::scoped_lock lock(mutex_);
    if (problem && (response.status == 401 || response.status == 403) && problem->retry != Retry::never &&
        ++links_[key].refusals >= most_refusals) {
      problem->retry = Retry::never;
    }
    throw HubError(problem.value_or(Problem{.retry = Retry::with_backoff, .status = response.status}));
  } catch (const Enough&) {
    return;
  }
}

/// False: the link is of no use any more, ask the hub.
bool HubSource::fetch_by_link(const Link& link, const Request& request, RangeSink& sink, const std::stop_token& stop) {
  Request direct = request;
  direct.url = link.url;
  direct.authorize = !link.elsewhere;
  direct.follow_redirects = false;
  direct.if_range = link.transfer_etag;
  sink.set_link(&link);
  const Response response = client_->send(direct, sink, stop);
  if (!response.ok()) return false;
  sink.check_end(response);
  return true;
}

void HubSource::forget_link(const std::string& id, const std::string& commit, const RemoteFile& file) {
  const std::scoped_lock lock(mutex_);
  links_.erase(key_of(id, commit, file));
}

std::optional<HubSource::Link> HubSource::find_link(const std::string& key) const {
  const std::scoped_lock lock(mutex_);
  const auto found = links_.find(key);
  if (found == links_.end() || found->second.url.empty()) return std::nullopt;
  return found->second;
}

void HubSource::keep_link(const std::string& key, const ResolvedFile& resolved) {
  const std::scoped_lock lock(mutex_);
  Link& link = links_[key];
  link.url = resolved.url;
  link.transfer_etag = resolved.transfer_etag;
  link.elsewhere = resolved.elsewhere;
}

}  // namespace etna::hub
