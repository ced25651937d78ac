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

float gelu(float x) { return 0.5 * x * (1.0 + error_function(x * 0.70710678118654752)); }

float gelu_approximate(float x) {
  return 0.5 * x * (1.0 + hyperbolic_tangent(0.79788456080286536 * (x + 0.044715 * x * x * x)));
}

// kind: an etna::GateKind.
float gated(uint kind, float gate, float up) {
  switch (kind) {
    case 0: return silu(gate) * up;
    case 1: return gelu(gate) * up;
    case 2: return gelu_approximate(gate) * up;
    case 3: return max(gate, 0.0) * up;
  }
  gate = min(gate, 7.0);
  return gate * sigmoid(1.702 * gate) * (clamp(up, -7.0, 7.0) + 1.0);
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

// Sine and cosine to about 1e-7 for |x| up to 1e5: Vulkan promises 11 bits only, and only within a turn.
// Reduction to an eighth of a turn and polynomials as in Cephes (Moshier).
void sine_cosine(float x, out float sine, out float cosine) {
  float quarter = round(x * 0.63661977236758134);
  float r = fma(quarter, -1.5703125, x);
  r = fma(quarter, -4.837512969970703e-4, r);
  r = fma(quarter, -7.54978995489188e-8, r);
  float square = r * r;
  float s = r + r * square * (-1.6666654611e-1 + square * (8.3321608736e-3 + square * -1.9515295891e-4));
  float c = 1.0 - 0.5 * square +
            square * square * (4.166664568298827e-2 + square * (-1.388731625493765e-3 + square * 2.443315711809948e-5));
  int turn = int(quarter) & 3;
  sine = (turn & 1) == 0 ? s : c;
  cosine = (turn & 1) == 0 ? c : s;
  if (turn >= 2) sine = -sine;
  if (turn == 1 || turn == 2) cosine = -cosine;
}

float accurate_sine(float x) {
  float sine, cosine;
  sine_cosine(x, sine, cosine);
  return sine;
}

float accurate_cosine(float x) {
  float sine, cosine;
  sine_cosine(x, sine, cosine);
  return cosine;
}
