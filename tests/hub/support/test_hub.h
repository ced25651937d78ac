#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "hub/http.h"
#include "tests/hub/support/hub_store.h"
#include "tests/hub/support/server.h"

/// A model hub on the loopback interface: the surface that real clients use (listing, model pages, trees, /resolve/ in
/// its shapes, a content network behind signed links, uploads, every error), and faults on demand. Its answers have the
/// shapes of recorded ones (tests/hub/shape_replay_test.cpp), and the hub's own npm client works with it
/// (tests/hub/npm).
namespace etna::test {

enum class FaultKind {
  cut,                  ///< the connection ends after `at` bytes of the body
  reset,                ///< … with a TCP reset
  stall,                ///< nothing comes after `at` bytes, for `time`
  drip,                 ///< `at` bytes per second
  no_answer,            ///< the connection ends before the headers
  garbage,              ///< a status line that is none
  status,               ///< `status` with `headers` and `body` instead of the answer
  flip,                 ///< the byte at `at` of the file is another one
  other_bytes,          ///< all bytes are others, the size is right
  longer_length,        ///< Content-Length is `at` too large
  shorter_length,       ///< … too small
  no_length,            ///< neither length nor chunks: the end of the connection is the end
  chunked,
  two_lengths,
  ignores_range,        ///< 200 and the whole file
  wrong_start,          ///< Content-Range says another start
  wrong_total,          ///< … another total
  no_content_range,     ///< 206 without it
  multipart,            ///< 206 with multipart/byteranges
  empty_partial,        ///< 206, right headers, no bytes
  gzip_header,          ///< Content-Encoding: gzip, no length
  other_etag,           ///< X-Linked-ETag (or ETag) of another file
  html_page,            ///< 200 with a web page: a network's sign-in page
  endless_body,
  endless_headers,
  redirect,             ///< 302 to `body`; empty: no Location at all
};

struct Fault {
  FaultKind kind = FaultKind::cut;
  std::string path;                      ///< part of the target that it is for; empty: any
  bool on_content_network = false;       ///< of the second host instead of the hub itself
  int skip = 0;                          ///< matching requests that are answered well first
  int count = 1;                         ///< then so many are not; < 0: all
  std::uint64_t at = 0;
  int status = 500;
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {};
  std::chrono::milliseconds time{60'000};
};

/// One request as it arrived.
struct Seen {
  bool on_content_network = false;
  std::string method;
  std::string target;
  std::map<std::string, std::string> headers;
  std::string body;                      ///< the first 64 KiB
  int status = 0;
};

struct TestUser {
  std::string name;
  std::string role = "read";             ///< "read", "write"
  bool revoked = false;
};

struct TestHubOptions {
  bool tls = false;                      ///< https://hub.test and https://cdn.test
  CertificateFlaw flaw = CertificateFlaw::none;
  CertificateFlaw content_network_flaw = CertificateFlaw::none;
  std::size_t page_size = 1000;
  std::chrono::milliseconds link_lifetime{3'600'000};
  std::uint64_t link_bytes = UINT64_MAX; ///< a signed link is used up after so many bytes
};

class TestHub {
public:
  explicit TestHub(TestHubOptions options = {});
  ~TestHub();
  TestHub(const TestHub&) = delete;
  TestHub& operator=(const TestHub&) = delete;

  /// "http://127.0.0.1:PORT", "https://hub.test:PORT".
  std::string endpoint() const;
  std::string content_network() const;

  /// For a client of this hub: endpoint, certificate authority, names, no proxy, short timeouts.
  hub::NetworkSettings settings() const;

  /// PEM file of the authority; only with TLS.
  const std::filesystem::path& ca_file() const { return authority_->file(); }

  /// Called with the lock held: what holds is changed between requests, never during one.
  Repository& add(const std::string& id);
  void change(const std::function<void()>& work);
  Repository* find(const std::string& id);
  void rename(const std::string& from, const std::string& to);
  void add_user(const std::string& token, TestUser user);
  void revoke(const std::string& token);

  void add_fault(Fault fault);
  void clear_faults();

  /// The listing or tree that any such request gets, whatever is asked: for hostile answers. Empty: the true one.
  void override_answer(const std::string& path_part, std::string body, std::vector<std::pair<std::string, std::string>> headers = {});

