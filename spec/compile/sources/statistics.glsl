a = argument[128,20,14,14]
e = store sum a : [128,1,14,14]  #0
d = mul e : [128,1,1,1]  #1
c = store sum a d : [128,1,14,14]  #2
b = sqrt c : [128,1,1,1]  #3
return b
#0
uniform vec4 numbers[6];
vec4 body() {
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * numbers[0].z);
  float f4 = f2 - numbers[0].w * f3;
  float f5 = floor((f3 + 0.5) * numbers[1].x);
  float f6 = f3 - numbers[1].y * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * numbers[1].z);
  float f9 = f7 - numbers[1].w * f8;
  vec2 v10 = f4 * vec2(numbers[2].x, numbers[2].y) + f6 * vec2(numbers[2].z, numbers[2].w) + f5 * vec2(numbers[3].x, numbers[3].y) + f9 * vec2(numbers[3].z, numbers[3].w) + f8 * vec2(numbers[4].x, numbers[4].y);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[0].x) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[0].y) break;
    vec2 v11 = v10 + i0 * vec2(numbers[4].z, numbers[4].w) + i1 * vec2(numbers[5].x, numbers[5].y) + vec2(numbers[5].z, numbers[5].w);
    vec4 v12 = texture2D(user_a0, v11);
    total0 += v12;
  }}
  return total0;
}
#1
uniform vec4 numbers[7];
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
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[0].x) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[0].y) break;
    vec2 v11 = v10 + i0 * vec2(numbers[4].w, numbers[5].x) + i1 * vec2(numbers[5].y, numbers[5].z) + vec2(numbers[5].w, numbers[6].x);
    vec4 v12 = texture2D(user_a0, v11);
    total0 += v12;
  }}
  vec4 v13 = (total0 * vec4(numbers[0].z));
  return v13;
}
#2
uniform vec4 numbers[9];
vec4 body() {
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * numbers[0].z);
  float f4 = f2 - numbers[0].w * f3;
  float f5 = floor((f3 + 0.5) * numbers[1].x);
  float f6 = f3 - numbers[1].y * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * numbers[1].z);
  float f9 = f7 - numbers[1].w * f8;
  vec2 v10 = f4 * vec2(numbers[2].x, numbers[2].y) + f6 * vec2(numbers[2].z, numbers[2].w) + f5 * vec2(numbers[3].x, numbers[3].y) + f9 * vec2(numbers[3].z, numbers[3].w) + f8 * vec2(numbers[4].x, numbers[4].y);
  vec2 v13 = f4 * vec2(numbers[4].z, numbers[4].w) + f6 * vec2(numbers[5].x, numbers[5].y) + f5 * vec2(numbers[5].z, numbers[5].w) + f9 * vec2(numbers[6].x, numbers[6].y) + f8 * vec2(numbers[6].z, numbers[6].w);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[0].x) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[0].y) break;
    vec2 v11 = v10 + i0 * vec2(numbers[7].x, numbers[7].y) + i1 * vec2(numbers[7].z, numbers[7].w) + vec2(numbers[8].x, numbers[8].y);
    vec4 v12 = texture2D(user_a0, v11);
    vec2 v14 = v13 + vec2(numbers[8].z, numbers[8].w);
    vec4 v15 = texture2D(user_a1, v14);
    vec4 v16 = (v12 - v15);
    vec4 v17 = (v16 * v16);
    total0 += v17;
  }}
  return total0;
}
#3
uniform vec4 numbers[7];
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
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= numbers[0].x) break;
  for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= numbers[0].y) break;
    vec2 v11 = v10 + i0 * vec2(numbers[4].w, numbers[5].x) + i1 * vec2(numbers[5].y, numbers[5].z) + vec2(numbers[5].w, numbers[6].x);
    vec4 v12 = texture2D(user_a0, v11);
    total0 += v12;
  }}
  vec4 v13 = (total0 * vec4(numbers[0].z));
  vec4 v14 = sqrt(v13);
  return v14;
}
