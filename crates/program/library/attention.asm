; One query, sixteen positions, sixteen channels: softmax(query . keys / 16) . values. Scores in the
; eastern MXM; their exponentials go east to the values and west to a tile of ones, and meet again
; divided.
program lpu-14nm on chip context 8
template attention                                      ; 267 cycles
  queue W0.read
    nop 151
    read b0+2 -> W0                                     ; @151
    nop 115
  queue W1.read
    nop 151
    read b0+2 -> W1                                     ; @151
    nop 115
  queue W2.read
    nop 151
    read b0+2 -> W2                                     ; @151
    nop 115
  queue W3.read
    nop 151
    read b0+2 -> W3                                     ; @151
    nop 115
  queue W4.read
    nop 152
    read b0+2 -> W4                                     ; @152
    nop 114
  queue W5.read
    nop 152
    read b0+2 -> W5                                     ; @152
    nop 114
  queue W6.read
    nop 152
    read b0+2 -> W6                                     ; @152
    nop 114
  queue W7.read
    nop 152
    read b0+2 -> W7                                     ; @152
    nop 114
  queue W8.read
    nop 31
    read b0+0 -> E20                                    ; @31
    nop 19
    read b0+0 -> E20                                    ; @51
    nop 101
    read b0+2 -> W8                                     ; @153
    nop 113
  queue W9.read
    nop 31
    read b0+0 -> E21                                    ; @31
    nop 19
    read b0+0 -> E21                                    ; @51
    nop 101
    read b0+2 -> W9                                     ; @153
    nop 113
  queue W10.read
    nop 31
    read b0+0 -> E22                                    ; @31
    nop 19
    read b0+0 -> E22                                    ; @51
    nop 101
    read b0+2 -> W10                                    ; @153
    nop 113
  queue W11.read
    nop 31
    read b0+0 -> E23                                    ; @31
    nop 19
    read b0+0 -> E23                                    ; @51
    nop 101
    read b0+2 -> W11                                    ; @153
    nop 113
  queue W12.read
    nop 154
    read b0+2 -> W12                                    ; @154
    nop 112
  queue W13.read
    nop 154
    read b0+2 -> W13                                    ; @154
    nop 112
  queue W14.read
    nop 154
    read b0+2 -> W14                                    ; @154
    nop 112
  queue W15.read
    nop 154
    read b0+2 -> W15                                    ; @154
    nop 112
  queue E0.read
    nop 36
    read b0+0 -> E0                                     ; @36
    nop 19
    read b0+1 -> E0                                     ; @56
    nop 94
    read b0+2 -> E0                                     ; @151
    nop 5
    read b0+3 -> E0                                     ; @157
    nop 109
  queue E1.read
    nop 36
    read b0+0 -> E1                                     ; @36
    nop 19
    read b0+1 -> E1                                     ; @56
    nop 94
    read b0+2 -> E1                                     ; @151
    nop 5
    read b0+3 -> E1                                     ; @157
    nop 109
  queue E2.read
    nop 36
    read b0+0 -> E2                                     ; @36
    nop 19
    read b0+1 -> E2                                     ; @56
    nop 94
    read b0+2 -> E2                                     ; @151
    nop 5
    read b0+3 -> E2                                     ; @157
    nop 109
  queue E3.read
    nop 36
    read b0+0 -> E3                                     ; @36
    nop 19
    read b0+1 -> E3                                     ; @56
    nop 94
    read b0+2 -> E3                                     ; @151
    nop 5
    read b0+3 -> E3                                     ; @157
    nop 109
  queue E4.read
    nop 37
    read b0+0 -> E4                                     ; @37
    nop 19
    read b0+1 -> E4                                     ; @57
    nop 94
    read b0+2 -> E4                                     ; @152
    nop 5
    read b0+3 -> E4                                     ; @158
    nop 108
  queue E5.read
    nop 37
    read b0+0 -> E5                                     ; @37
    nop 19
    read b0+1 -> E5                                     ; @57
    nop 94
    read b0+2 -> E5                                     ; @152
    nop 5
    read b0+3 -> E5                                     ; @158
    nop 108
  queue E6.read
    nop 37
    read b0+0 -> E6                                     ; @37
    nop 19
    read b0+1 -> E6                                     ; @57
    nop 94
    read b0+2 -> E6                                     ; @152
    nop 5
    read b0+3 -> E6                                     ; @158
    nop 108
  queue E7.read
    nop 37
    read b0+0 -> E7                                     ; @37
    nop 19
    read b0+1 -> E7                                     ; @57
    nop 94
    read b0+2 -> E7                                     ; @152
    nop 5
    read b0+3 -> E7                                     ; @158
    nop 108
  queue E8.read
    nop 38
    read b0+0 -> E8                                     ; @38
    nop 19
    read b0+1 -> E8                                     ; @58
    nop 94
    read b0+2 -> E8                                     ; @153
    nop 5
    read b0+3 -> E8                                     ; @159
    nop 107
  queue E9.read
    nop 38
    read b0+0 -> E9                                     ; @38
    nop 19
    read b0+1 -> E9                                     ; @58
    nop 94
    read b0+2 -> E9                                     ; @153
    nop 5
    read b0+3 -> E9                                     ; @159
    nop 107
  queue E10.read
    nop 38
    read b0+0 -> E10                                    ; @38
    nop 19
    read b0+1 -> E10                                    ; @58
    nop 94
    read b0+2 -> E10                                    ; @153
    nop 5
    read b0+3 -> E10                                    ; @159
    nop 107
  queue E11.read
    nop 38
    read b0+0 -> E11                                    ; @38
    nop 19
    read b0+1 -> E11                                    ; @58
    nop 94
    read b0+2 -> E11                                    ; @153
    nop 5
    read b0+3 -> E11                                    ; @159
    nop 107
  queue E12.read
    nop 39
    read b0+0 -> E12                                    ; @39
    nop 19
    read b0+1 -> E12                                    ; @59
    nop 94
    read b0+2 -> E12                                    ; @154
    nop 5
    read b0+3 -> E12                                    ; @160
    nop 106
  queue E13.read
    nop 39
    read b0+0 -> E13                                    ; @39
    nop 19
    read b0+1 -> E13                                    ; @59
    nop 94
    read b0+2 -> E13                                    ; @154
    nop 5
    read b0+3 -> E13                                    ; @160
    nop 106
  queue E14.read
    nop 39
    read b0+0 -> E14                                    ; @39
    nop 19
    read b0+1 -> E14                                    ; @59
    nop 94
    read b0+2 -> E14                                    ; @154
    nop 5
    read b0+3 -> E14                                    ; @160
    nop 106
  queue E15.read
    nop 39
    read b0+0 -> E15                                    ; @39
    nop 19
    read b0+1 -> E15                                    ; @59
    nop 94
    read b0+2 -> E15                                    ; @154
    nop 5
    read b0+3 -> E15                                    ; @160
    nop 106
  queue E36.write
    nop 266
    write E24 -> b0+0                                   ; @266
  queue E37.write
    nop 266
    write E25 -> b0+0                                   ; @266
  queue E38.write
    nop 266
    write E26 -> b0+0                                   ; @266
  queue E39.write
    nop 266
    write E27 -> b0+0                                   ; @266
  queue alu0
    nop 143
    mul f32 W4 #3d800000                                ; @143
    nop 123
  queue alu1
    nop 149
    identity f32 alu2                                   ; @149
    nop 117
  queue alu2
    nop 146
    exp f32 alu0                                        ; @146
    nop 120
  queue alu3
    nop 152
    identity f32 alu1                                   ; @152
    nop 114
  queue alu4
    nop 34
    f32_to_f16 f32 E20 -> E16 x2/20                     ; @34
    nop 94
    f32_to_f16 f32 alu2 -> W16                          ; @149
    nop 5
    f32_to_f16 f32 alu3 -> W16                          ; @155
    nop 88
    identity f32 W8                                     ; @244
    nop 22
  queue alu5
    nop 149
    f32_to_f16 f32 alu2 -> E16                          ; @149
    nop 5
    f32_to_f16 f32 alu3 -> E16                          ; @155
    nop 91
    identity f32 alu4                                   ; @247
    nop 19
  queue alu6
    nop 247
    mul f32 alu7 alu7                                   ; @247
    nop 19
  queue alu7
    nop 244
    rsqrt f32 E12                                       ; @244
    nop 22
  queue alu11
    nop 250
    mul f32 alu5 alu6 -> E24                            ; @250
    nop 16
  queue mxmW0.weights
    nop 171
    load g0 s0                                          ; @171
    install                                             ; @172
    nop 94
  queue mxmW1.weights
    nop 172
    install                                             ; @172
    nop 94
  queue mxmE0.weights
    nop 56
    load g0 s0                                          ; @56
    install                                             ; @57
    nop 18
    load g0 s0                                          ; @76
    install                                             ; @77
    nop 93
    load g0 s0                                          ; @171
    install                                             ; @172
    nop 4
    load g0 s0                                          ; @177
    install                                             ; @178
    nop 88
  queue mxmE1.weights
    nop 57
    install                                             ; @57
    nop 19
    install                                             ; @77
    nop 94
    install                                             ; @172
    nop 5
    install                                             ; @178
    nop 88
  queue mxmW0.activate
    nop 175
    activate s16 f16.0                                  ; @175
    nop 5
    activate s16 f16.1                                  ; @181
    nop 85
  queue mxmE0.activate
    nop 60
    activate s16 f16.0                                  ; @60
    nop 19
    activate s16 f16.1                                  ; @80
    nop 94
    activate s16 f16.0                                  ; @175
    nop 5
    activate s16 f16.1                                  ; @181
    nop 85
  queue mxmW0.accumulate
    nop 189
    accumulate a0 set                                   ; @189
    nop 5
    accumulate a0 add -> s12                            ; @195
    nop 71
  queue mxmE0.accumulate
    nop 74
    accumulate a0 set                                   ; @74
    nop 19
    accumulate a0 add -> s4                             ; @94
    nop 94
    accumulate a0 set                                   ; @189
    nop 5
    accumulate a0 add -> s8                             ; @195
    nop 71
