// RUN: opt-tool %s -t llvm --processor x86-64-v4 | filecheck %s

// Every operation of arith becomes the LLVM instruction of its name, on scalars and on vectors;
// where LLVM has none, a short sequence that stands here in full.

// A constant is an operand, not an instruction.
// CHECK: define i64 @"constants"(i64 %".1")
// CHECK: %".3" = add i64 %".1", 7
// CHECK-NEXT: ret i64 %".3"
func.func @constants(%x: i64) -> i64 {
  %0 = arith.constant 7 : i64
  %1 = arith.addi %x, %0 : i64
  func.return %1 : i64
}

// Flags stay: they are what the kernel promises, and nothing is added to them.
// CHECK: define float @"flags"(float %".1", float %".2", i64 %".3")
// CHECK: %".5" = fadd float %".1", %".2"
// CHECK-NEXT: %".6" = fmul contract reassoc float %".5", %".2"
// CHECK-NEXT: %".7" = add nsw i64 %".3", %".3"
// CHECK-NEXT: ret float %".6"
func.func @flags(%x: f32, %y: f32, %i: i64) -> f32 {
  %0 = arith.addf %x, %y : f32
  %1 = arith.mulf %0, %y fastmath<reassoc,contract> : f32
  %2 = arith.addi %i, %i overflow<nsw> : i64
  func.return %1 : f32
}

// CHECK: define <16 x float> @"vectors"(<16 x float> %".1", <16 x float> %".2")
// CHECK: %".4" = fdiv <16 x float> %".1", %".2"
// CHECK-NEXT: ret <16 x float> %".4"
func.func @vectors(%x: vector<16xf32>, %y: vector<16xf32>) -> vector<16xf32> {
  %0 = arith.divf %x, %y : vector<16xf32>
  func.return %0 : vector<16xf32>
}

// Division rounds towards zero in LLVM; one less where a remainder and the divisor differ in sign.
// CHECK: define i64 @"floordivsi"(i64 %".1", i64 %".2")
// CHECK: %".4" = sdiv i64 %".1", %".2"
// CHECK-NEXT: %".5" = srem i64 %".1", %".2"
// CHECK-NEXT: %".6" = icmp ne i64 %".5", 0
// CHECK-NEXT: %".7" = xor i64 %".5", %".2"
// CHECK-NEXT: %".8" = icmp slt i64 %".7", 0
// CHECK-NEXT: %".9" = and i1 %".6", %".8"
// CHECK-NEXT: %".10" = sext i1 %".9" to i64
// CHECK-NEXT: %".11" = add i64 %".4", %".10"
// CHECK-NEXT: ret i64 %".11"
func.func @floordivsi(%x: i64, %y: i64) -> i64 {
  %0 = arith.floordivsi %x, %y : i64
  func.return %0 : i64
}

// On x86 `maxps` takes its second operand if either is NaN: a comparison and a select are that
// instruction, and a second select puts NaN right.
// CHECK: define <4 x float> @"maximumf"(<4 x float> %".1", <4 x float> %".2")
// CHECK: %".4" = fcmp ogt <4 x float> %".1", %".2"
// CHECK-NEXT: %".5" = select <4 x i1> %".4", <4 x float> %".1", <4 x float> %".2"
// CHECK-NEXT: %".6" = fcmp uno <4 x float> %".1", %".1"
// CHECK-NEXT: %".7" = select <4 x i1> %".6", <4 x float> %".1", <4 x float> %".5"
// CHECK-NEXT: ret <4 x float> %".7"
func.func @maximumf(%x: vector<4xf32>, %y: vector<4xf32>) -> vector<4xf32> {
  %0 = arith.maximumf %x, %y fastmath<nsz> : vector<4xf32>
  func.return %0 : vector<4xf32>
}

