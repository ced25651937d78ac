// A kernel's arguments as one struct for C++ and for GLSL's push constants (at most 128 bytes; device addresses are
// uint64_t). Both sides lay members out alike: natural alignment, arrays without padding.
//
//   ETNA_ARGS(FooArgs) { uint64_t x; uint32_t count; } ETNA_ARGS_END
#ifdef __cplusplus
#pragma once
#include <cstdint>
#define ETNA_ARGS(name) namespace etna::vulkan { struct name
#define ETNA_ARGS_END ; }
#else
#define ETNA_ARGS(name) layout(push_constant, scalar) uniform name
#define ETNA_ARGS_END args;
#endif
