// What a test of the HTTP shells needs around it: the network thread's io_context, run by the test itself until
// something has happened; workers; a client that finds every name ending in ".test" on 127.0.0.1.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <string>

#include "engine/net/http_client.h"

namespace podswarm::engine::testing {

class HttpFixture : public ::testing::Test {
 protected:
  HttpFixture() {
    std::string pattern = (std::filesystem::temp_directory_path() / "podswarm-http-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    folder = pattern;
  }
  ~HttpFixture() override {
    workers.join();
    std::error_code ignored;
    std::filesystem::remove_all(folder, ignored);
  }

  [[nodiscard]] static Lookup test_lookup(const std::string& host) {
    if (host.ends_with(".test")) return {{boost::asio::ip::make_address("127.0.0.1")}, {}};
    return {{}, "no such host"};
  }

  // False when it has not happened after ten seconds: a hang, not slowness.
  bool run_until(const std::function<bool()>& happened) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (!happened()) {
      // In slices: what is waited for may happen on another thread.
      io.run_one_for(std::chrono::milliseconds(5));
      if (std::chrono::steady_clock::now() >= deadline) return false;
    }
    return true;
  }

  [[nodiscard]] HttpRequest request_for(const std::string& url) const {
    HttpRequest request;
    request.url = url;
    request.user_agent = "Podswarm-test/1.0";
    request.connect_timeout = std::chrono::milliseconds(5'000);
    request.stall_timeout = std::chrono::milliseconds(5'000);
    return request;
  }

  [[nodiscard]] HttpResult<HttpResponse> get(HttpRequest request, std::size_t max_bytes = 1u << 20) {
    std::optional<HttpResult<HttpResponse>> result;
    const auto call = client.get(std::move(request), max_bytes, std::chrono::milliseconds(0),
                                 [&](HttpResult<HttpResponse> answer) { result = std::move(answer); });
    if (!run_until([&] { return result.has_value(); })) return base::fail(HttpError::kTimeout, "the test hangs");
    return std::move(*result);
  }
  [[nodiscard]] HttpResult<HttpResponse> get(const std::string& url) { return get(request_for(url)); }

  [[nodiscard]] static std::string content_of(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return out.str();
  }
  static void write(const std::filesystem::path& path, const std::string& content) {
    std::ofstream(path, std::ios::binary) << content;
  }

  std::filesystem::path folder;
  boost::asio::io_context io;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work = boost::asio::make_work_guard(io);
  boost::asio::thread_pool workers{2};
  HttpClient client{io, workers, {test_lookup, std::chrono::milliseconds(250)}};
};

}  // namespace podswarm::engine::testing
