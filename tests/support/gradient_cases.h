#pragma once

#include <vector>

#include "tests/support/op_cases.h"

namespace etna::test {

/// Cases of what the backward pass has operations of its own for.
void add_gradient_cases(std::vector<OpCase>& cases);

}  // namespace etna::test
