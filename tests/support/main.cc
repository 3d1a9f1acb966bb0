// The end-to-end programs' main(): GoogleTest's, in namespaces of its own.

#include <gtest/gtest.h>

#include <exception>
#include <iostream>

#include "tests/support/network.h"

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!::testing::GTEST_FLAG(list_tests)) {
    try {
      podswarm::test::isolate();
    } catch (const std::exception& error) {
      std::cerr << "no namespaces: " << error.what() << '\n';
      return 1;
    }
  }
  return RUN_ALL_TESTS();
}
