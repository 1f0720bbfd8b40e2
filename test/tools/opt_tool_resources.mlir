// The bytes of dense resources are kept, those of each piece for itself; so are strings of bytes.

// RUN: opt-tool %s --split-input-file | filecheck %s
// RUN: opt-tool %s --split-input-file | opt-tool - --split-input-file --print-op-generic | filecheck %s --check-prefix=AGAIN

// CHECK:      dense_resource<w> : tensor<1xf32>
// CHECK:      {-#
// CHECK-NEXT:   dialect_resources: {
// CHECK-NEXT:     builtin: {
// CHECK-NEXT:       w: "0x040000000000803F"
// CHECK:      #-}
// CHECK-NEXT: // -----
// CHECK:      w: "0x0400000000000040"
// AGAIN:      w: "0x040000000000803F"
// AGAIN:      w: "0x0400000000000040"
%w = arith.constant dense_resource<w> : tensor<1xf32>
{-#
  dialect_resources: {
    builtin: {
      w: "0x040000000000803F",
      unused: "0x0400000000000000"
    }
  }
#-}

// -----

%w = arith.constant dense_resource<w> : tensor<1xf32>
{-#
  dialect_resources: {
    builtin: {
      w: "0x0400000000000040"
    }
  }
#-}

// -----

// CHECK: "test.op"() {name = "\C3(", text = "\C3\BC"} : () -> ()
// AGAIN: "test.op"() {name = "\C3(", text = "\C3\BC"} : () -> ()
"test.op"() {name = "\C3(", text = "ü"} : () -> ()
