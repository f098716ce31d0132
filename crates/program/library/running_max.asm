; Three maxima of three rows each, folded in one ALU: a result is there again after 3 cycles, so three
; folds run in turn.
program lpu-14nm on chip context 8
template running_max                                    ; 29 cycles
  queue E0.read
    nop 9
    read b0+0:1 -> W0 x9/1                              ; @9
    nop 11
  queue E1.read
    nop 9
    read b0+0:1 -> W1 x9/1                              ; @9
    nop 11
  queue E2.read
    nop 9
    read b0+0:1 -> W2 x9/1                              ; @9
    nop 11
  queue E3.read
    nop 9
    read b0+0:1 -> W3 x9/1                              ; @9
    nop 11
  queue E12.write
    nop 26
    write E12 -> b0+3:2 x3/1                            ; @26
  queue E13.write
    nop 26
    write E13 -> b0+3:2 x3/1                            ; @26
  queue E14.write
    nop 26
    write E14 -> b0+3:2 x3/1                            ; @26
  queue E15.write
    nop 26
    write E15 -> b0+3:2 x3/1                            ; @26
  queue alu0
    nop 10
    identity f32 W0 x3/1                                ; @10
    max f32 W0 alu0 x3/1                                ; @13
    max f32 W0 alu0 -> E12 x3/1                         ; @16
    nop 10
instance running_max bases 0
image chip 0 E0+0 words 9 row 0 step 1 tensor 0 plane 0
image chip 0 E1+0 words 9 row 0 step 1 tensor 0 plane 1
image chip 0 E2+0 words 9 row 0 step 1 tensor 0 plane 2
image chip 0 E3+0 words 9 row 0 step 1 tensor 0 plane 3
output y0 chip 0 E12 E13 E14 E15 address 3
output y1 chip 0 E12 E13 E14 E15 address 5
output y2 chip 0 E12 E13 E14 E15 address 7
