; Four bytes of two inputs go from slices 0-3 to slices 8-11; one template, stamped twice with its own
; base.
program lpu-14nm on chip context 8
template copy                                           ; 4 cycles
  queue E0.read
    read b1+2 -> E4                                     ; @0
    nop 3
  queue E1.read
    read b1+2 -> E5                                     ; @0
    nop 3
  queue E2.read
    read b1+2 -> E6                                     ; @0
    nop 3
  queue E3.read
    read b1+2 -> E7                                     ; @0
    nop 3
  queue E8.write
    nop 3
    write E4 -> b1+2                                    ; @3
  queue E9.write
    nop 3
    write E5 -> b1+2                                    ; @3
  queue E10.write
    nop 3
    write E6 -> b1+2                                    ; @3
  queue E11.write
    nop 3
    write E7 -> b1+2                                    ; @3
instance copy bases 0 0
instance copy bases 0 100
record E0+2 input x plane 0
record E1+2 input x plane 1
record E2+2 input x plane 2
record E3+2 input x plane 3
record E0+102 input y plane 0
record E1+102 input y plane 1
record E2+102 input y plane 2
record E3+102 input y plane 3
output x_copy chip 0 E8 E9 E10 E11 address 2
output y_copy chip 0 E8 E9 E10 E11 address 102