// Against a number that is not zero the one instruction does.
// CHECK: define float @"relu6"(float %".1")
// CHECK: %".3" = fcmp olt float 0x4018000000000000, %".1"
// CHECK-NEXT: %".4" = select i1 %".3", float 0x4018000000000000, float %".1"
// CHECK-NEXT: ret float %".4"
func.func @relu6(%x: f32) -> f32 {
  %0 = arith.constant 6.0 : f32
  %1 = arith.minimumf %x, %0 : f32
  func.return %1 : f32
}

// CHECK: define i1 @"comparisons"(float %".1", float %".2", i64 %".3", i64 %".4")
// CHECK: %".6" = fcmp olt float %".1", %".2"
// CHECK-NEXT: %".7" = fcmp une float %".1", %".2"
// CHECK-NEXT: %".8" = fcmp ord float %".1", %".2"
// CHECK-NEXT: %".9" = icmp slt i64 %".3", %".4"
// CHECK-NEXT: %".10" = icmp uge i64 %".3", %".4"
// CHECK-NEXT: %".11" = icmp eq i64 %".3", %".4"
// CHECK-NEXT: ret i1 %".11"
func.func @comparisons(%x: f32, %y: f32, %i: i64, %j: i64) -> i1 {
  %0 = arith.cmpf olt, %x, %y : f32
  %1 = arith.cmpf une, %x, %y : f32
  %2 = arith.cmpf ord, %x, %y : f32
  %3 = arith.cmpi slt, %i, %j : i64
  %4 = arith.cmpi uge, %i, %j : i64
  %5 = arith.cmpi eq, %i, %j : i64
  func.return %5 : i1
}

// bf16 travels as its sixteen bits: the upper half of an f32.
// CHECK: define float @"from_bf16"(i16 %".1")
// CHECK: %".3" = zext i16 %".1" to i32
// CHECK-NEXT: %".4" = shl i32 %".3", 16
// CHECK-NEXT: %".5" = bitcast i32 %".4" to float
// CHECK-NEXT: ret float %".5"
func.func @from_bf16(%x: bf16) -> f32 {
  %0 = arith.extf %x : bf16 to f32
  func.return %0 : f32
}

// And back, rounded to the nearest even one; NaN stays NaN.
// CHECK: define i16 @"to_bf16"(float %".1")
// CHECK: %".3" = bitcast float %".1" to i32
// CHECK-NEXT: %".4" = lshr i32 %".3", 16
// CHECK-NEXT: %".5" = and i32 %".4", 1
// CHECK-NEXT: %".6" = add i32 %".3", 32767
// CHECK-NEXT: %".7" = add i32 %".6", %".5"
// CHECK-NEXT: %".8" = lshr i32 %".7", 16
// CHECK-NEXT: %".9" = or i32 %".4", 64
// CHECK-NEXT: %".10" = fcmp uno float %".1", %".1"
// CHECK-NEXT: %".11" = select i1 %".10", i32 %".9", i32 %".8"
// CHECK-NEXT: %".12" = trunc i32 %".11" to i16
// CHECK-NEXT: ret i16 %".12"
func.func @to_bf16(%x: f32) -> bf16 {
  %0 = arith.truncf %x : f32 to bf16
  func.return %0 : bf16
}

// `index` has 64 bits, so that a cast from or to i64 is nothing.
// CHECK: define <8 x float> @"casts"(i64 %".1", i32 %".2", <8 x i32> %".3")
// CHECK: %".5" = sext i32 %".2" to i64
// CHECK-NEXT: %".6" = sitofp <8 x i32> %".3" to <8 x float>
// CHECK-NEXT: ret <8 x float> %".6"
func.func @casts(%x: index, %y: i32, %z: vector<8xi32>) -> vector<8xf32> {
  %0 = arith.index_cast %x : index to i64
  %1 = arith.index_cast %y : i32 to index
  %2 = arith.sitofp %z : vector<8xi32> to vector<8xf32>
  func.return %2 : vector<8xf32>
}
