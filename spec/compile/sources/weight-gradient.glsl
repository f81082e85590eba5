a = argument[16,8,14,14]
b = argument[8,8,3,3]
f = store permute b : [8,8,3,3]  #0
e = add a f : [16,8,14,14]  #1
d = store permute sum e a : [8,1,14,1,8,3,3]  #2
c = reshape permute sum d : [8,8,3,3]  #3
return c
#0
float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }
uniform vec4 numbers[10];
vec4 body() {
  float f0 = floor(gl_FragCoord.x);
  float f1 = floor((f0 + 0.5) * numbers[0].z);
  float f2 = f0 - numbers[0].w * f1;
  float f3 = floor((f1 + 0.5) * numbers[1].x);
  float f4 = f1 - numbers[1].y * f3;
  float f5 = floor(gl_FragCoord.y);
  float f6 = floor((f5 + 0.5) * numbers[1].z);
  float f7 = f5 - numbers[1].w * f6;
  float f8 = f2 * numbers[2].x + f4 * numbers[2].y + f3 * numbers[2].z + f7 * numbers[2].w + f6 * numbers[3].x;
  float f9 = f8 + numbers[3].y;
  float f10 = floor((f9 + 0.5) * numbers[0].x);
  vec2 v11 = f2 * vec2(numbers[3].z, numbers[3].w) + f4 * vec2(numbers[4].x, numbers[4].y) + f3 * vec2(numbers[4].z, numbers[4].w) + f7 * vec2(numbers[5].x, numbers[5].y) + f6 * vec2(numbers[5].z, numbers[5].w);
  vec2 v12 = v11 + f10 * vec2(numbers[6].x, numbers[6].y) + vec2(numbers[6].z, numbers[6].w);
  vec4 v13 = texture2D(user_a0, v12);
  float f14 = f9 - numbers[0].y * f10;
  float f15 = pick(v13, f14);
  vec2 v16 = v11 + f10 * vec2(numbers[7].x, numbers[7].y) + vec2(numbers[7].z, numbers[7].w);
  vec4 v17 = texture2D(user_a0, v16);
  float f18 = pick(v17, f14);
  vec2 v19 = v11 + f10 * vec2(numbers[8].x, numbers[8].y) + vec2(numbers[8].z, numbers[8].w);
  vec4 v20 = texture2D(user_a0, v19);
  float f21 = pick(v20, f14);
  vec2 v22 = v11 + f10 * vec2(numbers[9].x, numbers[9].y) + vec2(numbers[9].z, numbers[9].w);
  vec4 v23 = texture2D(user_a0, v22);
  float f24 = pick(v23, f14);
  vec4 v25 = vec4(f15, f18, f21, f24);
  return v25;
}
#1
float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }
uniform vec4 numbers[19];
vec4 body() {
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * numbers[0].w);
  float f4 = f2 - numbers[1].x * f3;
  float f5 = floor((f3 + 0.5) * numbers[1].y);
  float f6 = f3 - numbers[1].z * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * numbers[1].w);
  float f9 = f7 - numbers[2].x * f8;
  vec2 v10 = f4 * vec2(numbers[2].y, numbers[2].z) + f6 * vec2(numbers[2].w, numbers[3].x) + f5 * vec2(numbers[3].y, numbers[3].z) + f9 * vec2(numbers[3].w, numbers[4].x) + f8 * vec2(numbers[4].y, numbers[4].z);
  float f16 = f4 * numbers[4].w + f6 * numbers[5].x + f5 * numbers[5].y + f9 * numbers[5].z + f8 * numbers[5].w;
  vec2 v19 = f4 * vec2(numbers[6].x, numbers[6].y) + f6 * vec2(numbers[6].z, numbers[6].w) + f5 * vec2(numbers[7].x, numbers[7].y) + f9 * vec2(numbers[7].z, numbers[7].w) + f8 * vec2(numbers[8].x, numbers[8].y);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[8].z) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[8].w) break;
    vec2 v11 = v10 + i0 * vec2(numbers[9].x, numbers[9].y) + i1 * vec2(numbers[9].z, numbers[9].w) + vec2(numbers[10].x, numbers[10].y);
    vec4 v12 = texture2D(user_a0, v11);
    float f13 = f4 + i0;
    bool b14 = (f13 + (-1.0)) < numbers[0].x && (f13 + (-1.0)) >= 0.0 && (f6 + (-1.0)) >= 0.0;
    vec4 v15 = (b14 ? v12 : vec4(0.0));
    float f17 = f16 + i1 * numbers[10].z + numbers[10].w;
    float f18 = floor((f17 + 0.5) * numbers[0].y);
    vec2 v20 = v19 + i0 * vec2(numbers[11].x, numbers[11].y) + f18 * vec2(numbers[11].z, numbers[11].w) + vec2(numbers[12].x, numbers[12].y);
    vec4 v21 = texture2D(user_a1, v20);
    float f22 = f17 - numbers[0].z * f18;
    float f23 = pick(v21, f22);
    vec4 v24 = (v15 * vec4(f23));
    total0 += v24;
    vec2 v25 = v10 + i0 * vec2(numbers[12].z, numbers[12].w) + i1 * vec2(numbers[13].x, numbers[13].y) + vec2(numbers[13].z, numbers[13].w);
    vec4 v26 = texture2D(user_a0, v25);
    bool b27 = (f13 + (-1.0)) < numbers[0].x && (f13 + (-1.0)) >= 0.0;
    vec4 v28 = (b27 ? v26 : vec4(0.0));
    vec2 v29 = v19 + i0 * vec2(numbers[14].x, numbers[14].y) + f18 * vec2(numbers[14].z, numbers[14].w) + vec2(numbers[15].x, numbers[15].y);
    vec4 v30 = texture2D(user_a1, v29);
    float f31 = pick(v30, f22);
    vec4 v32 = (v28 * vec4(f31));
    total0 += v32;
    vec2 v33 = v10 + i0 * vec2(numbers[15].z, numbers[15].w) + i1 * vec2(numbers[16].x, numbers[16].y) + vec2(numbers[16].z, numbers[16].w);
    vec4 v34 = texture2D(user_a0, v33);
    bool b35 = (f13 + (-1.0)) < numbers[0].x && (f13 + (-1.0)) >= 0.0 && (f6 + 1.0) < numbers[0].x;
    vec4 v36 = (b35 ? v34 : vec4(0.0));
    vec2 v37 = v19 + i0 * vec2(numbers[17].x, numbers[17].y) + f18 * vec2(numbers[17].z, numbers[17].w) + vec2(numbers[18].x, numbers[18].y);
    vec4 v38 = texture2D(user_a1, v37);
    float f39 = pick(v38, f22);
    vec4 v40 = (v36 * vec4(f39));
    total0 += v40;
  }}
  vec4 v41 = (total0 + total0);
  return v41;
}
#2
uniform vec4 numbers[15];
vec4 body() {
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * numbers[0].y);
  float f4 = f2 - numbers[0].z * f3;
  float f5 = floor((f3 + 0.5) * numbers[0].w);
  float f6 = f3 - numbers[1].x * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * numbers[1].y);
  float f9 = f7 - numbers[1].z * f8;
  vec2 v10 = f4 * vec2(numbers[1].w, numbers[2].x) + f6 * vec2(numbers[2].y, numbers[2].z) + f5 * vec2(numbers[2].w, numbers[3].x) + f9 * vec2(numbers[3].y, numbers[3].z) + f8 * vec2(numbers[3].w, numbers[4].x);
  vec2 v13 = f4 * vec2(numbers[4].y, numbers[4].z) + f6 * vec2(numbers[4].w, numbers[5].x) + f5 * vec2(numbers[5].y, numbers[5].z) + f9 * vec2(numbers[5].w, numbers[6].x) + f8 * vec2(numbers[6].y, numbers[6].z);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[6].w) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[7].x) break;
    vec2 v11 = v10 + i0 * vec2(numbers[7].y, numbers[7].z) + i1 * vec2(numbers[7].w, numbers[8].x) + vec2(numbers[8].y, numbers[8].z);
    vec4 v12 = texture2D(user_a0, v11);
    vec2 v14 = v13 + i0 * vec2(numbers[8].w, numbers[9].x) + i1 * vec2(numbers[9].y, numbers[9].z) + vec2(numbers[9].w, numbers[10].x);
    vec4 v15 = texture2D(user_a1, v14);
    float f16 = f9 + f6;
    float f17 = i1 + f4;
    bool b18 = (f16 + (-1.0)) < numbers[0].x && (f16 + (-1.0)) >= 0.0 && (f17 + (-1.0)) < numbers[0].x && (f17 + (-1.0)) >= 0.0;
    vec4 v19 = (b18 ? v15 : vec4(0.0));
    total0.x += dot(v12, v19);
    vec2 v20 = v10 + i0 * vec2(numbers[10].y, numbers[10].z) + i1 * vec2(numbers[10].w, numbers[11].x) + vec2(numbers[11].y, numbers[11].z);
    vec4 v21 = texture2D(user_a0, v20);
    total0.y += dot(v21, v19);
    vec2 v22 = v10 + i0 * vec2(numbers[11].w, numbers[12].x) + i1 * vec2(numbers[12].y, numbers[12].z) + vec2(numbers[12].w, numbers[13].x);
    vec4 v23 = texture2D(user_a0, v22);
    total0.z += dot(v23, v19);
    vec2 v24 = v10 + i0 * vec2(numbers[13].y, numbers[13].z) + i1 * vec2(numbers[13].w, numbers[14].x) + vec2(numbers[14].y, numbers[14].z);
    vec4 v25 = texture2D(user_a0, v24);
    total0.w += dot(v25, v19);
  }}
  return total0;
}
#3
uniform vec4 numbers[6];
vec4 body() {
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * numbers[0].x);
  float f4 = f2 - numbers[0].y * f3;
  float f5 = floor((f3 + 0.5) * numbers[0].z);
  float f6 = f3 - numbers[0].w * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * numbers[1].x);
  float f9 = f7 - numbers[1].y * f8;
  vec2 v10 = f4 * vec2(numbers[1].z, numbers[1].w) + f6 * vec2(numbers[2].x, numbers[2].y) + f5 * vec2(numbers[2].z, numbers[2].w) + f9 * vec2(numbers[3].x, numbers[3].y) + f8 * vec2(numbers[3].z, numbers[3].w);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[4].x) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[4].y) break;
    vec2 v11 = v10 + i0 * vec2(numbers[4].z, numbers[4].w) + i1 * vec2(numbers[5].x, numbers[5].y) + vec2(numbers[5].z, numbers[5].w);
    vec4 v12 = texture2D(user_a0, v11);
    total0 += v12;
  }}
  return total0;
}
