// A certificate authority that a test makes for itself, and the certificates it signs. Keys are P-256, made in memory.
#pragma once

#include <openssl/ssl.h>

#include <filesystem>
#include <memory>
#include <string>

namespace podswarm::feeds::testing {

struct CertificateOptions {
  std::string names = "DNS:feed.test";  // subjectAltName as OpenSSL's configuration writes it
  long valid_from_s = -3600;            // from now
  long valid_to_s = 3600;
  bool self_signed = false;
};

class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  // The CA's certificate as a PEM file, removed with this object.
  [[nodiscard]] const std::string& file() const { return file_; }
  // For a server.
  [[nodiscard]] std::shared_ptr<SSL_CTX> server(const CertificateOptions& options = {}) const;

 private:
  std::shared_ptr<EVP_PKEY> key_;
  std::shared_ptr<X509> certificate_;
  std::string file_;
};

}  // namespace podswarm::feeds::testing
