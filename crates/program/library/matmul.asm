; A dot product of 640 lanes for each of 32 columns: two K blocks, two int8 digits, one accumulator
; each.
program lpu-14nm on chip context 8
template matmul                                         ; 149 cycles
  queue E0.read
    nop 20
    read b0+0:1 -> E0 x2/1                              ; @20
    nop 18
    read b0+2:1 -> E0 x2/1                              ; @40
    nop 107
  queue E1.read
    nop 20
    read b0+0:1 -> E1 x2/1                              ; @20
    nop 18
    read b0+2:1 -> E1 x2/1                              ; @40
    nop 107
  queue E2.read
    nop 20
    read b0+0:1 -> E2 x2/1                              ; @20
    nop 18
    read b0+2:1 -> E2 x2/1                              ; @40
    nop 107
  queue E3.read
    nop 20
    read b0+0:1 -> E3 x2/1                              ; @20
    nop 18
    read b0+2:1 -> E3 x2/1                              ; @40
    nop 107
  queue E4.read
    nop 21
    read b0+0:1 -> E4 x2/1                              ; @21
    nop 18
    read b0+2:1 -> E4 x2/1                              ; @41
    nop 106
  queue E5.read
    nop 21
    read b0+0:1 -> E5 x2/1                              ; @21
    nop 18
    read b0+2:1 -> E5 x2/1                              ; @41
    nop 106
  queue E6.read
    nop 21
    read b0+0:1 -> E6 x2/1                              ; @21
    nop 18
    read b0+2:1 -> E6 x2/1                              ; @41
    nop 106
  queue E7.read
    nop 21
    read b0+0:1 -> E7 x2/1                              ; @21
    nop 18
    read b0+2:1 -> E7 x2/1                              ; @41
    nop 106
  queue E8.read
    nop 22
    read b0+0:1 -> E8 x2/1                              ; @22
    nop 18
    read b0+2:1 -> E8 x2/1                              ; @42
    nop 105
  queue E9.read
    nop 22
    read b0+0:1 -> E9 x2/1                              ; @22
    nop 18
    read b0+2:1 -> E9 x2/1                              ; @42
    nop 105
  queue E10.read
    nop 22
    read b0+0:1 -> E10 x2/1                             ; @22
    nop 18
    read b0+2:1 -> E10 x2/1                             ; @42
    nop 105
  queue E11.read
    nop 22
    read b0+0:1 -> E11 x2/1                             ; @22
    nop 18
    read b0+2:1 -> E11 x2/1                             ; @42
    nop 105
  queue E12.read
    nop 23
    read b0+0:1 -> E12 x2/1                             ; @23
    nop 18
    read b0+2:1 -> E12 x2/1                             ; @43
    nop 104
  queue E13.read
    nop 23
    read b0+0:1 -> E13 x2/1                             ; @23
    nop 18
    read b0+2:1 -> E13 x2/1                             ; @43
    nop 104
  queue E14.read
    nop 23
    read b0+0:1 -> E14 x2/1                             ; @23
    nop 18
    read b0+2:1 -> E14 x2/1                             ; @43
    nop 104
  queue E15.read
    nop 23
    read b0+0:1 -> E15 x2/1                             ; @23
    nop 18
    read b0+2:1 -> E15 x2/1                             ; @43
    nop 104
  queue E17.read
    nop 32
    read b0+0 -> E16                                    ; @32
    nop 19
    read b0+1 -> E16                                    ; @52
    nop 96
  queue E18.read
    nop 29
    read b0+0 -> E16                                    ; @29
    nop 19
    read b0+1 -> E16                                    ; @49
    nop 99
  queue E40.write
    nop 148
    write E12 -> b0+0                                   ; @148
  queue E41.write
    nop 148
    write E13 -> b0+0                                   ; @148
  queue E42.write
    nop 148
    write E14 -> b0+0                                   ; @148
  queue E43.write
    nop 148
    write E15 -> b0+0                                   ; @148
  queue alu1
    nop 128
    mul i32 W8 #00000100                                ; @128
    nop 20
  queue alu2
    nop 131
    add i32 alu1 W8 -> E12                              ; @131
    nop 17
  queue mxmE0.weights
    nop 40
    load g0 s0 x2/1                                     ; @40
    install                                             ; @42
    nop 17
    load g0 s0 x2/1                                     ; @60
    install                                             ; @62
    nop 86
  queue mxmE0.activate
    nop 45
    activate s16 i8 x2/3                                ; @45
    nop 16
    activate s16 i8 x2/3                                ; @65
    nop 80
  queue mxmE0.accumulate
    nop 59
    accumulate a5:1 set x2/3                            ; @59
    nop 16
    accumulate a5:1 add -> s8 x2/3                      ; @79
    nop 66
instance matmul bases 0
image chip 0 E0+0 words 2 row 0 step 16 tensor 0 plane 0
image chip 0 E1+0 words 2 row 1 step 16 tensor 0 plane 0
image chip 0 E2+0 words 2 row 2 step 16 tensor 0 plane 0
image chip 0 E3+0 words 2 row 3 step 16 tensor 0 plane 0
image chip 0 E4+0 words 2 row 4 step 16 tensor 0 plane 0
image chip 0 E5+0 words 2 row 5 step 16 tensor 0 plane 0
image chip 0 E6+0 words 2 row 6 step 16 tensor 0 plane 0
image chip 0 E7+0 words 2 row 7 step 16 tensor 0 plane 0
image chip 0 E8+0 words 2 row 8 step 16 tensor 0 plane 0
image chip 0 E9+0 words 2 row 9 step 16 tensor 0 plane 0
image chip 0 E10+0 words 2 row 10 step 16 tensor 0 plane 0
image chip 0 E11+0 words 2 row 11 step 16 tensor 0 plane 0
image chip 0 E12+0 words 2 row 12 step 16 tensor 0 plane 0
image chip 0 E13+0 words 2 row 13 step 16 tensor 0 plane 0
image chip 0 E14+0 words 2 row 14 step 16 tensor 0 plane 0
image chip 0 E15+0 words 2 row 15 step 16 tensor 0 plane 0
image chip 0 E0+2 words 2 row 0 step 16 tensor 1 plane 0
image chip 0 E1+2 words 2 row 1 step 16 tensor 1 plane 0
image chip 0 E2+2 words 2 row 2 step 16 tensor 1 plane 0
image chip 0 E3+2 words 2 row 3 step 16 tensor 1 plane 0
image chip 0 E4+2 words 2 row 4 step 16 tensor 1 plane 0
image chip 0 E5+2 words 2 row 5 step 16 tensor 1 plane 0
image chip 0 E6+2 words 2 row 6 step 16 tensor 1 plane 0
image chip 0 E7+2 words 2 row 7 step 16 tensor 1 plane 0
image chip 0 E8+2 words 2 row 8 step 16 tensor 1 plane 0
image chip 0 E9+2 words 2 row 9 step 16 tensor 1 plane 0
image chip 0 E10+2 words 2 row 10 step 16 tensor 1 plane 0
image chip 0 E11+2 words 2 row 11 step 16 tensor 1 plane 0
image chip 0 E12+2 words 2 row 12 step 16 tensor 1 plane 0
image chip 0 E13+2 words 2 row 13 step 16 tensor 1 plane 0
image chip 0 E14+2 words 2 row 14 step 16 tensor 1 plane 0
image chip 0 E15+2 words 2 row 15 step 16 tensor 1 plane 0
record E17+0 input x0 plane 0
record E18+0 input x0 plane 1
record E17+1 input x1 plane 0
record E18+1 input x1 plane 1
output y chip 0 E40 E41 E42 E43 address 0
