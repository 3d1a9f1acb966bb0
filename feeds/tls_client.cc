#include "feeds/tls_client.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <mutex>
#include <new>

#include "base/text.h"

namespace podswarm::feeds {

namespace {

constexpr std::chrono::hours kContextLife{1};
constexpr std::size_t kMaxContexts = 16;

struct CachedContext {
  std::shared_ptr<SSL_CTX> context;
  std::filesystem::file_time_type changed;
  std::chrono::steady_clock::time_point made;
};

std::string openssl_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* reason = code != 0 ? ERR_reason_error_string(code) : nullptr;
  return reason != nullptr ? reason : "unknown error";
}

FetchResult<std::shared_ptr<SSL_CTX>> make_context(const std::string& ca_file) {
  ERR_clear_error();
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) throw std::bad_alloc();
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                     : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
  if (loaded != 1) {
    return base::fail(FetchError::kTls, (ca_file.empty() ? "cannot read the system's CAs: "
                                                         : "cannot read the CA file " + ca_file + ": ") +
                                            openssl_error());
  }
  return context;
}

bool is_numeric(const std::string& host) {
  unsigned char bytes[16];
  return ::inet_pton(AF_INET, host.c_str(), bytes) == 1 || ::inet_pton(AF_INET6, host.c_str(), bytes) == 1;
}

// The names in the server's certificate, for a message: the first few, printable.
std::string names_of(X509* certificate) {
  auto* names = static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return "";
  constexpr int kShown = 3;
  std::string out;
  int shown = 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(names) && shown < kShown; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type != GEN_DNS) continue;
    const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    std::string part(text, static_cast<std::size_t>(std::min(ASN1_STRING_length(name->d.dNSName), 80)));
    for (char& c : part) {
      if (c <= ' ' || c > '~') c = '?';
    }
    out += (shown++ == 0 ? "" : ", ") + part;
  }
  GENERAL_NAMES_free(names);
  return out;
}

}  // namespace

FetchResult<std::shared_ptr<SSL_CTX>> tls_context(const std::string& ca_file) {
  static std::mutex mutex;
  static std::map<std::string, CachedContext> cache;
  std::error_code ignored;
  const auto changed =
      ca_file.empty() ? std::filesystem::file_time_type{} : std::filesystem::last_write_time(ca_file, ignored);
  const auto now = std::chrono::steady_clock::now();
  const std::lock_guard lock(mutex);
  if (const auto found = cache.find(ca_file); found != cache.end()) {
    if (found->second.changed == changed && now - found->second.made < kContextLife) return found->second.context;
    cache.erase(found);
  }
  auto context = make_context(ca_file);
  if (!context) return context;
  if (cache.size() >= kMaxContexts) cache.clear();
  cache[ca_file] = {*context, changed, now};
  return context;
}

TlsClient::TlsClient(std::shared_ptr<SSL_CTX> context, const std::string& host)
    : context_(std::move(context)), ssl_(SSL_new(context_.get()), SSL_free), host_(host) {
  BIO* input = BIO_new(BIO_s_mem());
  BIO* output = BIO_new(BIO_s_mem());
  if (!ssl_ || input == nullptr || output == nullptr) throw std::bad_alloc();
  SSL_set_bio(ssl_.get(), input, output);
  SSL_set_connect_state(ssl_.get());
  SSL_set_app_data(ssl_.get(), this);
  SSL_set_verify(ssl_.get(), SSL_VERIFY_PEER, on_verified);
  if (is_numeric(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_.get()), host.c_str());
    return;
  }
  std::string name = host;
  if (name.ends_with('.')) name.pop_back();  // a rooted name; certificates and SNI have no such dot
  SSL_set_hostflags(ssl_.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  if (SSL_set1_host(ssl_.get(), name.c_str()) != 1 || SSL_set_tlsext_host_name(ssl_.get(), name.c_str()) != 1) {
    throw std::bad_alloc();
  }
}

int TlsClient::on_verified(int ok, X509_STORE_CTX* verification) {
  const int error = X509_STORE_CTX_get_error(verification);
  if (ok == 0 && (error == X509_V_ERR_HOSTNAME_MISMATCH || error == X509_V_ERR_IP_ADDRESS_MISMATCH)) {
    // After the handshake has failed, OpenSSL no longer has the certificate.
    const auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(verification, SSL_get_ex_data_X509_STORE_CTX_idx()));
    static_cast<TlsClient*>(SSL_get_app_data(ssl))->other_names_ = names_of(X509_STORE_CTX_get0_cert(verification));
  }
  return ok;
}

TlsClient::Step TlsClient::step(int result) {
  if (result == 1) return Step::kDone;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
      return Step::kNeedsInput;
    case SSL_ERROR_ZERO_RETURN:
      return Step::kClosed;
    default:
      failure_ = describe_failure();
      return Step::kFailed;
  }
}

TlsClient::Step TlsClient::handshake() {
  ERR_clear_error();
  return step(SSL_do_handshake(ssl_.get()));
}

TlsClient::Step TlsClient::read(char* buffer, std::size_t capacity, std::size_t& size) {
  ERR_clear_error();
  size = 0;
  return step(SSL_read_ex(ssl_.get(), buffer, capacity, &size));
}

TlsClient::Step TlsClient::write(std::string_view data) {
  ERR_clear_error();
  if (data.empty()) return Step::kDone;
  std::size_t written = 0;
  return step(SSL_write_ex(ssl_.get(), data.data(), data.size(), &written));
}

void TlsClient::put_input(std::string_view bytes) {
  std::size_t written = 0;
  if (BIO_write_ex(SSL_get_rbio(ssl_.get()), bytes.data(), bytes.size(), &written) != 1) throw std::bad_alloc();
}

std::string TlsClient::take_output() {
  BIO* output = SSL_get_wbio(ssl_.get());
  std::string bytes(BIO_ctrl_pending(output), '\0');
  std::size_t size = 0;
  if (!bytes.empty() && BIO_read_ex(output, bytes.data(), bytes.size(), &size) != 1) size = 0;
  bytes.resize(size);
  return bytes;
}

std::string TlsClient::describe_failure() const {
  const long verified = SSL_get_verify_result(ssl_.get());
  if (verified == X509_V_OK) return "TLS failed: " + openssl_error();
  if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
    return "the server's certificate is not for " + host_ + (other_names_.empty() ? "" : ", but for " + other_names_);
  }
  return std::string("the server's certificate is not valid: ") + X509_verify_cert_error_string(verified);
}

}  // namespace podswarm::feeds
