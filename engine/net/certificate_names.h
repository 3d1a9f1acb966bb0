// Why a certificate is refused, in words that name the cause. Any thread.
#pragma once

#include <string>

struct x509_store_ctx_st;

namespace podswarm::engine {

// Of a verification that has just failed: "certificate is for other.org", "certificate has expired",
// "certificate is signed by an unknown authority".
[[nodiscard]] std::string describe_certificate_problem(x509_store_ctx_st* context);

}  // namespace podswarm::engine
