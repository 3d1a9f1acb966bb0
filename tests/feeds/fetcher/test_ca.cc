#include "tests/feeds/fetcher/test_ca.h"

#include <gtest/gtest.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <unistd.h>

#include <cstdio>

namespace podswarm::feeds::testing {

namespace {

std::shared_ptr<EVP_PKEY> new_key() {
  return {EVP_EC_gen("P-256"), EVP_PKEY_free};
}

void add_extension(X509* certificate, int kind, const std::string& value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  ASSERT_NE(extension, nullptr) << value;
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// `issuer` null: signed by its own key.
std::shared_ptr<X509> new_certificate(const char* name, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key, bool is_ca,
                                      const CertificateOptions& options) {
  std::shared_ptr<X509> certificate(X509_new(), X509_free);
  X509* x = certificate.get();
  static long serial = 1;
  X509_set_version(x, 2);
  ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(x), options.valid_from_s);
  X509_gmtime_adj(X509_getm_notAfter(x), options.valid_to_s);
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name),
                             -1, -1, 0);
  X509_set_issuer_name(x, X509_get_subject_name(issuer != nullptr ? issuer : x));
  X509_set_pubkey(x, key);
  add_extension(x, NID_basic_constraints, is_ca ? "critical,CA:TRUE" : "CA:FALSE");
  if (!is_ca) add_extension(x, NID_subject_alt_name, options.names);
  EXPECT_GT(X509_sign(x, issuer_key, EVP_sha256()), 0);
  return certificate;
}

}  // namespace

TestCa::TestCa() : key_(new_key()) {
  certificate_ = new_certificate("Test CA", key_.get(), nullptr, key_.get(), true, {});
  std::string name = (std::filesystem::temp_directory_path() / "podswarm-ca-XXXXXX").string();
  const int fd = ::mkstemp(name.data());
  FILE* file = ::fdopen(fd, "w");
  EXPECT_EQ(PEM_write_X509(file, certificate_.get()), 1);
  std::fclose(file);
  file_ = name;
}

TestCa::~TestCa() {
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

std::shared_ptr<SSL_CTX> TestCa::server(const CertificateOptions& options) const {
  const auto key = new_key();
  const auto certificate = options.self_signed
                               ? new_certificate("self", key.get(), nullptr, key.get(), false, options)
                               : new_certificate("leaf", key.get(), certificate_.get(), key_.get(), false, options);
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_server_method()), SSL_CTX_free);
  EXPECT_EQ(SSL_CTX_use_certificate(context.get(), certificate.get()), 1);
  EXPECT_EQ(SSL_CTX_use_PrivateKey(context.get(), key.get()), 1);
  return context;
}

}  // namespace podswarm::feeds::testing
