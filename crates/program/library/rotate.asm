; Three rows, each turned by 0, 1 and 2 lanes in every superlane: the nine windows of a 3 x 3
; convolution, of which two are kept.
program lpu-14nm on chip context 8
template rotate                                         ; 48 cycles
  queue E0.read
    nop 14
    read b0+0 -> E8                                     ; @14
    nop 33
  queue E1.read
    nop 14
    read b0+0 -> E9                                     ; @14
    nop 33
  queue E2.read
    nop 14
    read b0+0 -> E10                                    ; @14
    nop 33
  queue E4.read
    nop 17
    read b0+0 -> E8                                     ; @17
    nop 30
  queue E5.read
    nop 17
    read b0+0 -> E9                                     ; @17
    nop 30
  queue E6.read
    nop 17
    read b0+0 -> E10                                    ; @17
    nop 30
  queue E8.read
    nop 20
    read b0+0 -> E8                                     ; @20
    nop 27
  queue E9.read
    nop 20
    read b0+0 -> E9                                     ; @20
    nop 27
  queue E10.read
    nop 20
    read b0+0 -> E10                                    ; @20
    nop 27
  queue E12.read
    nop 23
    read b0+0 -> E8                                     ; @23
    nop 24
  queue E13.read
    nop 23
    read b0+0 -> E9                                     ; @23
    nop 24
  queue E14.read
    nop 23
    read b0+0 -> E10                                    ; @23
    nop 24
  queue E32.write
    nop 41
    write W21 -> b0+0                                   ; @41
    nop 6
  queue E33.write
    nop 43
    write W21 -> b0+0                                   ; @43
    nop 4
  queue E34.write
    nop 45
    write W21 -> b0+0                                   ; @45
    nop 2
  queue E35.write
    nop 47
    write W21 -> b0+0                                   ; @47
  queue E36.write
    nop 40
    write W22 -> b0+0                                   ; @40
    nop 7
  queue E37.write
    nop 42
    write W22 -> b0+0                                   ; @42
    nop 5
  queue E38.write
    nop 44
    write W22 -> b0+0                                   ; @44
    nop 3
  queue E39.write
    nop 46
    write W22 -> b0+0                                   ; @46
    nop 1
  queue sxmE0.transpose
    nop 30
    rotate s8 -> s16 by 3                               ; @30
    nop 3
    rotate s8 -> s16 by 3                               ; @34
    nop 13
  queue sxmE1.transpose
    nop 32
    rotate s8 -> s16 by 3                               ; @32
    nop 3
    rotate s8 -> s16 by 3                               ; @36
    nop 11
instance rotate bases 0
image chip 0 E0+0 words 1 row 0 step 1 tensor 0 plane 0
image chip 0 E4+0 words 1 row 0 step 1 tensor 0 plane 1
image chip 0 E8+0 words 1 row 0 step 1 tensor 0 plane 2
image chip 0 E12+0 words 1 row 0 step 1 tensor 0 plane 3
image chip 0 E1+0 words 1 row 1 step 1 tensor 0 plane 0
image chip 0 E5+0 words 1 row 1 step 1 tensor 0 plane 1
image chip 0 E9+0 words 1 row 1 step 1 tensor 0 plane 2
image chip 0 E13+0 words 1 row 1 step 1 tensor 0 plane 3
image chip 0 E2+0 words 1 row 2 step 1 tensor 0 plane 0
image chip 0 E6+0 words 1 row 2 step 1 tensor 0 plane 1
image chip 0 E10+0 words 1 row 2 step 1 tensor 0 plane 2
image chip 0 E14+0 words 1 row 2 step 1 tensor 0 plane 3
output turned chip 0 E32 E33 E34 E35 address 0
output last chip 0 E36 E37 E38 E39 address 0
