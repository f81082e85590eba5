a = argument[128,20,14,14]
g = barrier sum a : [128,1,14,14]  #0
d = mul g : [128,1,1,1]  #1
f = barrier sum a d : [128,1,14,14]  #2
e = mul f : [128,1,1,1]  #1
c = barrier sum a d e : [128,1,14,14]  #3
b = sqrt c : [128,1,1,1]  #4
return b
#0
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
  float f7 = floor(gl_FragCoord.x);
  float f8 = floor((f7 + 0.5) * n0.z);
  float f9 = f7 - n0.w * f8;
  float f10 = floor((f8 + 0.5) * n1.x);
  float f11 = f8 - n1.y * f10;
  float f12 = floor(gl_FragCoord.y);
  float f13 = floor((f12 + 0.5) * n1.z);
  float f14 = f12 - n1.w * f13;
  vec2 v15 = f9 * vec2(n2.x, n2.y) + f11 * vec2(n2.z, n2.w) + f10 * vec2(n3.x, n3.y) + f14 * vec2(n3.z, n3.w) + f13 * vec2(n4.x, n4.y);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    vec4 part5 = vec4(0.0);
    for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
      float i4 = min(n4.z - n0.y * i2, n0.y);
      if (i4 <= 0.0) break;
      vec4 part6 = vec4(0.0);
      for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
        if (i3 >= i4) break;
        float i1 = i2 * n0.y + i3;
        vec2 v16 = v15 + i0 * vec2(n4.w, n5.x) + i1 * vec2(n5.y, n5.z) + vec2(n5.w, n6.x);
        vec4 v17 = texture2D(user_a0, v16);
        part6 += v17;
      }
      part5 += part6;
    }
    total0 += part5;
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
  float f7 = floor(gl_FragCoord.x);
  float f8 = floor((f7 + 0.5) * n0.w);
  float f9 = f7 - n1.x * f8;
  float f10 = floor((f8 + 0.5) * n1.y);
  float f11 = f8 - n1.z * f10;
  float f12 = floor(gl_FragCoord.y);
  float f13 = floor((f12 + 0.5) * n1.w);
  float f14 = f12 - n2.x * f13;
  vec2 v15 = f9 * vec2(n2.y, n2.z) + f11 * vec2(n2.w, n3.x) + f10 * vec2(n3.y, n3.z) + f14 * vec2(n3.w, n4.x) + f13 * vec2(n4.y, n4.z);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    vec4 part5 = vec4(0.0);
    for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
      float i4 = min(n4.w - n0.y * i2, n0.y);
      if (i4 <= 0.0) break;
      vec4 part6 = vec4(0.0);
      for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
        if (i3 >= i4) break;
        float i1 = i2 * n0.y + i3;
        vec2 v16 = v15 + i0 * vec2(n5.x, n5.y) + i1 * vec2(n5.z, n5.w) + vec2(n6.x, n6.y);
        vec4 v17 = texture2D(user_a0, v16);
        part6 += v17;
      }
      part5 += part6;
    }
    total0 += part5;
  }
  vec4 v18 = (total0 * vec4(n0.z));
  return v18;
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
  vec4 total0 = vec4(0.0);
  float f7 = floor(gl_FragCoord.x);
  float f8 = floor((f7 + 0.5) * n0.z);
  float f9 = f7 - n0.w * f8;
  float f10 = floor((f8 + 0.5) * n1.x);
  float f11 = f8 - n1.y * f10;
  float f12 = floor(gl_FragCoord.y);
  float f13 = floor((f12 + 0.5) * n1.z);
  float f14 = f12 - n1.w * f13;
  vec2 v15 = f9 * vec2(n2.x, n2.y) + f11 * vec2(n2.z, n2.w) + f10 * vec2(n3.x, n3.y) + f14 * vec2(n3.z, n3.w) + f13 * vec2(n4.x, n4.y);
  vec2 v18 = f9 * vec2(n4.z, n4.w) + f11 * vec2(n5.x, n5.y) + f10 * vec2(n5.z, n5.w) + f14 * vec2(n6.x, n6.y) + f13 * vec2(n6.z, n6.w);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    vec4 part5 = vec4(0.0);
    for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
      float i4 = min(n7.x - n0.y * i2, n0.y);
      if (i4 <= 0.0) break;
      vec4 part6 = vec4(0.0);
      for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
        if (i3 >= i4) break;
        float i1 = i2 * n0.y + i3;
        vec2 v16 = v15 + i0 * vec2(n7.y, n7.z) + i1 * vec2(n7.w, n8.x) + vec2(n8.y, n8.z);
        vec4 v17 = texture2D(user_a0, v16);
        vec2 v19 = v18 + vec2(n8.w, n9.x);
        vec4 v20 = texture2D(user_a1, v19);
        vec4 v21 = (v17 - v20);
        part6 += v21;
      }
      part5 += part6;
    }
    total0 += part5;
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
  vec4 total0 = vec4(0.0);
  float f7 = floor(gl_FragCoord.x);
  float f8 = floor((f7 + 0.5) * n0.z);
  float f9 = f7 - n0.w * f8;
  float f10 = floor((f8 + 0.5) * n1.x);
  float f11 = f8 - n1.y * f10;
  float f12 = floor(gl_FragCoord.y);
  float f13 = floor((f12 + 0.5) * n1.z);
  float f14 = f12 - n1.w * f13;
  vec2 v15 = f9 * vec2(n2.x, n2.y) + f11 * vec2(n2.z, n2.w) + f10 * vec2(n3.x, n3.y) + f14 * vec2(n3.z, n3.w) + f13 * vec2(n4.x, n4.y);
  vec2 v18 = f9 * vec2(n4.z, n4.w) + f11 * vec2(n5.x, n5.y) + f10 * vec2(n5.z, n5.w) + f14 * vec2(n6.x, n6.y) + f13 * vec2(n6.z, n6.w);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    vec4 part5 = vec4(0.0);
    for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
      float i4 = min(n7.x - n0.y * i2, n0.y);
      if (i4 <= 0.0) break;
      vec4 part6 = vec4(0.0);
      for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
        if (i3 >= i4) break;
        float i1 = i2 * n0.y + i3;
        vec2 v16 = v15 + i0 * vec2(n7.y, n7.z) + i1 * vec2(n7.w, n8.x) + vec2(n8.y, n8.z);
        vec4 v17 = texture2D(user_a0, v16);
        vec2 v19 = v18 + vec2(n8.w, n9.x);
        vec4 v20 = texture2D(user_a1, v19);
        vec4 v21 = (v17 - v20);
        vec4 v22 = texture2D(user_a2, v19);
        vec4 v23 = (v21 - v22);
        part6 += v23 * v23;
      }
      part5 += part6;
    }
    total0 += part5;
  }
  return total0;
}
#4
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
  float f7 = floor(gl_FragCoord.x);
  float f8 = floor((f7 + 0.5) * n0.w);
  float f9 = f7 - n1.x * f8;
  float f10 = floor((f8 + 0.5) * n1.y);
  float f11 = f8 - n1.z * f10;
  float f12 = floor(gl_FragCoord.y);
  float f13 = floor((f12 + 0.5) * n1.w);
  float f14 = f12 - n2.x * f13;
  vec2 v15 = f9 * vec2(n2.y, n2.z) + f11 * vec2(n2.w, n3.x) + f10 * vec2(n3.y, n3.z) + f14 * vec2(n3.w, n4.x) + f13 * vec2(n4.y, n4.z);
  for (float i0 = 0.0; i0 < 65536.0; i0 += 1.0) {
  if (i0 >= n0.x) break;
    vec4 part5 = vec4(0.0);
    for (float i2 = 0.0; i2 < 65536.0; i2 += 1.0) {
      float i4 = min(n4.w - n0.y * i2, n0.y);
      if (i4 <= 0.0) break;
      vec4 part6 = vec4(0.0);
      for (float i3 = 0.0; i3 < 65536.0; i3 += 1.0) {
        if (i3 >= i4) break;
        float i1 = i2 * n0.y + i3;
        vec2 v16 = v15 + i0 * vec2(n5.x, n5.y) + i1 * vec2(n5.z, n5.w) + vec2(n6.x, n6.y);
        vec4 v17 = texture2D(user_a0, v16);
        part6 += v17;
      }
      part5 += part6;
    }
    total0 += part5;
  }
  vec4 v18 = (total0 * vec4(n0.z));
  vec4 v19 = sqrt(v18);
  return v19;
}
