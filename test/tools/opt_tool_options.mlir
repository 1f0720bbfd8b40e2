// Options in the spellings of mlir-opt and xdsl-opt.

// A pass is an option, with one dash or two, with options of its own or without; passes run in the
// order in which they stand, whatever their spelling.
// RUN: opt-tool %s --cse | filecheck %s --check-prefix=CSE
// RUN: opt-tool %s -cse | filecheck %s --check-prefix=CSE
// RUN: opt-tool %s -pass-pipeline='builtin.module(func.func(cse))' | filecheck %s --check-prefix=CSE
// RUN: opt-tool %s --arith-add-fastmath="flags=nnan,nsz" -p dce | filecheck %s --check-prefix=FLAGS
// RUN: opt-tool %s --arith-add-fastmath=flags={nnan,nsz} --dce | filecheck %s --check-prefix=FLAGS
// RUN: opt-tool %s -p 'arith-add-fastmath{ flags=nnan,nsz  },dce' | filecheck %s --check-prefix=FLAGS
// RUN: opt-tool %s --cse --passes dce --scf-for-loop-unroll --dump-pass-pipeline -o %t.mlir 2>&1 | filecheck %s --check-prefix=DUMP

// RUN: opt-tool %s -mlir-print-op-generic | filecheck %s --check-prefix=GENERIC
// RUN: opt-tool %s -cse -mlir-print-ir-before-all -mlir-print-ir-after=cse 2>&1 | filecheck %s --check-prefix=IR
// RUN: opt-tool %s --cse --dce --print-between-passes | filecheck %s --check-prefix=BETWEEN
// RUN: opt-tool %s --cse --mlir-timing --mlir-disable-threading 2>&1 | filecheck %s --check-prefix=TIMING
// RUN: opt-tool %s --verify-each=false --cse | filecheck %s --check-prefix=CSE
// RUN: opt-tool %s --syntax-only | filecheck %s --check-prefix=NOTHING --allow-empty
// RUN: opt-tool --show-dialects | filecheck %s --check-prefix=DIALECTS
// RUN: opt-tool %s -t mlir --print-no-properties --print-op-generic | filecheck %s --check-prefix=ATTRIBUTES
// RUN: opt-tool %s --syntax-highlight | filecheck %s --check-prefix=COLOURS
// RUN: opt-tool --version | filecheck %s --check-prefix=VERSION

// Wrong ones.
// RUN: not opt-tool %s --cse=foo=1 2>&1 | filecheck %s --check-prefix=NO-OPTION
// RUN: not opt-tool %s --no-implicit-module 2>&1 | filecheck %s --check-prefix=NO-MODULE
// RUN: not opt-tool %s -p 'scf-for-loop-unroll,apply-pdl-interp{pdl_interp_file=/none.mlir}' 2>&1 | filecheck %s --check-prefix=OF-XDSL

// CSE:          %a = arith.constant
// CSE-NEXT:     %c = arith.addf %a, %a : f32
// FLAGS:        %c = arith.addf %a, %b fastmath<nnan,nsz> : f32
// DUMP:         builtin.module(cse,dce,scf-for-loop-unroll)
// GENERIC:      "func.func"() <{
// IR:           IR Dump Before cse
// IR:           %b = arith.constant
// IR:           IR Dump After cse
// IR-NOT:       %b = arith.constant
// BETWEEN:      IR after cse:
// BETWEEN-NEXT: builtin.module {
// BETWEEN:      builtin.module {
// TIMING:       cse
// TIMING-NEXT:  everything else
// NOTHING-NOT:  builtin.module
// DIALECTS:     Available Dialects: affine, arith, bufferization, builtin, caffe, cf, chlo,
// ATTRIBUTES:   "func.func"() ({
// ATTRIBUTES:   }) {sym_name = "f", function_type = (f32) -> f32}
// COLOURS:      {{\[[0-9]+m}}
// VERSION:      opt-tool of Stepwell {{.*}} xDSL version 0.74
// NO-OPTION:    error: pass 'cse' has no option 'foo'
// NO-MODULE:    opt_tool_options.mlir:1:1: error: builtin.module operation expected
// OF-XDSL:      error: pass 'apply-pdl-interp' of xDSL failed: AssertionError (in apply_pdl_interp.py:{{[0-9]+}}: assert os.path.exists(

func.func @f(%x: f32) -> f32 {
  %a = arith.constant 3.0 : f32
  %b = arith.constant 3.0 : f32
  %c = arith.addf %a, %b : f32
  %d = arith.addf %c, %x : f32
  func.return %d : f32
}