instance attention bases 0
image chip 0 E0+0 words 1 row 0 step 1 tensor 0 half 0
image chip 0 E1+0 words 1 row 1 step 1 tensor 0 half 0
image chip 0 E2+0 words 1 row 2 step 1 tensor 0 half 0
image chip 0 E3+0 words 1 row 3 step 1 tensor 0 half 0
image chip 0 E4+0 words 1 row 4 step 1 tensor 0 half 0
image chip 0 E5+0 words 1 row 5 step 1 tensor 0 half 0
image chip 0 E6+0 words 1 row 6 step 1 tensor 0 half 0
image chip 0 E7+0 words 1 row 7 step 1 tensor 0 half 0
image chip 0 E8+0 words 1 row 8 step 1 tensor 0 half 0
image chip 0 E9+0 words 1 row 9 step 1 tensor 0 half 0
image chip 0 E10+0 words 1 row 10 step 1 tensor 0 half 0
image chip 0 E11+0 words 1 row 11 step 1 tensor 0 half 0
image chip 0 E12+0 words 1 row 12 step 1 tensor 0 half 0
image chip 0 E13+0 words 1 row 13 step 1 tensor 0 half 0
image chip 0 E14+0 words 1 row 14 step 1 tensor 0 half 0
image chip 0 E15+0 words 1 row 15 step 1 tensor 0 half 0
image chip 0 E0+1 words 1 row 0 step 1 tensor 0 half 1
image chip 0 E1+1 words 1 row 1 step 1 tensor 0 half 1
image chip 0 E2+1 words 1 row 2 step 1 tensor 0 half 1
image chip 0 E3+1 words 1 row 3 step 1 tensor 0 half 1
image chip 0 E4+1 words 1 row 4 step 1 tensor 0 half 1
image chip 0 E5+1 words 1 row 5 step 1 tensor 0 half 1
image chip 0 E6+1 words 1 row 6 step 1 tensor 0 half 1
image chip 0 E7+1 words 1 row 7 step 1 tensor 0 half 1
image chip 0 E8+1 words 1 row 8 step 1 tensor 0 half 1
image chip 0 E9+1 words 1 row 9 step 1 tensor 0 half 1
image chip 0 E10+1 words 1 row 10 step 1 tensor 0 half 1
image chip 0 E11+1 words 1 row 11 step 1 tensor 0 half 1
image chip 0 E12+1 words 1 row 12 step 1 tensor 0 half 1
image chip 0 E13+1 words 1 row 13 step 1 tensor 0 half 1
image chip 0 E14+1 words 1 row 14 step 1 tensor 0 half 1
image chip 0 E15+1 words 1 row 15 step 1 tensor 0 half 1
image chip 0 E0+2 words 1 row 0 step 1 tensor 1 half 0
image chip 0 E1+2 words 1 row 1 step 1 tensor 1 half 0
image chip 0 E2+2 words 1 row 2 step 1 tensor 1 half 0
image chip 0 E3+2 words 1 row 3 step 1 tensor 1 half 0
image chip 0 E4+2 words 1 row 4 step 1 tensor 1 half 0
image chip 0 E5+2 words 1 row 5 step 1 tensor 1 half 0
image chip 0 E6+2 words 1 row 6 step 1 tensor 1 half 0
image chip 0 E7+2 words 1 row 7 step 1 tensor 1 half 0
image chip 0 E8+2 words 1 row 8 step 1 tensor 1 half 0
image chip 0 E9+2 words 1 row 9 step 1 tensor 1 half 0
image chip 0 E10+2 words 1 row 10 step 1 tensor 1 half 0
image chip 0 E11+2 words 1 row 11 step 1 tensor 1 half 0
image chip 0 E12+2 words 1 row 12 step 1 tensor 1 half 0
image chip 0 E13+2 words 1 row 13 step 1 tensor 1 half 0
image chip 0 E14+2 words 1 row 14 step 1 tensor 1 half 0
image chip 0 E15+2 words 1 row 15 step 1 tensor 1 half 0
image chip 0 E0+3 words 1 row 0 step 1 tensor 1 half 1
image chip 0 E1+3 words 1 row 1 step 1 tensor 1 half 1
image chip 0 E2+3 words 1 row 2 step 1 tensor 1 half 1
image chip 0 E3+3 words 1 row 3 step 1 tensor 1 half 1
image chip 0 E4+3 words 1 row 4 step 1 tensor 1 half 1
image chip 0 E5+3 words 1 row 5 step 1 tensor 1 half 1
image chip 0 E6+3 words 1 row 6 step 1 tensor 1 half 1
image chip 0 E7+3 words 1 row 7 step 1 tensor 1 half 1
image chip 0 E8+3 words 1 row 8 step 1 tensor 1 half 1
image chip 0 E9+3 words 1 row 9 step 1 tensor 1 half 1
image chip 0 E10+3 words 1 row 10 step 1 tensor 1 half 1
image chip 0 E11+3 words 1 row 11 step 1 tensor 1 half 1
image chip 0 E12+3 words 1 row 12 step 1 tensor 1 half 1
image chip 0 E13+3 words 1 row 13 step 1 tensor 1 half 1
image chip 0 E14+3 words 1 row 14 step 1 tensor 1 half 1
image chip 0 E15+3 words 1 row 15 step 1 tensor 1 half 1
image chip 0 W0+2 words 1 row 0 step 1 tensor 2 either-half
image chip 0 W1+2 words 1 row 1 step 1 tensor 2 either-half
image chip 0 W2+2 words 1 row 2 step 1 tensor 2 either-half
image chip 0 W3+2 words 1 row 3 step 1 tensor 2 either-half
image chip 0 W4+2 words 1 row 4 step 1 tensor 2 either-half
image chip 0 W5+2 words 1 row 5 step 1 tensor 2 either-half
image chip 0 W6+2 words 1 row 6 step 1 tensor 2 either-half
image chip 0 W7+2 words 1 row 7 step 1 tensor 2 either-half
image chip 0 W8+2 words 1 row 8 step 1 tensor 2 either-half
image chip 0 W9+2 words 1 row 9 step 1 tensor 2 either-half
image chip 0 W10+2 words 1 row 10 step 1 tensor 2 either-half
image chip 0 W11+2 words 1 row 11 step 1 tensor 2 either-half
image chip 0 W12+2 words 1 row 12 step 1 tensor 2 either-half
image chip 0 W13+2 words 1 row 13 step 1 tensor 2 either-half
image chip 0 W14+2 words 1 row 14 step 1 tensor 2 either-half
image chip 0 W15+2 words 1 row 15 step 1 tensor 2 either-half
record W8+0 input query plane 0
record W9+0 input query plane 1
record W10+0 input query plane 2
record W11+0 input query plane 3
output y chip 0 E36 E37 E38 E39 address 0
