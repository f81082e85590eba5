a = argument[128,20,14,14]
e = store sum a : [128,1,14,14]  #0
d = mul e : [128,1,1,1]  #1
c = store sum a d : [128,1,14,14]  #2
b = sqrt c : [128,1,1,1]  #3
return b
#0
varying vec4 number0;
varying vec4 number1;
varying vec4 number2;
varying vec4 number3;
varying vec4 number4;
varying vec4 number5;
vec4 body() {
  vec4 n0 = number0;
  vec4 n1 = number1;
  vec4 n2 = number2;
  vec4 n3 = number3;
  vec4 n4 = number4;
  vec4 n5 = number5;
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * n0.z);
  float f4 = f2 - n0.w * f3;
  float f5 = floor((f3 + 0.5) * n1.x);
  float f6 = f3 - n1.y * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * n1.z);
  float f9 = f7 - n1.w * f8;
  vec2 v10 = f4 * vec2(n2.x, n2.y) + f6 * vec2(n2.z, n2.w) + f5 * vec2(n3.x, n3.y) + f9 * vec2(n3.z, n3.w) + f8 * vec2(n4.x, n4.y);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= n0.y) break;
      vec2 v11 = v10 + i0 * vec2(n4.z, n4.w) + i1 * vec2(n5.x, n5.y) + vec2(n5.z, n5.w);
      vec4 v12 = texture2D(user_a0, v11);
      total0 += v12;
    }
  }
  return total0;
}
#1
varying vec4 number0;
varying vec4 number1;
varying vec4 number2;
varying vec4 number3;
varying vec4 number4;
varying vec4 number5;
varying vec4 number6;
vec4 body() {
  vec4 n0 = number0;
  vec4 n1 = number1;
  vec4 n2 = number2;
  vec4 n3 = number3;
  vec4 n4 = number4;
  vec4 n5 = number5;
  vec4 n6 = number6;
  vec4 total0 = vec4(0.0);
  float f5 = floor(gl_FragCoord.x);
  float f6 = floor((f5 + 0.5) * n1.x);
  float f7 = f5 - n1.y * f6;
  float f8 = floor((f6 + 0.5) * n1.z);
  float f9 = f6 - n1.w * f8;
  float f10 = floor(gl_FragCoord.y);
  float f11 = floor((f10 + 0.5) * n2.x);
  float f12 = f10 - n2.y * f11;
  vec2 v13 = f7 * vec2(n2.z, n2.w) + f9 * vec2(n3.x, n3.y) + f8 * vec2(n3.z, n3.w) + f12 * vec2(n4.x, n4.y) + f11 * vec2(n4.z, n4.w);
  for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
  if (i2 >= n0.x) break;
    vec4 part4 = vec4(0.0);
    for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
  if (i3 >= n0.y) break;
      float i0 = i2 * n5.x + i3;
      if (i0 >= n5.y) break;
      for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= n0.z) break;
        vec2 v14 = v13 + i0 * vec2(n5.z, n5.w) + i1 * vec2(n6.x, n6.y) + vec2(n6.z, n6.w);
        vec4 v15 = texture2D(user_a0, v14);
        part4 += v15;
      }
    }
    total0 += part4;
  }
  vec4 v16 = (total0 * vec4(n0.w));
  return v16;
}
#2
varying vec4 number0;
varying vec4 number1;
varying vec4 number2;
varying vec4 number3;
varying vec4 number4;
varying vec4 number5;
varying vec4 number6;
varying vec4 number7;
varying vec4 number8;
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
  vec4 total0 = vec4(0.0);
  float f2 = floor(gl_FragCoord.x);
  float f3 = floor((f2 + 0.5) * n0.z);
  float f4 = f2 - n0.w * f3;
  float f5 = floor((f3 + 0.5) * n1.x);
  float f6 = f3 - n1.y * f5;
  float f7 = floor(gl_FragCoord.y);
  float f8 = floor((f7 + 0.5) * n1.z);
  float f9 = f7 - n1.w * f8;
  vec2 v10 = f4 * vec2(n2.x, n2.y) + f6 * vec2(n2.z, n2.w) + f5 * vec2(n3.x, n3.y) + f9 * vec2(n3.z, n3.w) + f8 * vec2(n4.x, n4.y);
  vec2 v13 = f4 * vec2(n4.z, n4.w) + f6 * vec2(n5.x, n5.y) + f5 * vec2(n5.z, n5.w) + f9 * vec2(n6.x, n6.y) + f8 * vec2(n6.z, n6.w);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= n0.y) break;
      vec2 v11 = v10 + i0 * vec2(n7.x, n7.y) + i1 * vec2(n7.z, n7.w) + vec2(n8.x, n8.y);
      vec4 v12 = texture2D(user_a0, v11);
      vec2 v14 = v13 + vec2(n8.z, n8.w);
      vec4 v15 = texture2D(user_a1, v14);
      vec4 v16 = (v12 - v15);
      total0 += v16 * v16;
    }
  }
  return total0;
}
#3
varying vec4 number0;
varying vec4 number1;
varying vec4 number2;
varying vec4 number3;
varying vec4 number4;
varying vec4 number5;
varying vec4 number6;
vec4 body() {
  vec4 n0 = number0;
  vec4 n1 = number1;
  vec4 n2 = number2;
  vec4 n3 = number3;
  vec4 n4 = number4;
  vec4 n5 = number5;
  vec4 n6 = number6;
  vec4 total0 = vec4(0.0);
  float f5 = floor(gl_FragCoord.x);
  float f6 = floor((f5 + 0.5) * n1.x);
  float f7 = f5 - n1.y * f6;
  float f8 = floor((f6 + 0.5) * n1.z);
  float f9 = f6 - n1.w * f8;
  float f10 = floor(gl_FragCoord.y);
  float f11 = floor((f10 + 0.5) * n2.x);
  float f12 = f10 - n2.y * f11;
  vec2 v13 = f7 * vec2(n2.z, n2.w) + f9 * vec2(n3.x, n3.y) + f8 * vec2(n3.z, n3.w) + f12 * vec2(n4.x, n4.y) + f11 * vec2(n4.z, n4.w);
  for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
  if (i2 >= n0.x) break;
    vec4 part4 = vec4(0.0);
    for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
  if (i3 >= n0.y) break;
      float i0 = i2 * n5.x + i3;
      if (i0 >= n5.y) break;
      for (float i1 = 0.0; i1 < 65536.0; i1 += 1.0) {
  if (i1 >= n0.z) break;
        vec2 v14 = v13 + i0 * vec2(n5.z, n5.w) + i1 * vec2(n6.x, n6.y) + vec2(n6.z, n6.w);
        vec4 v15 = texture2D(user_a0, v14);
        part4 += v15;
      }
    }
    total0 += part4;
  }
  vec4 v16 = (total0 * vec4(n0.w));
  vec4 v17 = sqrt(v16);
  return v17;
}
