#pragma once

#include <vector>

#include "tests/support/op_cases.h"

namespace etna::test {

/// Cases of what mixtures of experts are made of: picking, gathering, products with chosen experts, their sum.
void add_expert_cases(std::vector<OpCase>& cases);

}  // namespace etna::test
