#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "hub/api.h"
#include "hub/download_source.h"

namespace etna::hub {

/// Downloads from a model hub (hub.md §1.5, §3). The first request for a file goes to the hub, which sends it on to
/// whoever has the bytes; further ones go there directly until that link is refused, then the hub is asked again.
///
/// What the hub says of commit, hash and size must be what the tree said; else Trouble::changed.
class HubSource : public DownloadSource {
public:
  explicit HubSource(std::shared_ptr<HttpClient> client) : client_(std::move(client)), api_(client_) {}

  RemoteListing list(const std::string& id, const std::string& revision, const std::stop_token& stop) override;
  void fetch(const std::string& id, const std::string& commit, const RemoteFile& file, const FileRange& range,
             Taker& taker, const std::stop_token& stop) override;
  void forget_link(const std::string& id, const std::string& commit, const RemoteFile& file) override;

private:
  class RangeSink;

  struct Link {
    std::string url;  ///< empty: not known
    std::string transfer_etag;
    bool elsewhere = false;  ///< another host than the hub's: it gets no token
    int refusals = 0;        ///< fresh links that were refused, in a row
  };

  std::optional<Link> find_link(const std::string& key) const;
  void keep_link(const std::string& key, const ResolvedFile& resolved);
  bool fetch_by_link(const Link& link, const Request& request, RangeSink& sink, const std::stop_token& stop);

  std::shared_ptr<HttpClient> client_;
  HubApi api_;
  mutable std::mutex mutex_;  // guards links_
  std::map<std::string, Link> links_;
};

}  // namespace etna::hub
