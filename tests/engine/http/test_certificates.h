// A certificate authority for tests, made anew in each run: nothing to expire, no key in the repository.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string>

#include "tests/engine/http/test_http_server.h"

namespace podswarm::engine::testing {

class TestAuthority {
 public:
  TestAuthority();

  [[nodiscard]] std::string ca_pem() const;
  // `alternative_names` as OpenSSL writes them: "DNS:media.test,IP:127.0.0.1". Valid from an hour ago for so long.
  [[nodiscard]] TestTls issue(const std::string& alternative_names, long valid_for_s = 86'400) const;

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
};

}  // namespace podswarm::engine::testing
