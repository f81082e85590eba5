a = argument[5,7]
b = argument[3]
c = take b a : [3,7]  #0
return c
#0
float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }
uniform vec4 numbers[10];
vec4 body() {
  vec2 v0 = vec2(numbers[0].w, numbers[1].x);
  vec4 v1 = texture2D(user_a0, v0);
  float f2 = floor(v1.x);
  float f3 = floor((f2 + 0.5) * numbers[0].x);
  bool b4 = f2 >= 0.0 && f2 < numbers[0].y;
  float f5 = floor(gl_FragCoord.x);
  float f6 = floor((f5 + 0.5) * numbers[1].y);
  float f7 = f5 - numbers[1].z * f6;
  float f8 = floor((f6 + 0.5) * numbers[1].w);
  float f9 = f6 - numbers[2].x * f8;
  float f10 = floor(gl_FragCoord.y);
  float f11 = floor((f10 + 0.5) * numbers[2].y);
  float f12 = f10 - numbers[2].z * f11;
  vec2 v13 = f7 * vec2(numbers[2].w, numbers[3].x) + f9 * vec2(numbers[3].y, numbers[3].z) + f8 * vec2(numbers[3].w, numbers[4].x) + f12 * vec2(numbers[4].y, numbers[4].z) + f11 * vec2(numbers[4].w, numbers[5].x);
  vec2 v14 = v13 + f3 * vec2(numbers[5].y, numbers[5].z) + vec2(numbers[5].w, numbers[6].x);
  vec4 v15 = texture2D(user_a1, v14);
  float f16 = f2 - numbers[0].z * f3;
  float f17 = pick(v15, f16);
  float f18 = b4 ? f17 : 0.0;
  float f19 = floor(v1.y);
  float f20 = floor((f19 + 0.5) * numbers[0].x);
  bool b21 = f19 >= 0.0 && f19 < numbers[0].y;
  vec2 v22 = v13 + f20 * vec2(numbers[6].y, numbers[6].z) + vec2(numbers[6].w, numbers[7].x);
  vec4 v23 = texture2D(user_a1, v22);
  float f24 = f19 - numbers[0].z * f20;
  float f25 = pick(v23, f24);
  float f26 = b21 ? f25 : 0.0;
  float f27 = floor(v1.z);
  float f28 = floor((f27 + 0.5) * numbers[0].x);
  bool b29 = f27 >= 0.0 && f27 < numbers[0].y;
  vec2 v30 = v13 + f28 * vec2(numbers[7].y, numbers[7].z) + vec2(numbers[7].w, numbers[8].x);
  vec4 v31 = texture2D(user_a1, v30);
  float f32 = f27 - numbers[0].z * f28;
  float f33 = pick(v31, f32);
  float f34 = b29 ? f33 : 0.0;
  float f35 = floor(v1.w);
  float f36 = floor((f35 + 0.5) * numbers[0].x);
  bool b37 = f35 >= 0.0 && f35 < numbers[0].y;
  vec2 v38 = v13 + f36 * vec2(numbers[8].y, numbers[8].z) + vec2(numbers[8].w, numbers[9].x);
  vec4 v39 = texture2D(user_a1, v38);
  float f40 = f35 - numbers[0].z * f36;
  float f41 = pick(v39, f40);
  float f42 = b37 ? f41 : 0.0;
  vec4 v43 = vec4(f18, f26, f34, f42);
  return v43;
}
