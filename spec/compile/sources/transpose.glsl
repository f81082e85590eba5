a = argument[5,7]
b = exp a : [7,5]  #0
return b
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
  vec4 v26 = exp(v25);
  return v26;
}
