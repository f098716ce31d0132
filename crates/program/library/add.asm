; y = x + bias: eight streams meet at one ALU; the sum leaves four cycles after it is made.
program lpu-14nm on chip context 8
template add                                            ; 20 cycles
  queue E0.read
    nop 9
    read b0+0 -> W0                                     ; @9
    nop 10
  queue E1.read
    nop 9
    read b0+0 -> W1                                     ; @9
    nop 10
  queue E2.read
    nop 9
    read b0+0 -> W2                                     ; @9
    nop 10
  queue E3.read
    nop 9
    read b0+0 -> W3                                     ; @9
    nop 10
  queue E4.read
    nop 8
    read b0+0 -> W4                                     ; @8
    nop 11
  queue E5.read
    nop 8
    read b0+0 -> W5                                     ; @8
    nop 11
  queue E6.read
    nop 8
    read b0+0 -> W6                                     ; @8
    nop 11
  queue E7.read
    nop 8
    read b0+0 -> W7                                     ; @8
    nop 11
  queue E8.write
    nop 19
    write E0 -> b0+1                                    ; @19
  queue E9.write
    nop 19
    write E1 -> b0+1                                    ; @19
  queue E10.write
    nop 19
    write E2 -> b0+1                                    ; @19
  queue E11.write
    nop 19
    write E3 -> b0+1                                    ; @19
  queue alu3
    nop 10
    add f32 W0 W4 -> E0                                 ; @10
    nop 9
instance add bases 0
image chip 0 E4+0 words 1 row 0 step 1 tensor 0 plane 0
image chip 0 E5+0 words 1 row 0 step 1 tensor 0 plane 1
image chip 0 E6+0 words 1 row 0 step 1 tensor 0 plane 2
image chip 0 E7+0 words 1 row 0 step 1 tensor 0 plane 3
record E0+0 input x plane 0
record E1+0 input x plane 1
record E2+0 input x plane 2
record E3+0 input x plane 3
output y chip 0 E8 E9 E10 E11 address 1
