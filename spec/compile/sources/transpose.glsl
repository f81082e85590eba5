a = argument[5,7]
b = exp a : [7,5]  #0
return b
#0
float pick(vec4 t, float channel) { return channel < 1.5 ? (channel < 0.5 ? t.x : t.y) : (channel < 2.5 ? t.z : t.w); }
varying vec4 number0;
varying vec4 number1;
varying vec4 number2;
varying vec4 number3;
varying vec4 number4;
varying vec4 number5;
varying vec4 number6;
varying vec4 number7;
varying vec4 number8;
varying vec4 number9;
vec4 body() {
  vec4 n0 = number0;
  vec4 n1 = number1;
  vec4 n2 = number2;
  vec4 n3 = number3;
  vec4 n4 = number4;
  vec4 n5 = number5;
  vec4 n6 = number6;
  vec4 n7 = number7;
  vec4 n8 = number8;
  vec4 n9 = number9;
  float f0 = floor(gl_FragCoord.x);
  float f1 = floor((f0 + 0.5) * n0.z);
  float f2 = f0 - n0.w * f1;
  float f3 = floor((f1 + 0.5) * n1.x);
  float f4 = f1 - n1.y * f3;
  float f5 = floor(gl_FragCoord.y);
  float f6 = floor((f5 + 0.5) * n1.z);
  float f7 = f5 - n1.w * f6;
  float f8 = f2 * n2.x + f4 * n2.y + f3 * n2.z + f7 * n2.w + f6 * n3.x;
  float f9 = f8 + n3.y;
  float f10 = floor(f9 * n0.x);
  float f11 = f9 - n0.y * f10;
  vec2 v12 = f2 * vec2(n3.z, n3.w) + f4 * vec2(n4.x, n4.y) + f3 * vec2(n4.z, n4.w) + f7 * vec2(n5.x, n5.y) + f6 * vec2(n5.z, n5.w);
  vec2 v13 = v12 + f10 * vec2(n6.x, n6.y) + vec2(n6.z, n6.w);
  vec4 v14 = texture2D(user_a0, v13);
  float f15 = pick(v14, f11);
  vec2 v16 = v12 + f10 * vec2(n7.x, n7.y) + vec2(n7.z, n7.w);
  vec4 v17 = texture2D(user_a0, v16);
  float f18 = pick(v17, f11);
  vec2 v19 = v12 + f10 * vec2(n8.x, n8.y) + vec2(n8.z, n8.w);
  vec4 v20 = texture2D(user_a0, v19);
  float f21 = pick(v20, f11);
  vec2 v22 = v12 + f10 * vec2(n9.x, n9.y) + vec2(n9.z, n9.w);
  vec4 v23 = texture2D(user_a0, v22);
  float f24 = pick(v23, f11);
  vec4 v25 = vec4(f15, f18, f21, f24);
  vec4 v26 = exp(v25);
  return v26;
}
