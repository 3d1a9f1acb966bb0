#include "engine/net/tls_contexts.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <boost/asio/post.hpp>
#include <utility>

namespace podswarm::engine {

namespace ssl = boost::asio::ssl;

TlsContext make_tls_context(const std::string& ca_file) {
  boost::system::error_code error;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  ::SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION);
  ::SSL_CTX_set_mode(context->native_handle(), SSL_MODE_RELEASE_BUFFERS);
  static constexpr unsigned char kProtocols[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  ::SSL_CTX_set_alpn_protos(context->native_handle(), kProtocols, sizeof kProtocols);
  context->set_verify_mode(ssl::verify_peer, error);
  if (!error) {
    ca_file.empty() ? context->set_default_verify_paths(error) : context->load_verify_file(ca_file, error);
  }
  if (error) {
    const std::string what = ca_file.empty() ? "the system's CAs" : "the CA file " + ca_file;
    return {nullptr, "cannot load " + what + ": " + error.message()};
  }
  return {std::move(context), {}};
}

void TlsContexts::get(const std::string& ca_file, Handler handler) {
  Entry& entry = entries_[ca_file];
  if (entry.made.context) {
    boost::asio::post(io_, [made = entry.made, handler = std::move(handler)] { handler(made); });
    return;
  }
  entry.waiting.push_back(std::move(handler));
  if (entry.waiting.size() > 1) return;
  // The worker holds neither this object nor the handlers, which belong to the network thread.
  boost::asio::post(workers_, [weak = weak_from_this(), &io = io_, ca_file] {
    TlsContext made = make_tls_context(ca_file);
    boost::asio::post(io, [weak, ca_file, made = std::move(made)]() mutable {
      if (const auto self = weak.lock()) self->made(ca_file, std::move(made));
    });
  });
}

void TlsContexts::made(const std::string& ca_file, TlsContext context) {
  Entry& entry = entries_[ca_file];
  entry.made = context;
  const auto waiting = std::exchange(entry.waiting, {});
  for (const Handler& handler : waiting) handler(context);
}

}  // namespace podswarm::engine
