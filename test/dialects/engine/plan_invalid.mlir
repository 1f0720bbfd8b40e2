// RUN: opt-tool %s --split-input-file --verify-diagnostics

// expected-error@below {{place 0 rests on itself, or on one that does}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above [1], 1 : "N" above [0]>} {
  func.return
}

// -----

// expected-error@below {{place 1 rests on [7]; the places are 0 to 1}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above [], 1 : "N" above [7]>} {
  func.return
}

// -----

// expected-error@below {{places have 1 and 2 lists of what they rest on; expected as many for each}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above [], 1 : "N" above [] | [0]>} {
  func.return
}

// -----

// expected-error@below {{this is place 1, expected 0}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<1 : "N" above []>} {
  func.return
}

// -----

// expected-error@below {{a place has 5 lists of what it rests on, one for each structure; expected 1 to 4}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above [] | [] | [] | [] | []>} {
  func.return
}

// -----

// expected-error@below {{a place has -4 bytes}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : -4 above []>} {
  func.return
}

// -----

// expected-error@below {{a place of -N - 1 bytes is smaller than none}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "0 - N - 1" above []>} {
  func.return
}

// -----

// expected-error@below {{the size 'N +'}}
func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N +" above []>} {
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' is of place 1 : i64, expected an i64 from 0 to 0}}
  %0 = engine.view %arena {place = 1 : i64} : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) {
  // expected-error@below {{'engine.view' is of place 0, but no plan is around it}}
  %0 = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<64xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' is of a place in memref<64xi8>; places are of an arena, a memref<?xi8>}}
  %0 = engine.view %arena {place = 0 : i64} : memref<64xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' is of a memref<?xi8>, whose bytes are not known; expected a place}}
  %0 = engine.view %arena {offset = 0 : i64} : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' has no offset; expected one, or a place}}
  %0 = engine.view %arena : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' bytes 1..N + 1 are not within the N bytes of its place}}
  %0 = engine.view %arena {place = 0 : i64, offset = 1 : i64} : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' bytes -N - 1..-1 are not within the N bytes of its place}}
  %0 = engine.view %arena {place = 0 : i64, offset = "-N - 1"} : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{the size 'S S'}}
  %0 = engine.view %arena {place = 0 : i64, offset = "S S"} : memref<?xi8> -> memref<?xi8, #engine.layout<"a", sizes<"N">>>
  func.return
}

// -----

func.func @f(%arena: memref<?xi8>) attributes {plan = #engine.plan<0 : "N" above []>} {
  // expected-error@below {{'engine.view' gives a memref<?xi8>; expected its sizes}}
  %0 = engine.view %arena {place = 0 : i64} : memref<?xi8> -> memref<?xi8>
  func.return
}
