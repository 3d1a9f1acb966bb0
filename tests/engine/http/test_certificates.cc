#include "tests/engine/http/test_certificates.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <stdexcept>

#include "base/bytes.h"

namespace podswarm::engine::testing {

namespace {

void check(bool good) {
  if (!good) throw std::runtime_error("OpenSSL refused to make a test certificate");
}

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string out(data, static_cast<std::size_t>(size));
  ::BIO_free(bio);
  return out;
}

std::string pem_of(X509* certificate) {
  BIO* const bio = ::BIO_new(::BIO_s_mem());
  check(::PEM_write_bio_X509(bio, certificate) == 1);
  return text_of(bio);
}

std::string pem_of(EVP_PKEY* key) {
  BIO* const bio = ::BIO_new(::BIO_s_mem());
  check(::PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(bio);
}

// Two authorities of one name would be taken for each other.
std::string unique_word() {
  base::Bytes random(8);
  check(::RAND_bytes(random.data(), static_cast<int>(random.size())) == 1);
  return base::to_hex(random);
}

void add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  ::X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = ::X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  check(extension != nullptr);
  ::X509_add_ext(certificate, extension, -1);
  ::X509_EXTENSION_free(extension);
}

// Without issuer, it is its own.
X509* make(EVP_PKEY* key, const std::string& common_name, X509* issuer, long valid_for_s) {
  X509* const certificate = ::X509_new();
  check(certificate != nullptr);
  ::X509_set_version(certificate, 2);
  std::uint32_t serial = 0;
  check(::RAND_bytes(reinterpret_cast<unsigned char*>(&serial), sizeof serial) == 1);
  ::ASN1_INTEGER_set_uint64(::X509_get_serialNumber(certificate), serial);
  ::X509_gmtime_adj(::X509_getm_notBefore(certificate), -3600);
  ::X509_gmtime_adj(::X509_getm_notAfter(certificate), valid_for_s - 3600);
  ::X509_set_pubkey(certificate, key);
  X509_NAME* const name = ::X509_get_subject_name(certificate);
  ::X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common_name.c_str()),
                               -1, -1, 0);
  ::X509_set_issuer_name(certificate, issuer == nullptr ? name : ::X509_get_subject_name(issuer));
  return certificate;
}

}  // namespace

TestAuthority::TestAuthority() : key_(::EVP_EC_gen("P-256")) {
  check(key_ != nullptr);
  certificate_.reset(make(key_.get(), "Test authority " + unique_word(), nullptr, 86'400));
  add_extension(certificate_.get(), certificate_.get(), NID_basic_constraints, "critical,CA:TRUE");
  add_extension(certificate_.get(), certificate_.get(), NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(certificate_.get(), certificate_.get(), NID_subject_key_identifier, "hash");
  check(::X509_sign(certificate_.get(), key_.get(), ::EVP_sha256()) > 0);
}

std::string TestAuthority::ca_pem() const {
  return pem_of(certificate_.get());
}

TestTls TestAuthority::issue(const std::string& alternative_names, long valid_for_s) const {
  const std::unique_ptr<EVP_PKEY, Free> key(::EVP_EC_gen("P-256"));
  check(key != nullptr);
  const std::unique_ptr<X509, Free> certificate(make(key.get(), "Test server", certificate_.get(), valid_for_s));
  add_extension(certificate.get(), certificate_.get(), NID_basic_constraints, "CA:FALSE");
  add_extension(certificate.get(), certificate_.get(), NID_subject_alt_name, alternative_names);
  check(::X509_sign(certificate.get(), key_.get(), ::EVP_sha256()) > 0);
  return {pem_of(certificate.get()), pem_of(key.get())};
}

}  // namespace podswarm::engine::testing
