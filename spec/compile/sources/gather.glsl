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
  bool b3 = f2 >= 0.0 && f2 < n0.x;
  float f4 = floor(f2 * n0.y);
  float f5 = f2 - n0.z * f4;
  float f6 = floor(gl_FragCoord.x);
  float f7 = floor((f6 + 0.5) * n1.y);
  float f8 = f6 - n1.z * f7;
  float f9 = floor((f7 + 0.5) * n1.w);
  float f10 = f7 - n2.x * f9;
  float f11 = floor(gl_FragCoord.y);
  float f12 = floor((f11 + 0.5) * n2.y);
  float f13 = f11 - n2.z * f12;
  vec2 v14 = f8 * vec2(n2.w, n3.x) + f10 * vec2(n3.y, n3.z) + f9 * vec2(n3.w, n4.x) + f13 * vec2(n4.y, n4.z) + f12 * vec2(n4.w, n5.x);
  vec2 v15 = v14 + f4 * vec2(n5.y, n5.z) + vec2(n5.w, n6.x);
  vec4 v16 = texture2D(user_a1, v15);
  float f17 = pick(v16, f5);
  float f18 = b3 ? f17 : n6.y;
  float f19 = floor(v1.y);
  bool b20 = f19 >= 0.0 && f19 < n0.x;
  float f21 = floor(f19 * n0.y);
  float f22 = f19 - n0.z * f21;
  vec2 v23 = v14 + f21 * vec2(n6.z, n6.w) + vec2(n7.x, n7.y);
  vec4 v24 = texture2D(user_a1, v23);
  float f25 = pick(v24, f22);
  float f26 = b20 ? f25 : n7.z;
  float f27 = floor(v1.z);
  bool b28 = f27 >= 0.0 && f27 < n0.x;
  float f29 = floor(f27 * n0.y);
  float f30 = f27 - n0.z * f29;
  vec2 v31 = v14 + f29 * vec2(n7.w, n8.x) + vec2(n8.y, n8.z);
  vec4 v32 = texture2D(user_a1, v31);
  float f33 = pick(v32, f30);
  float f34 = b28 ? f33 : n8.w;
  float f35 = floor(v1.w);
  bool b36 = f35 >= 0.0 && f35 < n0.x;
  float f37 = floor(f35 * n0.y);
  float f38 = f35 - n0.z * f37;
  vec2 v39 = v14 + f37 * vec2(n9.x, n9.y) + vec2(n9.z, n9.w);
  vec4 v40 = texture2D(user_a1, v39);
  float f41 = pick(v40, f38);
  float f42 = b36 ? f41 : n10.x;
  vec4 v43 = vec4(f18, f26, f34, f42);
  return v43;
}
