#include "engine/net/certificate_names.h"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cstring>
#include <memory>
#include <vector>

#include "base/text.h"

namespace podswarm::engine {

namespace {

constexpr std::size_t kMaxNames = 4;
constexpr std::size_t kMaxNameLength = 100;

// What a certificate says goes into a message: one short line.
std::string clean(std::string_view text) {
  std::string out = base::repair_utf8(base::utf8_prefix(text, kMaxNameLength));
  for (char& c : out) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  }
  return out;
}

std::string ip_text(const ASN1_OCTET_STRING* ip) {
  const unsigned char* data = ::ASN1_STRING_get0_data(ip);
  if (::ASN1_STRING_length(ip) == 4) {
    boost::asio::ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), data, bytes.size());
    return boost::asio::ip::address_v4(bytes).to_string();
  }
  if (::ASN1_STRING_length(ip) == 16) {
    boost::asio::ip::address_v6::bytes_type bytes;
    std::memcpy(bytes.data(), data, bytes.size());
    return boost::asio::ip::address_v6(bytes).to_string();
  }
  return {};
}

std::vector<std::string> alternative_names(X509* certificate) {
  struct Free {
    void operator()(GENERAL_NAMES* names) const { ::GENERAL_NAMES_free(names); }
  };
  std::vector<std::string> out;
  const std::unique_ptr<GENERAL_NAMES, Free> names(
      static_cast<GENERAL_NAMES*>(::X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) {
      const auto* data = reinterpret_cast<const char*>(::ASN1_STRING_get0_data(name->d.dNSName));
      out.push_back(clean({data, static_cast<std::size_t>(::ASN1_STRING_length(name->d.dNSName))}));
    } else if (name->type == GEN_IPADD) {
      out.push_back(ip_text(name->d.iPAddress));
    }
  }
  std::erase(out, "");
  return out;
}

std::string names_of(X509* certificate) {
  if (certificate == nullptr) return {};
  std::vector<std::string> names = alternative_names(certificate);
  if (names.empty()) {
    char common_name[256] = {};
    const int length = ::X509_NAME_get_text_by_NID(::X509_get_subject_name(certificate), NID_commonName, common_name,
                                                   sizeof common_name);
    if (length > 0) names.push_back(clean(common_name));
  }
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), kMaxNames); ++i) out += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kMaxNames) out += " and others";
  return out;
}

}  // namespace

std::string describe_certificate_problem(X509_STORE_CTX* context) {
  const int error = ::X509_STORE_CTX_get_error(context);
  switch (error) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH: {
      const std::string names = names_of(::X509_STORE_CTX_get0_cert(context));
      return names.empty() ? "certificate is for another host" : "certificate is for " + names;
    }
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "certificate has expired";
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return "certificate is not valid yet (is the clock right?)";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
      return "certificate is self-signed";
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "certificate is signed by an unknown authority";
    default:
      return std::string("certificate is refused: ") + ::X509_verify_cert_error_string(error);
  }
}

}  // namespace podswarm::engine
