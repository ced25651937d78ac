float sigmoid(float x) { return 1.0 / (1.0 + exp(-x)); }

float silu(float x) { return x * sigmoid(x); }

float hyperbolic_tangent(float x) {  // drivers may overflow where the result is 1 long since
  return tanh(clamp(x, -15.0, 15.0));
}

// Abramowitz and Stegun, 7.1.26: absolute error below 1.5e-7.
float error_function(float x) {
  float t = 1.0 / (1.0 + 0.3275911 * abs(x));
  float polynomial = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return sign(x) * (1.0 - polynomial * exp(-x * x));
}

float infinity() { return uintBitsToFloat(0x7f800000u); }

float not_a_number() { return uintBitsToFloat(0x7fc00000u); }

// pow() of GLSL is undefined for negative bases.
float power(float base, float exponent) {
  if (exponent == 0.0 || base == 1.0) return 1.0;
  if (base == 0.0) {
    bool odd = floor(exponent) == exponent && mod(abs(exponent), 2.0) == 1.0;
    float magnitude = exponent > 0.0 ? 0.0 : infinity();
    return odd && floatBitsToUint(base) != 0 ? -magnitude : magnitude;
  }
  float magnitude = pow(abs(base), exponent);
  if (base > 0.0) return magnitude;
  if (floor(exponent) != exponent) return not_a_number();
  return mod(abs(exponent), 2.0) == 1.0 ? -magnitude : magnitude;
}