  std::vector<Seen> requests() const;
  int count_requests(std::string_view method, std::string_view path_part) const;
  void forget_requests();

  /// Requests that brought an Authorization header to the content network: a leak.
  int leaked_authorizations() const;

  /// Bytes of bodies that the content network was asked for (whole ranges).
  std::uint64_t content_bytes() const;
  int connections() const;

private:
  struct Overridden;
  struct Link;

  ServerAnswer answer_hub(const ServerRequest& request);
  ServerAnswer answer_content(const ServerRequest& request);
  ServerAnswer route(const ServerRequest& request);
  ServerAnswer route_api(const ServerRequest& request);
  ServerAnswer route_model(const ServerRequest& request, std::string_view rest);

  ServerAnswer list_models(const ServerRequest& request);
  ServerAnswer model_info(const ServerRequest& request, const Repository& repository, const std::string& revision);
  ServerAnswer tree(const ServerRequest& request, const Repository& repository, const std::string& rest);
  ServerAnswer paths_info(const ServerRequest& request, const Repository& repository, const std::string& revision);
  ServerAnswer refs(const Repository& repository);
  ServerAnswer commits(const Repository& repository, const std::string& revision);
  ServerAnswer xet_token(const std::string& kind);
  ServerAnswer who_am_i(const ServerRequest& request);
  ServerAnswer resolve(const ServerRequest& request, const std::string& id, const std::string& rest);
  ServerAnswer resolve_cache(const ServerRequest& request, std::string_view rest);
  ServerAnswer raw(const ServerRequest& request, const std::string& id, const std::string& rest);
  ServerAnswer serve_blob(const ServerRequest& request, const BlobRef& blob, const std::string& etag) const;
  ServerAnswer signed_redirect(const Repository& repository, const Commit& commit, const BlobRef& blob);
  ServerAnswer page(const ServerRequest& request, const nlohmann::json& items, std::size_t size) const;

  ServerAnswer create_repository(const ServerRequest& request);
  ServerAnswer delete_repository(const ServerRequest& request);
  ServerAnswer validate_card(const ServerRequest& request) const;
  ServerAnswer preupload(const ServerRequest& request, const Repository& repository, const std::string& revision);
  ServerAnswer lfs_batch(const ServerRequest& request);
  ServerAnswer lfs_complete(const ServerRequest& request, const std::string& oid);
  ServerAnswer lfs_verify(const ServerRequest& request);
  ServerAnswer take_commit(const ServerRequest& request, Repository& repository, const std::string& revision);
  ServerAnswer take_upload(const ServerRequest& request);

  const TestUser* user_of(const ServerRequest& request) const;
  bool has_bad_token(const ServerRequest& request) const;

  /// The answer that keeps this caller out; none if it may read (or write).
  std::optional<ServerAnswer> refusal(const ServerRequest& request, const Repository* repository, bool for_files,
                                      bool to_write = false) const;
  void decorate(ServerAnswer& answer, const ServerRequest& request) const;
  void apply_faults(ServerAnswer& answer, const ServerRequest& request, bool on_content_network);
  void note(const ServerRequest& request, const ServerAnswer& answer, bool on_content_network);

  TestHubOptions options_;
  std::unique_ptr<Authority> authority_;
  mutable std::recursive_mutex mutex_;  // guards all below
  std::map<std::string, Repository> repositories_;
  std::map<std::string, std::string> renamed_;
  std::map<std::string, TestUser> users_;                    ///< by token
  std::map<std::string, std::string> stored_objects_;        ///< uploaded LFS content by sha256
  std::map<std::string, std::map<int, std::string>> parts_;  ///< of uploads in parts
  std::map<std::string, Link> links_;
  std::vector<Fault> faults_;
  std::vector<Overridden> overridden_;
  std::vector<Seen> seen_;
  int leaked_ = 0;
  std::uint64_t content_bytes_ = 0;
  std::unique_ptr<Server> content_server_;
  std::unique_ptr<Server> hub_server_;
};

/// Answers as the hub shapes them.
ServerAnswer json_answer(const nlohmann::json& value, int status = 200);
ServerAnswer error_answer(int status, const std::string& message, const std::string& code = {});
ServerAnswer text_answer(int status, const std::string& text);

}  // namespace etna::test
