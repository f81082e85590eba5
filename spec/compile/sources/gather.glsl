a = argument[5,7]
b = argument[3]
c = take b a : [3,7]  #0
return c
#0
float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }
uniform vec4 numbers[11];
vec4 body() {
  vec4 n0 = numbers[0];
  vec4 n1 = numbers[1];
  vec4 n2 = numbers[2];
  vec4 n3 = numbers[3];
  vec4 n4 = numbers[4];
  vec4 n5 = numbers[5];
  vec4 n6 = numbers[6];
  vec4 n7 = numbers[7];
  vec4 n8 = numbers[8];
  vec4 n9 = numbers[9];
  vec4 n10 = numbers[10];
  vec2 v0 = vec2(n0.w, n1.x);
  vec4 v1 = texture2D(user_a0, v0);
  float f2 = floor(v1.x);
  float f3 = floor((f2 + 0.5) * n0.x);
  bool b4 = f2 >= 0.0 && f2 < n0.y;
  float f5 = floor(gl_FragCoord.x);
  float f6 = floor((f5 + 0.5) * n1.y);
  float f7 = f5 - n1.z * f6;
  float f8 = floor((f6 + 0.5) * n1.w);
  float f9 = f6 - n2.x * f8;
  float f10 = floor(gl_FragCoord.y);
  float f11 = floor((f10 + 0.5) * n2.y);
  float f12 = f10 - n2.z * f11;
  vec2 v13 = f7 * vec2(n2.w, n3.x) + f9 * vec2(n3.y, n3.z) + f8 * vec2(n3.w, n4.x) + f12 * vec2(n4.y, n4.z) + f11 * vec2(n4.w, n5.x);
  vec2 v14 = v13 + f3 * vec2(n5.y, n5.z) + vec2(n5.w, n6.x);
  vec4 v15 = texture2D(user_a1, v14);
  float f16 = f2 - n0.z * f3;
  float f17 = pick(v15, f16);
  float f18 = b4 ? f17 : n6.y;
  float f19 = floor(v1.y);
  float f20 = floor((f19 + 0.5) * n0.x);
  bool b21 = f19 >= 0.0 && f19 < n0.y;
  vec2 v22 = v13 + f20 * vec2(n6.z, n6.w) + vec2(n7.x, n7.y);
  vec4 v23 = texture2D(user_a1, v22);
  float f24 = f19 - n0.z * f20;
  float f25 = pick(v23, f24);
  float f26 = b21 ? f25 : n7.z;
  float f27 = floor(v1.z);
  float f28 = floor((f27 + 0.5) * n0.x);
  bool b29 = f27 >= 0.0 && f27 < n0.y;
  vec2 v30 = v13 + f28 * vec2(n7.w, n8.x) + vec2(n8.y, n8.z);
  vec4 v31 = texture2D(user_a1, v30);
  float f32 = f27 - n0.z * f28;
  float f33 = pick(v31, f32);
  float f34 = b29 ? f33 : n8.w;
  float f35 = floor(v1.w);
  float f36 = floor((f35 + 0.5) * n0.x);
  bool b37 = f35 >= 0.0 && f35 < n0.y;
  vec2 v38 = v13 + f36 * vec2(n9.x, n9.y) + vec2(n9.z, n9.w);
  vec4 v39 = texture2D(user_a1, v38);
  float f40 = f35 - n0.z * f36;
  float f41 = pick(v39, f40);
  float f42 = b37 ? f41 : n10.x;
  vec4 v43 = vec4(f18, f26, f34, f42);
  return v43;
}
