// RUN: opt-tool %s --split-input-file --verify-diagnostics

// What a table of codes checks.

func.func @f(%x: tensor<4x7xi32>, %t: tensor<256xui8>) {
  // expected-error@below {{'engine.lookup' takes codes of i8 or ui8, not i32}}
  %0 = engine.lookup %x, %t : tensor<4x7xi32>, tensor<256xui8> -> tensor<4x7xui8>
  func.return
}

// -----

func.func @f(%x: tensor<4x7xi8>, %t: tensor<128xui8>) {
  // expected-error@below {{'engine.lookup' needs a table of 256 entries, not of shape [128]}}
  %0 = engine.lookup %x, %t : tensor<4x7xi8>, tensor<128xui8> -> tensor<4x7xui8>
  func.return
}

// -----

func.func @f(%x: tensor<4x7xi8>, %t: tensor<256xui8>) {
  // expected-error@below {{engine.lookup}}
  %0 = engine.lookup %x, %t : tensor<4x7xi8>, tensor<256xui8> -> tensor<4x7xi8>
  func.return
}
