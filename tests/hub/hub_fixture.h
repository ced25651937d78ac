#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>

#include "hub/api.h"
#include "hub/http.h"
#include "tests/hub/support/test_hub.h"

namespace etna::test {

/// The HubError that work throws; fails the test if it throws none.
inline hub::Problem problem_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const hub::HubError& error) {
    return error.problem();
  } catch (const std::exception& error) {
    ADD_FAILURE() << "another error: " << error.what();
    return {};
  }
  ADD_FAILURE() << "no error";
  return {};
}

inline Errc errc_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "no error";
  return Errc::invalid_argument;
}

inline hub::Request get_file(std::string url) {
  hub::Request request;
  request.url = std::move(url);
  request.content = hub::Content::file;
  request.limit = UINT64_MAX;
  return request;
}

/// Keeps what arrives.
class KeepingSink : public hub::Sink {
public:
  void begin(const hub::Response& response) override { head = response; }

  void write(std::span<const std::byte> bytes) override {
    text.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }

  hub::Response head;
  std::string text;
};

/// A hub with one public model: a configuration, and weights behind the content network.
class HubTest : public testing::Test {
protected:
  explicit HubTest(TestHubOptions options = {}) : hub(options), token("hf_canarycanarycanarycanarycanary01") {
    weights = make_pattern_blob(300'000, 7);
    config = make_blob("{\"model_type\":\"llama\"}", false);
    hub.add("etna/tiny")
        .commit({{"config.json", config}, {"model.safetensors", weights}, {"sub/dir/extra.txt", config}});
    hub.add_user(token, {"reader", "read"});
  }

  std::shared_ptr<hub::HttpClient> client(bool with_token = false) {
    return std::make_shared<hub::HttpClient>(hub.settings(),
                                             [this, with_token] { return with_token ? token : std::string(); });
  }

  hub::HubApi api(bool with_token = false) { return hub::HubApi(client(with_token)); }

  std::string file_url(const std::string& path = "model.safetensors") {
    return hub.endpoint() + "/etna/tiny/resolve/main/" + path;
  }

  const std::string& commit() { return hub.find("etna/tiny")->commits.back().id; }

  TestHub hub;
  std::string token;
  BlobRef weights;
  BlobRef config;
};

}  // namespace etna::test
