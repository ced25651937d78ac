// Products of 16 x 16 matrices by a subgroup: left (16, 16) · right (16, 16) + sum, factors of 16 bits in shared memory
// (array `tiles`), sums in float32 (array `sums`). Cooperative matrices where the device has them; compiled with EMULATED
// the same in plain arithmetic, so that kernels can be tested on any device.
//
//   load_matrix(m, at, stride, by_columns)   from tiles[at], rows (or columns) `stride` uvec4 apart
//   multiply_add(left, right, sum)           sum += left · right
//   store_matrix(sum, at, stride)            to sums[at], rows `stride` floats apart
//
// A factor must stay in shared memory until it was multiplied.
#extension GL_KHR_shader_subgroup_basic : require
#ifndef EMULATED
#extension GL_KHR_memory_scope_semantics : require
#extension GL_EXT_shader_explicit_arithmetic_types_float16 : require
#extension GL_NV_cooperative_matrix : require
#pragma use_vulkan_memory_model
#endif

const uint matrix_size = 16;

#ifdef EMULATED

const uint most_of_lane = 32;  // elements: subgroups have eight invocations at least

struct LeftMatrix { uint at; uint stride; bool by_columns; };
struct MatrixSum { float v[most_of_lane]; };
#define RightMatrix LeftMatrix

float element(LeftMatrix m, uint row, uint column) {
  uint at = m.at * 8 + (m.by_columns ? column * m.stride * 8 + row : row * m.stride * 8 + column);
  vec2 pair = unpack2(tiles[at / 8][at % 8 / 2], matrix_type);
  return at % 2 == 0 ? pair.x : pair.y;
}

void multiply_add_emulated(LeftMatrix left, RightMatrix right, inout MatrixSum sum) {
  for (uint i = 0; i * gl_SubgroupSize < 256; ++i) {
    uint e = i * gl_SubgroupSize + gl_SubgroupInvocationID;
    float value = sum.v[i];
    [[unroll]] for (uint k = 0; k < matrix_size; ++k) value = fma(element(left, e / 16, k), element(right, k, e % 16), value);
    sum.v[i] = value;
  }
}

void store_emulated(MatrixSum sum, uint at, uint stride) {
  for (uint i = 0; i * gl_SubgroupSize < 256; ++i) {
    uint e = i * gl_SubgroupSize + gl_SubgroupInvocationID;
    sums[at + e / 16 * stride + e % 16] = sum.v[i];
  }
}

MatrixSum zero_matrix() {
  MatrixSum zero;
  for (uint i = 0; i < most_of_lane; ++i) zero.v[i] = 0.0;
  return zero;
}

#define load_matrix(m, start, row_stride, columns) \
  m.at = start;                                    \
  m.stride = row_stride;                           \
  m.by_columns = columns
#define multiply_add(left, right, sum) multiply_add_emulated(left, right, sum)
#define store_matrix(sum, start, row_stride) store_emulated(sum, start, row_stride)

#else

// Three constants of one value: left and right factors and sums must be different types (tools/khr_matrices.h).
layout(constant_id = 60) const uint matrix_rows = 16;
layout(constant_id = 61) const uint matrix_columns = 16;
layout(constant_id = 62) const uint matrix_depth = 16;

#define LeftMatrix fcoopmatNV<16, gl_ScopeSubgroup, matrix_rows, matrix_depth>
#define RightMatrix fcoopmatNV<16, gl_ScopeSubgroup, matrix_depth, matrix_columns>
#define MatrixSum fcoopmatNV<32, gl_ScopeSubgroup, matrix_rows, matrix_columns>

#define zero_matrix() MatrixSum(0.0)
#define load_matrix(m, start, row_stride, columns) coopMatLoadNV(m, tiles, start, row_stride, columns)
#define multiply_add(left, right, sum) sum = coopMatMulAddNV(left, right, sum)
#define store_matrix(sum, start, row_stride) coopMatStoreNV(sum, sums, start, row_stride, false)

#endif
