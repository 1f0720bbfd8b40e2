// RUN: %roundtrip
// RUN: %generic_roundtrip

// CHECK: func.func @lookup
func.func @lookup(%x: tensor<1x128x1024xi8>, %t: tensor<256xui8>, %f: tensor<256xf32>) -> tensor<1x128x1024xui8> {
  // CHECK-NEXT: %y = engine.lookup %x, %t : tensor<1x128x1024xi8>, tensor<256xui8> -> tensor<1x128x1024xui8>
  %y = engine.lookup %x, %t : tensor<1x128x1024xi8>, tensor<256xui8> -> tensor<1x128x1024xui8>
  // CHECK-NEXT: %z = engine.lookup %y, %f : tensor<1x128x1024xui8>, tensor<256xf32> -> tensor<1x128x1024xf32>
  %z = engine.lookup %y, %f : tensor<1x128x1024xui8>, tensor<256xf32> -> tensor<1x128x1024xf32>
  func.return %y : tensor<1x128x1024xui8>
}
