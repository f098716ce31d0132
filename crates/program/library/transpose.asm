; A table of 16 x 16 numbers transposed, byte after byte, by one transposer.
program lpu-14nm on chip context 8
template transpose                                      ; 59 cycles
  queue E0.read
    nop 24
    read b0+0 -> E0                                     ; @24
    read b0+1 -> E0                                     ; @25
    read b0+2 -> E0                                     ; @26
    read b0+3 -> E0                                     ; @27
    nop 31
  queue E1.read
    nop 24
    read b0+0 -> E1                                     ; @24
    read b0+1 -> E1                                     ; @25
    read b0+2 -> E1                                     ; @26
    read b0+3 -> E1                                     ; @27
    nop 31
  queue E2.read
    nop 24
    read b0+0 -> E2                                     ; @24
    read b0+1 -> E2                                     ; @25
    read b0+2 -> E2                                     ; @26
    read b0+3 -> E2                                     ; @27
    nop 31
  queue E3.read
    nop 24
    read b0+0 -> E3                                     ; @24
    read b0+1 -> E3                                     ; @25
    read b0+2 -> E3                                     ; @26
    read b0+3 -> E3                                     ; @27
    nop 31
  queue E4.read
    nop 25
    read b0+0 -> E4                                     ; @25
    read b0+1 -> E4                                     ; @26
    read b0+2 -> E4                                     ; @27
    read b0+3 -> E4                                     ; @28
    nop 30
  queue E5.read
    nop 25
    read b0+0 -> E5                                     ; @25
    read b0+1 -> E5                                     ; @26
    read b0+2 -> E5                                     ; @27
    read b0+3 -> E5                                     ; @28
    nop 30
  queue E6.read
    nop 25
    read b0+0 -> E6                                     ; @25
    read b0+1 -> E6                                     ; @26
    read b0+2 -> E6                                     ; @27
    read b0+3 -> E6                                     ; @28
    nop 30
  queue E7.read
    nop 25
    read b0+0 -> E7                                     ; @25
    read b0+1 -> E7                                     ; @26
    read b0+2 -> E7                                     ; @27
    read b0+3 -> E7                                     ; @28
    nop 30
  queue E8.read
    nop 26
    read b0+0 -> E8                                     ; @26
    read b0+1 -> E8                                     ; @27
    read b0+2 -> E8                                     ; @28
    read b0+3 -> E8                                     ; @29
    nop 29
  queue E9.read
    nop 26
    read b0+0 -> E9                                     ; @26
    read b0+1 -> E9                                     ; @27
    read b0+2 -> E9                                     ; @28
    read b0+3 -> E9                                     ; @29
    nop 29
  queue E10.read
    nop 26
    read b0+0 -> E10                                    ; @26
    read b0+1 -> E10                                    ; @27
    read b0+2 -> E10                                    ; @28
    read b0+3 -> E10                                    ; @29
    nop 29
  queue E11.read
    nop 26
    read b0+0 -> E11                                    ; @26
    read b0+1 -> E11                                    ; @27
    read b0+2 -> E11                                    ; @28
    read b0+3 -> E11                                    ; @29
    nop 29
  queue E12.read
    nop 27
    read b0+0 -> E12                                    ; @27
    read b0+1 -> E12                                    ; @28
    read b0+2 -> E12                                    ; @29
    read b0+3 -> E12                                    ; @30
    nop 28
  queue E13.read
    nop 27
    read b0+0 -> E13                                    ; @27
    read b0+1 -> E13                                    ; @28
    read b0+2 -> E13                                    ; @29
    read b0+3 -> E13                                    ; @30
    nop 28
  queue E14.read
    nop 27
    read b0+0 -> E14                                    ; @27
    read b0+1 -> E14                                    ; @28
    read b0+2 -> E14                                    ; @29
    read b0+3 -> E14                                    ; @30
    nop 28
  queue E15.read
    nop 27
    read b0+0 -> E15                                    ; @27
    read b0+1 -> E15                                    ; @28
    read b0+2 -> E15                                    ; @29
    read b0+3 -> E15                                    ; @30
    nop 28
  queue E17.write
    nop 55
    write W16 -> b0+0                                   ; @55
    write W31 -> b0+15                                  ; @56
    write W30 -> b0+14                                  ; @57
    write W29 -> b0+13                                  ; @58
  queue E18.write
    nop 55
    write W17 -> b0+1                                   ; @55
    write W16 -> b0+0                                   ; @56
    write W31 -> b0+15                                  ; @57
    write W30 -> b0+14                                  ; @58
  queue E19.write
    nop 55
    write W18 -> b0+2                                   ; @55
    write W17 -> b0+1                                   ; @56
    write W16 -> b0+0                                   ; @57
    write W31 -> b0+15                                  ; @58
  queue E21.write
    nop 54
    write W19 -> b0+3                                   ; @54
    write W18 -> b0+2                                   ; @55
    write W17 -> b0+1                                   ; @56
    write W16 -> b0+0                                   ; @57
    nop 1
  queue E22.write
    nop 54
    write W20 -> b0+4                                   ; @54
    write W19 -> b0+3                                   ; @55
    write W18 -> b0+2                                   ; @56
    write W17 -> b0+1                                   ; @57
    nop 1
  queue E23.write
    nop 54
    write W21 -> b0+5                                   ; @54
    write W20 -> b0+4                                   ; @55
    write W19 -> b0+3                                   ; @56
    write W18 -> b0+2                                   ; @57
    nop 1
  queue E25.write
    nop 53
    write W22 -> b0+6                                   ; @53
    write W21 -> b0+5                                   ; @54
    write W20 -> b0+4                                   ; @55
    write W19 -> b0+3                                   ; @56
    nop 2
  queue E26.write
    nop 53
    write W23 -> b0+7                                   ; @53
    write W22 -> b0+6                                   ; @54
    write W21 -> b0+5                                   ; @55
    write W20 -> b0+4                                   ; @56
    nop 2
  queue E27.write
    nop 53
    write W24 -> b0+8                                   ; @53
    write W23 -> b0+7                                   ; @54
    write W22 -> b0+6                                   ; @55
    write W21 -> b0+5                                   ; @56
    nop 2
  queue E29.write
    nop 52
    write W25 -> b0+9                                   ; @52
    write W24 -> b0+8                                   ; @53
    write W23 -> b0+7                                   ; @54
    write W22 -> b0+6                                   ; @55
    nop 3
  queue E30.write
    nop 52
    write W26 -> b0+10                                  ; @52
    write W25 -> b0+9                                   ; @53
    write W24 -> b0+8                                   ; @54
    write W23 -> b0+7                                   ; @55
    nop 3
  queue E31.write
    nop 52
    write W27 -> b0+11                                  ; @52
    write W26 -> b0+10                                  ; @53
    write W25 -> b0+9                                   ; @54
    write W24 -> b0+8                                   ; @55
    nop 3
  queue E32.write
    nop 51
    write W28 -> b0+12                                  ; @51
    write W27 -> b0+11                                  ; @52
    write W26 -> b0+10                                  ; @53
    write W25 -> b0+9                                   ; @54
    nop 4
  queue E33.write
    nop 51
    write W29 -> b0+13                                  ; @51
    write W28 -> b0+12                                  ; @52
    write W27 -> b0+11                                  ; @53
    write W26 -> b0+10                                  ; @54
    nop 4
  queue E34.write
    nop 51
    write W30 -> b0+14                                  ; @51
    write W29 -> b0+13                                  ; @52
    write W28 -> b0+12                                  ; @53
    write W27 -> b0+11                                  ; @54
    nop 4
  queue E35.write
    nop 51
    write W31 -> b0+15                                  ; @51
    write W30 -> b0+14                                  ; @52
    write W29 -> b0+13                                  ; @53
    write W28 -> b0+12                                  ; @54
    nop 4
  queue sxmE1.transpose
    nop 40
    transpose s0 -> s16                                 ; @40
    transpose s0 -> s16                                 ; @41
    transpose s0 -> s16                                 ; @42
    transpose s0 -> s16                                 ; @43
    nop 15
