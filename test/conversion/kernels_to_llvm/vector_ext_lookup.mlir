// RUN: opt-tool %s -t asm --processor x86-64-v4-vnni | filecheck %s --check-prefix=VBMI
// RUN: opt-tool %s -t asm --processor neoverse-n1 | filecheck %s --check-prefix=TBL
// RUN: opt-tool %s -t asm --processor x86-64-v3 | filecheck %s --check-prefix=V3

// A table of bytes stays in registers where the target takes bytes out of them.
// VBMI: lookup:
// VBMI: vpermt2b
// VBMI: vpermt2b
// VBMI: ret
// TBL: lookup:
// TBL: tbl v
// TBL: tbx v
// TBL: tbx v
// TBL: tbx v
// V3: lookup:
// V3-NOT: vperm
// V3: vpinsrb
func.func @lookup(%table: vector<256xi8>, %codes: vector<64xi8>) -> vector<64xi8> {
  %0 = vector_ext.lookup %table, %codes : vector<256xi8>, vector<64xi8>
  func.return %0 : vector<64xi8>
}
