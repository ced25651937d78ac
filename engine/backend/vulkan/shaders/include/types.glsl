// Storage types: elements are loaded into and stored from float (or 32-bit integers); arithmetic is never done in them.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#extension GL_EXT_shader_explicit_arithmetic_types_int32 : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_8bit_storage : require
#extension GL_EXT_control_flow_attributes : require

// As etna::DType.
const uint float32 = 0;
const uint float16 = 1;
const uint bfloat16 = 2;
const uint int32 = 3;
const uint uint32 = 4;
const uint uint8 = 5;
const uint boolean = 6;

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Float32s { float v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Float16s { float16_t v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Uint32s { uint v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Int32s { int v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Uint16s { uint16_t v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 1) buffer Uint8s { uint8_t v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) restrict readonly buffer Uint4s { uvec4 v[]; };
layout(buffer_reference, scalar, buffer_reference_align = 8) restrict readonly buffer Uint2s { uvec2 v[]; };

bool is_floating(uint dtype) { return dtype <= bfloat16; }

uint size_of(uint dtype) { return dtype == float16 || dtype == bfloat16 ? 2 : dtype >= uint8 ? 1 : 4; }

float from_bfloat16(uint bits) { return uintBitsToFloat(bits << 16); }

uint to_bfloat16(float value) {  // nearest, ties to even
  uint bits = floatBitsToUint(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return (bits >> 16) | 0x40;
  return (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
}

float load(uint64_t base, uint index, uint dtype) {
  if (dtype == float32) return Float32s(base).v[index];
  if (dtype == float16) return float(Float16s(base).v[index]);
  return from_bfloat16(uint(Uint16s(base).v[index]));
}

void store(uint64_t base, uint index, float value, uint dtype) {
  if (dtype == float32) Float32s(base).v[index] = value;
  else if (dtype == float16) Float16s(base).v[index] = float16_t(value);
  else Uint16s(base).v[index] = uint16_t(to_bfloat16(value));
}

vec2 unpack2(uint word, uint dtype) {
  if (dtype == float16) return unpackHalf2x16(word);
  return vec2(uintBitsToFloat(word << 16), uintBitsToFloat(word & 0xffff0000u));
}

// Eight elements from element index `index`, a multiple of 8, of an array aligned to 16 bytes.
void load8(uint64_t base, uint index, uint dtype, out float values[8]) {
  if (dtype == float32) {
    uvec4 low = Uint4s(base).v[index / 4], high = Uint4s(base).v[index / 4 + 1];
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      values[i] = uintBitsToFloat(low[i]);
      values[i + 4] = uintBitsToFloat(high[i]);
    }
  } else {
    uvec4 words = Uint4s(base).v[index / 8];
    [[unroll]] for (uint i = 0; i < 4; ++i) {
      vec2 pair = unpack2(words[i], dtype);
      values[2 * i] = pair.x;
      values[2 * i + 1] = pair.y;
    }
  }
}

// Four elements from element index `index`, a multiple of 4, of an array aligned to 16 bytes.
vec4 load4(uint64_t base, uint index, uint dtype) {
  if (dtype == float32) return uintBitsToFloat(Uint4s(base).v[index / 4]);
  uvec2 words = Uint2s(base).v[index / 4];
  return vec4(unpack2(words.x, dtype), unpack2(words.y, dtype));
}

// An element's bits, whatever it is, for copies that must not change them.
uint load_bits(uint64_t base, uint index, uint dtype) {
  uint size = size_of(dtype);
  if (size == 4) return Uint32s(base).v[index];
  if (size == 2) return uint(Uint16s(base).v[index]);
  return uint(Uint8s(base).v[index]);
}

void store_bits(uint64_t base, uint index, uint bits, uint dtype) {
  uint size = size_of(dtype);
  if (size == 4) Uint32s(base).v[index] = bits;
  else if (size == 2) Uint16s(base).v[index] = uint16_t(bits);
  else Uint8s(base).v[index] = uint8_t(bits);
}
