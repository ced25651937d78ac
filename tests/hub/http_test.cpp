#include "hub/http.h"

#include <gtest/gtest.h>
