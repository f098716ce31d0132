; exp(x - max) / sum over six positions, lane by lane: a running maximum, a chain of ALUs, a reciprocal
; root squared.
program lpu-14nm on chip context 8
template softmax                                        ; 115 cycles
  queue W0.read
    nop 9
    read b0+0:1 -> E0 x6/3                              ; @9
    nop 18
    read b0+0:1 -> E8 x6/3                              ; @43
    nop 56
  queue W1.read
    nop 9
    read b0+0:1 -> E1 x6/3                              ; @9
    nop 18
    read b0+0:1 -> E9 x6/3                              ; @43
    nop 56
  queue W2.read
    nop 9
    read b0+0:1 -> E2 x6/3                              ; @9
    nop 18
    read b0+0:1 -> E10 x6/3                             ; @43
    nop 56
  queue W3.read
    nop 9
    read b0+0:1 -> E3 x6/3                              ; @9
    nop 18
    read b0+0:1 -> E11 x6/3                             ; @43
    nop 56
  queue W4.read
    nop 42
    read b0+0 -> E12 x6/3                               ; @42
    nop 57
  queue W5.read
    nop 42
    read b0+0 -> E13 x6/3                               ; @42
    nop 57
  queue W6.read
    nop 42
    read b0+0 -> E14 x6/3                               ; @42
    nop 57
  queue W7.read
    nop 42
    read b0+0 -> E15 x6/3                               ; @42
    nop 57
  queue E0.read
    nop 89
    read b0+0:1 -> W0 x6/3                              ; @89
    nop 10
  queue E1.read
    nop 89
    read b0+0:1 -> W1 x6/3                              ; @89
    nop 10
  queue E2.read
    nop 89
    read b0+0:1 -> W2 x6/3                              ; @89
    nop 10
  queue E3.read
    nop 89
    read b0+0:1 -> W3 x6/3                              ; @89
    nop 10
  queue E4.read
    nop 88
    read b0+0 -> W4 x6/3                                ; @88
    nop 11
  queue E5.read
    nop 88
    read b0+0 -> W5 x6/3                                ; @88
    nop 11
  queue E6.read
    nop 88
    read b0+0 -> W6 x6/3                                ; @88
    nop 11
  queue E7.read
    nop 88
    read b0+0 -> W7 x6/3                                ; @88
    nop 11
  queue W4.write
    nop 33
    write W4 -> b0+0 x1/3                               ; @33
    nop 81
  queue W5.write
    nop 33
    write W5 -> b0+0 x1/3                               ; @33
    nop 81
  queue W6.write
    nop 33
    write W6 -> b0+0 x1/3                               ; @33
    nop 81
  queue W7.write
    nop 33
    write W7 -> b0+0 x1/3                               ; @33
    nop 81
  queue W8.write
    nop 99
    write W24 -> b0+0:1 x6/3                            ; @99
  queue W9.write
    nop 99
    write W25 -> b0+0:1 x6/3                            ; @99
  queue W10.write
    nop 99
    write W26 -> b0+0:1 x6/3                            ; @99
  queue W11.write
    nop 99
    write W27 -> b0+0:1 x6/3                            ; @99
  queue E0.write
    nop 54
    write E4 -> b0+0:1 x6/3                             ; @54
    nop 45
  queue E1.write
    nop 54
    write E5 -> b0+0:1 x6/3                             ; @54
    nop 45
  queue E2.write
    nop 54
    write E6 -> b0+0:1 x6/3                             ; @54
    nop 45
  queue E3.write
    nop 54
    write E7 -> b0+0:1 x6/3                             ; @54
    nop 45
  queue E4.write
    nop 79
    write E20 -> b0+0 x1/3                              ; @79
    nop 35
  queue E5.write
    nop 79
    write E21 -> b0+0 x1/3                              ; @79
    nop 35
  queue E6.write
    nop 79
    write E22 -> b0+0 x1/3                              ; @79
    nop 35
  queue E7.write
    nop 79
    write E23 -> b0+0 x1/3                              ; @79
    nop 35
  queue alu0
    nop 10
    identity f32 E0                                     ; @10
    nop 2
    max f32 E0 alu0 x4/3                                ; @13
    nop 2
    max f32 E0 alu0 -> W4                               ; @25
    nop 89
  queue alu1
    nop 44
    sub f32 E8 E12 x6/3                                 ; @44
    nop 55
  queue alu2
    nop 47
    exp f32 alu1 -> E4 x6/3                             ; @47
    nop 52
  queue alu3
    nop 50
    identity f32 alu2                                   ; @50
    nop 2
    add f32 alu3 alu2 x5/3                              ; @53
    nop 49
  queue alu5
    nop 68
    rsqrt f32 alu3                                      ; @68
    nop 46
  queue alu6
    nop 71
    mul f32 alu5 alu5 -> E20                            ; @71
    nop 43
  queue alu15
    nop 90
    mul f32 W0 W4 -> W24 x6/3                           ; @90
    nop 9
instance softmax bases 0
image chip 0 W0+0 words 6 row 0 step 1 tensor 0 plane 0
image chip 0 W1+0 words 6 row 0 step 1 tensor 0 plane 1
image chip 0 W2+0 words 6 row 0 step 1 tensor 0 plane 2
image chip 0 W3+0 words 6 row 0 step 1 tensor 0 plane 3
output share0 chip 0 W8 W9 W10 W11 address 0
output share1 chip 0 W8 W9 W10 W11 address 1
output share2 chip 0 W8 W9 W10 W11 address 2
output share3 chip 0 W8 W9 W10 W11 address 3
output share4 chip 0 W8 W9 W10 W11 address 4
output share5 chip 0 W8 W9 W10 W11 address 5
