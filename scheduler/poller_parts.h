// What the poller's files share: addresses compared, and what is said of an answer. For poller*.cc only. Pure.
#pragma once

#include <string>

#include "scheduler/poller.h"

namespace podswarm::scheduler {

[[nodiscard]] std::string host_of(const std::string& url);
// Scheme, host and port: where credentials may be sent again.
[[nodiscard]] bool same_origin(const std::string& a, const std::string& b);
// http or https, with no password in it.
[[nodiscard]] bool is_plain_address(const std::string& url);

// A page of the past by its address, whatever the order of its parameters; and by what stands in it, for servers that
// answer any number of a page with the same one.
[[nodiscard]] std::string page_address(const std::string& url);
[[nodiscard]] std::string page_content(const feeds::Feed& document);

// For a person, of an answer that is neither 200 nor 304.
[[nodiscard]] std::string status_message(int status);

// Adds a sentence to what there is to say; "" adds nothing.
void add_notice(PollReport& report, const std::string& notice);

}  // namespace podswarm::scheduler
