#include "tests/hub/support/server.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace etna::test {

namespace {

constexpr std::size_t most_request_bytes = std::size_t{1} << 30;

/// The client has gone, or the answer was meant to break off.
struct Gone {};

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

std::string decoded(std::string_view text, bool plus_is_space) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' && plus_is_space ? ' ' : text[i];
    }
  }
  return out;
}

std::string_view reason(int status) {
  switch (status) {
    case 200: return "OK";
    case 206: return "Partial Content";
    case 302: return "Found";
    case 307: return "Temporary Redirect";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 416: return "Range Not Satisfiable";
    case 429: return "Too Many Requests";
    default: return "Answer";
  }
}

void parse_target(ServerRequest& request) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  request.path = decoded(target.substr(0, mark), false);
  std::string_view query = mark == target.npos ? std::string_view() : target.substr(mark + 1);
  while (!query.empty()) {
    const std::string_view item = query.substr(0, query.find('&'));
    const std::size_t equals = item.find('=');
    const std::string_view value = equals == item.npos ? std::string_view() : item.substr(equals + 1);
    request.query.emplace_back(decoded(item.substr(0, equals), true), decoded(value, true));
    query.remove_prefix(std::min(item.size() + 1, query.size()));
  }
}

}  // namespace

std::string ServerRequest::parameter(std::string_view name) const {
  const auto found = std::ranges::find(query, name, [](const auto& item) { return std::string_view(item.first); });
  return found == query.end() ? std::string() : found->second;
}

std::vector<std::string> ServerRequest::parameters(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [key, value] : query) {
    if (key == name) values.push_back(value);
  }
  return values;
}

std::string ServerRequest::header(std::string_view name) const {
  const auto found = headers.find(std::string(name));
  return found == headers.end() ? std::string() : found->second;
}

void ServerAnswer::set(std::string_view name, std::string_view value) {
  remove(name);
  headers.emplace_back(name, value);
}

void ServerAnswer::remove(std::string_view name) {
  std::erase_if(headers, [&](const auto& header) { return lower(header.first) == lower(name); });
}

/// A socket, perhaps with TLS, and what has been read too much.
struct Server::Stream {
  int socket = -1;
  SSL* tls = nullptr;
  std::string ahead;

  void send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const auto part = std::min<std::size_t>(bytes.size(), std::size_t{1} << 20);
      const auto sent = tls != nullptr ? SSL_write(tls, bytes.data(), static_cast<int>(part))
                                       : ::send(socket, bytes.data(), part, MSG_NOSIGNAL);
      if (sent <= 0) throw Gone{};
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
  }

  void fill() {
    char buffer[65536];
    const auto count = tls != nullptr ? SSL_read(tls, buffer, sizeof buffer) : ::recv(socket, buffer, sizeof buffer, 0);
    if (count <= 0) throw Gone{};
    ahead.append(buffer, static_cast<std::size_t>(count));
    if (ahead.size() > most_request_bytes) throw Gone{};
  }

  std::string line() {
    std::size_t end = 0;
    while ((end = ahead.find("\r\n")) == ahead.npos) fill();
    std::string text = ahead.substr(0, end);
    ahead.erase(0, end + 2);
    return text;
  }

  std::string take(std::size_t size) {
    while (ahead.size() < size) fill();
    std::string bytes = ahead.substr(0, size);
    ahead.erase(0, size);
    return bytes;
  }

  void reset() {
    const linger now{1, 0};
    ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
};

Server::Server(Handler handler, TlsContext tls) : handler_(std::move(handler)), tls_(std::move(tls)) {
  std::signal(SIGPIPE, SIG_IGN);  // TLS writes cannot say MSG_NOSIGNAL
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 64) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("the test server cannot listen");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_loop(); });
}

Server::~Server() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(mutex_);
    for (const int socket : sockets_) ::shutdown(socket, SHUT_RDWR);
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

int Server::open_connections() {
  const std::lock_guard lock(mutex_);
  return static_cast<int>(sockets_.size());
}

void Server::accept_loop() {
  while (!stopping_) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ++accepted_;
    const std::lock_guard lock(mutex_);
    sockets_.insert(socket);
    threads_.emplace_back([this, socket] { serve(socket); });
  }
}

void Server::serve(int socket) {
  Stream stream{socket, nullptr, {}};
  const std::unique_ptr<SSL, decltype(&SSL_free)> tls(tls_ ? SSL_new(tls_.get()) : nullptr, &SSL_free);
  try {
    if (tls) {
      SSL_set_fd(tls.get(), socket);
      if (SSL_accept(tls.get()) != 1) throw Gone{};
      stream.tls = tls.get();
    }
    while (!stopping_ && serve_one(stream)) {
    }
    if (tls) SSL_shutdown(tls.get());
  } catch (const Gone&) {
    // the client went away, or was meant to see it that way
  }
  const std::lock_guard lock(mutex_);
  sockets_.erase(socket);
  ::close(socket);
}

