#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/hub/support/certificates.h"

/// A small HTTP/1.1 server over plain sockets, so that every byte on the wire can be wrong in a chosen way.
namespace etna::test {

struct ServerRequest {
  std::string method;
  std::string target;                    ///< as sent
  std::string path;                      ///< decoded, without query
  std::vector<std::pair<std::string, std::string>> query;  ///< decoded
  std::map<std::string, std::string> headers;               ///< names in lower case
  std::string body;

  std::string parameter(std::string_view name) const;      ///< the first, or empty
  std::vector<std::string> parameters(std::string_view name) const;
  std::string header(std::string_view name) const;         ///< or empty
};

/// Fills a span with the bytes of a file from an offset on.
using Source = std::function<void(std::uint64_t offset, std::span<char> bytes)>;

/// How an answer is put on the wire; the default is as it should be.
struct Wire {
  std::optional<std::uint64_t> cut_after;   ///< the connection ends after so many bytes of the body
  bool reset = false;                       ///< … with a TCP reset
  std::optional<std::uint64_t> stall_after; ///< nothing more comes after so many bytes, for `stall`
  std::chrono::milliseconds stall{0};
  std::uint64_t bytes_per_second = 0;       ///< 0: as fast as it goes
  std::optional<std::string> length;        ///< Content-Length instead of the true one; empty: none
  std::string second_length;                ///< another Content-Length
  bool chunked = false;
  bool endless = false;                     ///< the body never ends; no length
  bool endless_headers = false;
  std::optional<std::string> raw;           ///< sent instead of everything; the connection ends
};

struct ServerAnswer {
  int status = 200;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Source source;                            ///< instead of `body`
  std::uint64_t source_first = 0;
  std::uint64_t source_size = 0;
  Wire wire;

  void set(std::string_view name, std::string_view value);  ///< replaces
  void remove(std::string_view name);
  std::uint64_t size() const { return source ? source_size : body.size(); }
};

class Server {
public:
  using Handler = std::function<ServerAnswer(const ServerRequest&)>;

  /// Listens on a free port of the loopback interface; the handler is called on the connections' threads.
  explicit Server(Handler handler, TlsContext tls = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  std::uint16_t port() const { return port_; }

  /// Connections accepted so far, and how many are open.
  int connections() const { return accepted_; }
  int open_connections();

private:
  struct Stream;

  void accept_loop();
  void serve(int socket);
  bool serve_one(Stream& stream);
  void send_body(Stream& stream, const ServerAnswer& answer);
  void pause(std::chrono::milliseconds time);

  Handler handler_;
  TlsContext tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> accepted_{0};
  std::atomic<bool> stopping_{false};
  std::mutex mutex_;  // guards sockets_ and threads_
  std::condition_variable wake_;
  std::set<int> sockets_;
  std::list<std::thread> threads_;
  std::thread acceptor_;
};

}  // namespace etna::test
