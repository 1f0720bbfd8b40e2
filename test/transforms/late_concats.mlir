// RUN: opt-tool %s --split-input-file -p 'late-concats' --check-numerics | filecheck %s

// The first operand is there long before the second.
func.func @skip(%x: tensor<256x128xf32>, %w: tensor<128x128xf32>) -> tensor<512x128xf32> {
  %first = engine.matmul %x, %w {nodes = ["/first"]} : tensor<256x128xf32>, tensor<128x128xf32> -> tensor<256x128xf32>
  %1 = engine.matmul %first, %w : tensor<256x128xf32>, tensor<128x128xf32> -> tensor<256x128xf32>
  %2 = engine.softmax %1 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %3 = engine.softmax %2 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %4 = engine.softmax %3 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %5 = engine.softmax %4 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %6 = engine.softmax %5 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %7 = engine.softmax %6 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %8 = engine.softmax %7 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %9 = engine.concat %first, %8 {nodes = ["/join"], axis = 0 : i64} : tensor<256x128xf32>, tensor<256x128xf32> -> tensor<512x128xf32>
  func.return %9 : tensor<512x128xf32>
}

// CHECK-LABEL: func.func @skip
// CHECK:           %[[LATE:.*]] = engine.relayout %{{.*}} {nodes = ["/join"]} : tensor<256x128xf32>
// CHECK-NEXT:      %{{.*}} = engine.concat %[[LATE]], %{{.*}} {nodes = ["/join"], axis = 0 : i64}

// -----

// Both come one after the other; an input is written by nobody.
func.func @near_miss(%x: tensor<256x128xf32>, %w: tensor<128x128xf32>) -> tensor<768x128xf32> {
  %1 = engine.matmul %x, %w : tensor<256x128xf32>, tensor<128x128xf32> -> tensor<256x128xf32>
  %2 = engine.softmax %1 {axis = 1 : i64} : tensor<256x128xf32> -> tensor<256x128xf32>
  %3 = engine.concat %x, %1, %2 {axis = 0 : i64} : tensor<256x128xf32>, tensor<256x128xf32>, tensor<256x128xf32> -> tensor<768x128xf32>
  func.return %3 : tensor<768x128xf32>
}

// CHECK-LABEL: func.func @near_miss
// CHECK-NOT:       engine.relayout
// CHECK:           func.return