instance transpose bases 0
image chip 0 E0+0 words 1 row 0 step 1 tensor 0 plane 0
image chip 0 E0+1 words 1 row 0 step 1 tensor 0 plane 1
image chip 0 E0+2 words 1 row 0 step 1 tensor 0 plane 2
image chip 0 E0+3 words 1 row 0 step 1 tensor 0 plane 3
image chip 0 E1+0 words 1 row 1 step 1 tensor 0 plane 0
image chip 0 E1+1 words 1 row 1 step 1 tensor 0 plane 1
image chip 0 E1+2 words 1 row 1 step 1 tensor 0 plane 2
image chip 0 E1+3 words 1 row 1 step 1 tensor 0 plane 3
image chip 0 E2+0 words 1 row 2 step 1 tensor 0 plane 0
image chip 0 E2+1 words 1 row 2 step 1 tensor 0 plane 1
image chip 0 E2+2 words 1 row 2 step 1 tensor 0 plane 2
image chip 0 E2+3 words 1 row 2 step 1 tensor 0 plane 3
image chip 0 E3+0 words 1 row 3 step 1 tensor 0 plane 0
image chip 0 E3+1 words 1 row 3 step 1 tensor 0 plane 1
image chip 0 E3+2 words 1 row 3 step 1 tensor 0 plane 2
image chip 0 E3+3 words 1 row 3 step 1 tensor 0 plane 3
image chip 0 E4+0 words 1 row 4 step 1 tensor 0 plane 0
image chip 0 E4+1 words 1 row 4 step 1 tensor 0 plane 1
image chip 0 E4+2 words 1 row 4 step 1 tensor 0 plane 2
image chip 0 E4+3 words 1 row 4 step 1 tensor 0 plane 3
image chip 0 E5+0 words 1 row 5 step 1 tensor 0 plane 0
image chip 0 E5+1 words 1 row 5 step 1 tensor 0 plane 1
image chip 0 E5+2 words 1 row 5 step 1 tensor 0 plane 2
image chip 0 E5+3 words 1 row 5 step 1 tensor 0 plane 3
image chip 0 E6+0 words 1 row 6 step 1 tensor 0 plane 0
image chip 0 E6+1 words 1 row 6 step 1 tensor 0 plane 1
image chip 0 E6+2 words 1 row 6 step 1 tensor 0 plane 2
image chip 0 E6+3 words 1 row 6 step 1 tensor 0 plane 3
image chip 0 E7+0 words 1 row 7 step 1 tensor 0 plane 0
image chip 0 E7+1 words 1 row 7 step 1 tensor 0 plane 1
image chip 0 E7+2 words 1 row 7 step 1 tensor 0 plane 2
image chip 0 E7+3 words 1 row 7 step 1 tensor 0 plane 3
image chip 0 E8+0 words 1 row 8 step 1 tensor 0 plane 0
image chip 0 E8+1 words 1 row 8 step 1 tensor 0 plane 1
image chip 0 E8+2 words 1 row 8 step 1 tensor 0 plane 2
image chip 0 E8+3 words 1 row 8 step 1 tensor 0 plane 3
image chip 0 E9+0 words 1 row 9 step 1 tensor 0 plane 0
image chip 0 E9+1 words 1 row 9 step 1 tensor 0 plane 1
image chip 0 E9+2 words 1 row 9 step 1 tensor 0 plane 2
image chip 0 E9+3 words 1 row 9 step 1 tensor 0 plane 3
image chip 0 E10+0 words 1 row 10 step 1 tensor 0 plane 0
image chip 0 E10+1 words 1 row 10 step 1 tensor 0 plane 1
image chip 0 E10+2 words 1 row 10 step 1 tensor 0 plane 2
image chip 0 E10+3 words 1 row 10 step 1 tensor 0 plane 3
image chip 0 E11+0 words 1 row 11 step 1 tensor 0 plane 0
image chip 0 E11+1 words 1 row 11 step 1 tensor 0 plane 1
image chip 0 E11+2 words 1 row 11 step 1 tensor 0 plane 2
image chip 0 E11+3 words 1 row 11 step 1 tensor 0 plane 3
image chip 0 E12+0 words 1 row 12 step 1 tensor 0 plane 0
image chip 0 E12+1 words 1 row 12 step 1 tensor 0 plane 1
image chip 0 E12+2 words 1 row 12 step 1 tensor 0 plane 2
image chip 0 E12+3 words 1 row 12 step 1 tensor 0 plane 3
image chip 0 E13+0 words 1 row 13 step 1 tensor 0 plane 0
image chip 0 E13+1 words 1 row 13 step 1 tensor 0 plane 1
image chip 0 E13+2 words 1 row 13 step 1 tensor 0 plane 2
image chip 0 E13+3 words 1 row 13 step 1 tensor 0 plane 3
image chip 0 E14+0 words 1 row 14 step 1 tensor 0 plane 0
image chip 0 E14+1 words 1 row 14 step 1 tensor 0 plane 1
image chip 0 E14+2 words 1 row 14 step 1 tensor 0 plane 2
image chip 0 E14+3 words 1 row 14 step 1 tensor 0 plane 3
image chip 0 E15+0 words 1 row 15 step 1 tensor 0 plane 0
image chip 0 E15+1 words 1 row 15 step 1 tensor 0 plane 1
image chip 0 E15+2 words 1 row 15 step 1 tensor 0 plane 2
image chip 0 E15+3 words 1 row 15 step 1 tensor 0 plane 3
output row0 chip 0 E17 E18 E19 E21 address 0
output row1 chip 0 E18 E19 E21 E22 address 1
output row2 chip 0 E19 E21 E22 E23 address 2
output row3 chip 0 E21 E22 E23 E25 address 3
output row4 chip 0 E22 E23 E25 E26 address 4
output row5 chip 0 E23 E25 E26 E27 address 5
output row6 chip 0 E25 E26 E27 E29 address 6
output row7 chip 0 E26 E27 E29 E30 address 7
output row8 chip 0 E27 E29 E30 E31 address 8
output row9 chip 0 E29 E30 E31 E32 address 9
output row10 chip 0 E30 E31 E32 E33 address 10
output row11 chip 0 E31 E32 E33 E34 address 11
output row12 chip 0 E32 E33 E34 E35 address 12
output row13 chip 0 E33 E34 E35 E17 address 13
output row14 chip 0 E34 E35 E17 E18 address 14
output row15 chip 0 E35 E17 E18 E19 address 15
