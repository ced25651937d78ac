#include "tests/hub/support/certificates.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <mutex>
#include <stdexcept>
#include <utility>

#include "tests/hub/support/protocols.h"

namespace etna::test {

namespace {

std::mutex offers_mutex;  // guards offers
std::vector<std::string> offers;

/// OpenSSL's: names, each behind a byte with its length.
int note_offer(SSL*, const unsigned char**, unsigned char*, const unsigned char* list, unsigned size, void*) {
  std::string offer;
  for (unsigned at = 0; at < size; at += 1u + list[at]) {
    if (!offer.empty()) offer += ',';
    offer.append(reinterpret_cast<const char*>(list) + at + 1, list[at]);
  }
  const std::lock_guard lock(offers_mutex);
  offers.push_back(std::move(offer));
  return SSL_TLSEXT_ERR_NOACK;
}

void check(bool fine, const char* what) {
  if (!fine) throw std::runtime_error(std::string("test certificates: ") + what);
}

std::shared_ptr<EVP_PKEY> make_key() {
  std::shared_ptr<EVP_PKEY> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  check(key != nullptr, "no key");
  return key;
}

void add_extension(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  check(extension != nullptr, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

std::shared_ptr<X509> make_certificate(const std::string& name, EVP_PKEY* key, long from_seconds, long to_seconds) {
  static std::atomic<long> serial{1};
  std::shared_ptr<X509> certificate(X509_new(), &X509_free);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), from_seconds);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), to_seconds);
  X509_set_pubkey(certificate.get(), key);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate.get()), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  return certificate;
}

void sign(X509* certificate, X509* issuer, EVP_PKEY* key) {
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer));
  check(X509_sign(certificate, key, EVP_sha256()) > 0, "not signed");
}

}  // namespace

Authority::Authority()
    : key_(make_key()), certificate_(make_certificate("Etna test authority", key_.get(), -3600, 86400)) {
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  sign(certificate_.get(), certificate_.get(), key_.get());
  static std::atomic<int> count{0};
  file_ = std::filesystem::temp_directory_path() /
          ("etna-test-ca-" + std::to_string(::getpid()) + "-" + std::to_string(count++) + ".pem");
  std::FILE* file = std::fopen(file_.c_str(), "w");
  check(file != nullptr, "no file");
  PEM_write_X509(file, certificate_.get());
  std::fclose(file);
}

Authority::~Authority() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

TlsContext Authority::server_context(const std::vector<std::string>& names, CertificateFlaw flaw) const {
  const auto key = make_key();
  const long begin = flaw == CertificateFlaw::expired ? -7200 : -3600;
  const long end = flaw == CertificateFlaw::expired ? -3600 : 86400;
  const auto certificate = make_certificate("Etna test server", key.get(), begin, end);
  std::string alternatives;
  for (const std::string& name : names) {
    if (!alternatives.empty()) alternatives += ',';
    alternatives += (name.find_first_not_of("0123456789.") == name.npos ? "IP:" : "DNS:") + name;
  }
  if (flaw == CertificateFlaw::wrong_name) alternatives = "DNS:elsewhere.test";
  add_extension(certificate.get(), certificate_.get(), NID_subject_alt_name, alternatives);
  if (flaw == CertificateFlaw::self_signed) {
    sign(certificate.get(), certificate.get(), key.get());
  } else {
    sign(certificate.get(), certificate_.get(), key_.get());
  }
  TlsContext context(SSL_CTX_new(TLS_server_method()), &SSL_CTX_free);
  check(SSL_CTX_use_certificate(context.get(), certificate.get()) == 1, "no certificate");
  check(SSL_CTX_use_PrivateKey(context.get(), key.get()) == 1, "no private key");
  SSL_CTX_set_alpn_select_cb(context.get(), &note_offer, nullptr);
  return context;
}

std::vector<std::string> take_offered_protocols() {
  const std::lock_guard lock(offers_mutex);
  return std::exchange(offers, {});
}

}  // namespace etna::test
