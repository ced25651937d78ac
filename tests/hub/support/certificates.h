#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace etna::test {

using TlsContext = std::shared_ptr<SSL_CTX>;

/// What is wrong with a server's certificate.
enum class CertificateFlaw { none, expired, wrong_name, self_signed };

/// A certificate authority made when a test starts; its key never touches the disk.
class Authority {
public:
  Authority();

  /// PEM file that a client trusts; removed with the object.
  const std::filesystem::path& file() const { return file_; }

  /// A server's context for these names ("hub.test", "127.0.0.1").
  TlsContext server_context(const std::vector<std::string>& names, CertificateFlaw flaw = CertificateFlaw::none) const;

  ~Authority();
  Authority(const Authority&) = delete;
  Authority& operator=(const Authority&) = delete;

private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::filesystem::path file_;
};

}  // namespace etna::test
