a = argument[5,7]
b = argument[5,7]
c, d = mul + mul a b : [5,7]  #0
return c, d
#0
float sigmoid(float x) { return 1.0 / (1.0 + exp(-x)); }
vec4 sigmoid(vec4 x) { return 1.0 / (1.0 + exp(-x)); }
varying vec4 number0;
vec4 body() {
  vec4 n0 = number0;
  vec2 v0 = gl_FragCoord.xy * vec2(n0.x, n0.y);
  vec4 v1 = texture2D(user_a0, v0);
  vec4 v2 = texture2D(user_a1, v0);
  vec4 v3 = (v1 + v2);
  vec4 v4 = sigmoid(v3);
  vec4 v5 = (v3 * v4);
  vec4 v6 = (v1 * v2);
  subKernelResult_p1 = v6;
  return v5;
}
