; A row of 48 lanes, read by three of twenty superlanes; the others rest and give zeros.
program lpu-14nm on chip context 8
template narrow                                         ; 5 cycles
  queue E0.read
    config 3                                            ; @0
    read b0+0 -> E0                                     ; @1
    nop 3
  queue E1.read
    config 3                                            ; @0
    read b0+0 -> E1                                     ; @1
    nop 3
  queue E2.read
    config 3                                            ; @0
    read b0+0 -> E2                                     ; @1
    nop 3
  queue E3.read
    config 3                                            ; @0
    read b0+0 -> E3                                     ; @1
    nop 3
  queue E8.write
    nop 4
    write E0 -> b0+0                                    ; @4
  queue E9.write
    nop 4
    write E1 -> b0+0                                    ; @4
  queue E10.write
    nop 4
    write E2 -> b0+0                                    ; @4
  queue E11.write
    nop 4
    write E3 -> b0+0                                    ; @4
instance narrow bases 0
record E0+0 input x plane 0
record E1+0 input x plane 1
record E2+0 input x plane 2
record E3+0 input x plane 3
output y chip 0 E8 E9 E10 E11 address 0
