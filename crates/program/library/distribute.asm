; The lanes of every superlane in reverse order, by four distributors.
program lpu-14nm on chip context 8
template distribute                                     ; 26 cycles
  queue E0.read
    read b0+0 -> E0                                     ; @0
    nop 25
  queue E1.read
    read b0+0 -> E1                                     ; @0
    nop 25
  queue E2.read
    read b0+0 -> E2                                     ; @0
    nop 25
  queue E3.read
    read b0+0 -> E3                                     ; @0
    nop 25
  queue E32.write
    nop 25
    write W8 -> b0+0                                    ; @25
  queue E33.write
    nop 25
    write W9 -> b0+0                                    ; @25
  queue E34.write
    nop 25
    write W10 -> b0+0                                   ; @25
  queue E35.write
    nop 25
    write W11 -> b0+0                                   ; @25
  queue sxmE0.distribute
    nop 16
    distribute s0 -> s8 map 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0; @16
    nop 9
  queue sxmE1.distribute
    nop 16
    distribute s1 -> s9 map 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0; @16
    nop 9
  queue sxmE2.distribute
    nop 16
    distribute s2 -> s10 map 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0; @16
    nop 9
  queue sxmE3.distribute
    nop 16
    distribute s3 -> s11 map 15,14,13,12,11,10,9,8,7,6,5,4,3,2,1,0; @16
    nop 9
instance distribute bases 0
record E0+0 input x plane 0
record E1+0 input x plane 1
record E2+0 input x plane 2
record E3+0 input x plane 3
output y chip 0 E32 E33 E34 E35 address 0
