; The sum of all 320 lanes in f16, by a tile of ones: the MXM is the only unit that adds across lanes.
program lpu-14nm on chip context 8
template lane_sum                                       ; 116 cycles
  queue E0.read
    nop 20
    read b0+0:1 -> E0                                   ; @20
    nop 95
  queue E1.read
    nop 20
    read b0+0:1 -> E1                                   ; @20
    nop 95
  queue E2.read
    nop 20
    read b0+0:1 -> E2                                   ; @20
    nop 95
  queue E3.read
    nop 20
    read b0+0:1 -> E3                                   ; @20
    nop 95
  queue E4.read
    nop 21
    read b0+0:1 -> E4                                   ; @21
    nop 94
  queue E5.read
    nop 21
    read b0+0:1 -> E5                                   ; @21
    nop 94
  queue E6.read
    nop 21
    read b0+0:1 -> E6                                   ; @21
    nop 94
  queue E7.read
    nop 21
    read b0+0:1 -> E7                                   ; @21
    nop 94
  queue E8.read
    nop 22
    read b0+0:1 -> E8                                   ; @22
    nop 93
  queue E9.read
    nop 22
    read b0+0:1 -> E9                                   ; @22
    nop 93
  queue E10.read
    nop 22
    read b0+0:1 -> E10                                  ; @22
    nop 93
  queue E11.read
    nop 22
    read b0+0:1 -> E11                                  ; @22
    nop 93
  queue E12.read
    nop 23
    read b0+0:1 -> E12                                  ; @23
    nop 92
  queue E13.read
    nop 23
    read b0+0:1 -> E13                                  ; @23
    nop 92
  queue E14.read
    nop 23
    read b0+0:1 -> E14                                  ; @23
    nop 92
  queue E15.read
    nop 23
    read b0+0:1 -> E15                                  ; @23
    nop 92
  queue E29.read
    nop 26
    read b0+9 -> W8 x2/1                                ; @26
    nop 88
  queue E30.read
    nop 26
    read b0+9 -> W9 x2/1                                ; @26
    nop 88
  queue E31.read
    nop 26
    read b0+9 -> W10 x2/1                               ; @26
    nop 88
  queue E32.read
    nop 25
    read b0+9 -> W11 x2/1                               ; @25
    nop 89
  queue E36.write
    nop 115
    write W4 -> b0+0                                    ; @115
  queue E37.write
    nop 115
    write W5 -> b0+0                                    ; @115
  queue E38.write
    nop 115
    write W6 -> b0+0                                    ; @115
  queue E39.write
    nop 115
    write W7 -> b0+0                                    ; @115
  queue alu7
    nop 34
    f32_to_f16 f32 W8 -> E16 x2/1                       ; @34
    nop 80
  queue mxmE0.weights
    nop 40
    load g0 s0                                          ; @40
    install                                             ; @41
    nop 74
  queue mxmE1.weights
    nop 41
    install                                             ; @41
    nop 74
  queue mxmE0.activate
    nop 60
    activate s16 f16.0                                  ; @60
    activate s16 f16.1                                  ; @61
    nop 54
  queue mxmE0.accumulate
    nop 74
    accumulate a0 set                                   ; @74
    accumulate a0 add -> s4                             ; @75
    nop 40
instance lane_sum bases 0
image chip 0 E0+0 words 1 row 0 step 1 tensor 0 either-half
image chip 0 E1+0 words 1 row 1 step 1 tensor 0 either-half
image chip 0 E2+0 words 1 row 2 step 1 tensor 0 either-half
image chip 0 E3+0 words 1 row 3 step 1 tensor 0 either-half
image chip 0 E4+0 words 1 row 4 step 1 tensor 0 either-half
image chip 0 E5+0 words 1 row 5 step 1 tensor 0 either-half
image chip 0 E6+0 words 1 row 6 step 1 tensor 0 either-half
image chip 0 E7+0 words 1 row 7 step 1 tensor 0 either-half
image chip 0 E8+0 words 1 row 8 step 1 tensor 0 either-half
image chip 0 E9+0 words 1 row 9 step 1 tensor 0 either-half
image chip 0 E10+0 words 1 row 10 step 1 tensor 0 either-half
image chip 0 E11+0 words 1 row 11 step 1 tensor 0 either-half
image chip 0 E12+0 words 1 row 12 step 1 tensor 0 either-half
image chip 0 E13+0 words 1 row 13 step 1 tensor 0 either-half
image chip 0 E14+0 words 1 row 14 step 1 tensor 0 either-half
image chip 0 E15+0 words 1 row 15 step 1 tensor 0 either-half
record E29+9 input x plane 0
record E30+9 input x plane 1
record E31+9 input x plane 2
record E32+9 input x plane 3
output y chip 0 E36 E37 E38 E39 address 0
