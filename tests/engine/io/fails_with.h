#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/base/error.h"

namespace etna::test {

/// Expects that `body` throws an Error of this code whose message holds every one of `parts`.
template <class Body>
void expect_failure(Body&& body, Errc code, std::initializer_list<const char*> parts) {
  try {
    body();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const Error& error) {
    EXPECT_EQ(name(error.code()), name(code)) << error.what();
    for (const char* part : parts) EXPECT_THAT(std::string(error.what()), testing::HasSubstr(part));
  }
}

}  // namespace etna::test