bool Server::serve_one(Stream& stream) {
  ServerRequest request;
  const std::string first = stream.line();
  const std::size_t space = first.find(' ');
  if (space == first.npos) throw Gone{};
  request.method = first.substr(0, space);
  request.target = first.substr(space + 1, first.rfind(' ') - space - 1);
  parse_target(request);
  for (std::string line = stream.line(); !line.empty(); line = stream.line()) {
    const std::size_t colon = line.find(':');
    if (colon == line.npos) continue;
    const std::size_t value = line.find_first_not_of(' ', colon + 1);
    request.headers[lower(line.substr(0, colon))] = value == line.npos ? "" : line.substr(value);
  }
  if (lower(request.header("expect")) == "100-continue") stream.send("HTTP/1.1 100 Continue\r\n\r\n");
  if (request.header("transfer-encoding") == "chunked") {
    for (std::size_t size = 1; size > 0;) {
      size = std::stoul(stream.line(), nullptr, 16);
      request.body += stream.take(size);
      stream.line();
    }
  } else if (const std::string length = request.header("content-length"); !length.empty()) {
    request.body = stream.take(std::stoul(length));
  }
  const ServerAnswer answer = handler_(request);
  const Wire& wire = answer.wire;
  if (wire.raw) {
    stream.send(*wire.raw);
    return false;
  }
  std::string head = fmt::format("HTTP/1.1 {} {}\r\n", answer.status, reason(answer.status));
  for (const auto& [name, value] : answer.headers) head += fmt::format("{}: {}\r\n", name, value);
  if (wire.endless_headers) {
    stream.send(head);
    while (!stopping_) stream.send("X-More: " + std::string(1000, 'x') + "\r\n");
    return false;
  }
  if (wire.chunked) {
    head += "Transfer-Encoding: chunked\r\n";
  } else if (wire.length) {
    if (!wire.length->empty()) head += fmt::format("Content-Length: {}\r\n", *wire.length);
  } else if (!wire.endless && answer.status != 204 && answer.status != 304) {
    head += fmt::format("Content-Length: {}\r\n", answer.size());
  }
  if (!wire.second_length.empty()) head += fmt::format("Content-Length: {}\r\n", wire.second_length);
  const bool ends = wire.endless || wire.length.has_value() || wire.cut_after.has_value();
  if (ends) head += "Connection: close\r\n";
  stream.send(head + "\r\n");
  if (request.method == "HEAD") return !ends;
  send_body(stream, answer);
  return !ends;
}

void Server::pause(std::chrono::milliseconds time) {
  std::unique_lock lock(mutex_);
  wake_.wait_for(lock, time, [this] { return stopping_.load(); });
}

void Server::send_body(Stream& stream, const ServerAnswer& answer) {
  const Wire& wire = answer.wire;
  const std::uint64_t size = wire.endless ? UINT64_MAX : answer.size();
  std::string buffer;
  std::uint64_t sent = 0;
  while (sent < size && !stopping_) {
    std::uint64_t part = std::min<std::uint64_t>(size - sent, std::uint64_t{256} << 10);
    if (wire.bytes_per_second > 0) part = std::min(part, std::max<std::uint64_t>(1, wire.bytes_per_second / 20));
    if (wire.cut_after) part = std::min(part, *wire.cut_after - sent);
    if (wire.stall_after && sent < *wire.stall_after) part = std::min(part, *wire.stall_after - sent);
    if (wire.cut_after && part == 0) break;
    if (wire.stall_after && sent == *wire.stall_after) {
      pause(wire.stall);
      throw Gone{};
    }
    buffer.resize(static_cast<std::size_t>(part));
    if (wire.endless) {
      std::ranges::fill(buffer, 'e');
    } else if (answer.source) {
      answer.source(answer.source_first + sent, buffer);
    } else {
      std::memcpy(buffer.data(), answer.body.data() + sent, buffer.size());
    }
    if (wire.chunked) stream.send(fmt::format("{:x}\r\n", buffer.size()));
    stream.send(buffer);
    if (wire.chunked) stream.send("\r\n");
    sent += part;
    if (wire.bytes_per_second > 0) pause(std::chrono::milliseconds(1000 * part / wire.bytes_per_second));
  }
  if (wire.stall_after && sent == *wire.stall_after && sent == size) {
    pause(wire.stall);  // everything came, but the end of it is not said
    throw Gone{};
  }
  if (wire.cut_after) {
    if (wire.reset) stream.reset();
    throw Gone{};
  }
  if (wire.chunked) stream.send("0\r\n\r\n");
}

}  // namespace etna::test
