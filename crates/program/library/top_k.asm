; The two greatest of eight rows, lane by lane, each with its row in its last three bits: of a score of
; 5 in row 2 the key is 8 x 5 + 7 - 2. The first is a running maximum; then whoever is as great is
; pushed down, and the maximum runs again.
program lpu-14nm on chip context 8
template top_k                                          ; 97 cycles
  queue W0.read
    nop 9
    read b0+0:1 -> E0 x8/3                              ; @9
    nop 66
  queue W1.read
    nop 9
    read b0+0:1 -> E1 x8/3                              ; @9
    nop 66
  queue W2.read
    nop 9
    read b0+0:1 -> E2 x8/3                              ; @9
    nop 66
  queue W3.read
    nop 9
    read b0+0:1 -> E3 x8/3                              ; @9
    nop 66
  queue W4.read
    nop 11
    read b0+0:1 -> E4 x8/3                              ; @11
    nop 64
  queue W5.read
    nop 11
    read b0+0:1 -> E5 x8/3                              ; @11
    nop 64
  queue W6.read
    nop 11
    read b0+0:1 -> E6 x8/3                              ; @11
    nop 64
  queue W7.read
    nop 11
    read b0+0:1 -> E7 x8/3                              ; @11
    nop 64
  queue W8.read
    nop 54
    read b0+0 -> E16 x8/3                               ; @54
    nop 21
  queue W9.read
    nop 54
    read b0+0 -> E17 x8/3                               ; @54
    nop 21
  queue W10.read
    nop 54
    read b0+0 -> E18 x8/3                               ; @54
    nop 21
  queue W11.read
    nop 54
    read b0+0 -> E19 x8/3                               ; @54
    nop 21
  queue E0.read
    nop 56
    read b0+0:1 -> W20 x8/3                             ; @56
    nop 19
  queue E1.read
    nop 56
    read b0+0:1 -> W21 x8/3                             ; @56
    nop 19
  queue E2.read
    nop 56
    read b0+0:1 -> W22 x8/3                             ; @56
    nop 19
  queue E3.read
    nop 56
    read b0+0:1 -> W23 x8/3                             ; @56
    nop 19
  queue W8.write
    nop 46
    write W12 -> b0+0 x1/3                              ; @46
    nop 50
  queue W9.write
    nop 46
    write W13 -> b0+0 x1/3                              ; @46
    nop 50
  queue W10.write
    nop 46
    write W14 -> b0+0 x1/3                              ; @46
    nop 50
  queue W11.write
    nop 46
    write W15 -> b0+0 x1/3                              ; @46
    nop 50
  queue E0.write
    nop 20
    write E8 -> b0+0:1 x8/3                             ; @20
    nop 55
  queue E1.write
    nop 20
    write E9 -> b0+0:1 x8/3                             ; @20
    nop 55
  queue E2.write
    nop 20
    write E10 -> b0+0:1 x8/3                            ; @20
    nop 55
  queue E3.write
    nop 20
    write E11 -> b0+0:1 x8/3                            ; @20
    nop 55
  queue E8.write
    nop 96
    write E28 -> b0+0 x1/3                              ; @96
  queue E9.write
    nop 96
    write E29 -> b0+0 x1/3                              ; @96
  queue E10.write
    nop 96
    write E30 -> b0+0 x1/3                              ; @96
  queue E11.write
    nop 96
    write E31 -> b0+0 x1/3                              ; @96
  queue alu0
    nop 10
    mul i32 E0 #00000008 x8/3                           ; @10
    nop 65
  queue alu1
    nop 13
    add i32 alu0 E4 -> E8 x8/3                          ; @13
    nop 62
  queue alu2
    nop 16
    identity i32 alu1                                   ; @16
    nop 2
    max i32 alu2 alu1 x6/3                              ; @19
    nop 2
    max i32 alu2 alu1 -> W12                            ; @37
    nop 59
  queue alu4
    nop 57
    le i32 E16 W20 x8/3                                 ; @57
    nop 18
  queue alu5
    nop 60
    mul i32 alu4 #ff000000 x8/3                         ; @60
    nop 15
  queue alu7
    nop 57
    identity i32 W20 x8/3                               ; @57
    nop 18
  queue alu8
    nop 60
    identity i32 alu7 x8/3                              ; @60
    nop 15
  queue alu10
    nop 63
    add i32 alu5 alu8 x8/3                              ; @63
    nop 12
  queue alu11
    nop 66
    identity i32 alu10                                  ; @66
    nop 2
    max i32 alu11 alu10 x6/3                            ; @69
    nop 2
    max i32 alu11 alu10 -> E28                          ; @87
    nop 9
instance top_k bases 0
image chip 0 W0+0 words 8 row 0 step 1 tensor 0 plane 0
image chip 0 W1+0 words 8 row 0 step 1 tensor 0 plane 1
image chip 0 W2+0 words 8 row 0 step 1 tensor 0 plane 2
image chip 0 W3+0 words 8 row 0 step 1 tensor 0 plane 3
image chip 0 W4+0 words 8 row 0 step 1 tensor 1 plane 0
image chip 0 W5+0 words 8 row 0 step 1 tensor 1 plane 1
image chip 0 W6+0 words 8 row 0 step 1 tensor 1 plane 2
image chip 0 W7+0 words 8 row 0 step 1 tensor 1 plane 3
output first chip 0 W8 W9 W10 W11 address 0
output second chip 0 E8 E9 E10 E11 address 0
