// --print-debuginfo prints where each operation is from: its own location, or its line of the file.
// Read back, it stays what it was.

// RUN: opt-tool %s --print-debuginfo | filecheck %s
// RUN: opt-tool %s --print-debuginfo | opt-tool - --mlir-print-debuginfo | filecheck %s
// RUN: opt-tool %s | filecheck %s --check-prefix=WITHOUT

// CHECK:      func.func @f(%x: i32 loc("model.py":3:5)) -> i32 {
// CHECK-NEXT:   %a = arith.constant 3 : i32 loc("model.py":7:9)
// CHECK-NEXT:   %b = arith.addi %a, %x : i32 loc("{{.*}}opt_tool_locations.mlir":15:3)
// WITHOUT-NOT: loc(

func.func @f(%x: i32 loc("model.py":3:5)) -> i32 {
  %a = arith.constant 3 : i32 loc("model.py":7:9)
  %b = arith.addi %a, %x : i32
  func.return %b : i32
}
