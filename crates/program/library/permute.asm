; All 320 lanes in reverse order by a map, and turned by 17 by a shift of a stream beside itself.
program lpu-14nm on chip context 8
map 0 lanes 319..0
template permute                                        ; 91 cycles
  queue E0.read
    nop 24
    read b0+0 -> E0                                     ; @24
    nop 3
    read b0+0 -> E0                                     ; @28
    nop 62
  queue E1.read
    nop 25
    read b0+0 -> E1                                     ; @25
    nop 3
    read b0+0 -> E1                                     ; @29
    nop 61
  queue E2.read
    nop 26
    read b0+0 -> E2                                     ; @26
    nop 3
    read b0+0 -> E2                                     ; @30
    nop 60
  queue E3.read
    nop 27
    read b0+0 -> E3                                     ; @27
    nop 3
    read b0+0 -> E3                                     ; @31
    nop 59
  queue E32.write
    nop 83
    write W4 -> b0+0                                    ; @83
    nop 3
    write W8 -> b0+1                                    ; @87
    nop 3
  queue E33.write
    nop 84
    write W5 -> b0+0                                    ; @84
    nop 3
    write W9 -> b0+1                                    ; @88
    nop 2
  queue E34.write
    nop 85
    write W6 -> b0+0                                    ; @85
    nop 3
    write W10 -> b0+1                                   ; @89
    nop 1
  queue E35.write
    nop 86
    write W7 -> b0+0                                    ; @86
    nop 3
    write W11 -> b0+1                                   ; @90
  queue sxmE0.permute
    nop 40
    permute s0 -> s4 map 0                              ; @40
    permute s1 -> s5 map 0                              ; @41
    permute s2 -> s6 map 0                              ; @42
    permute s3 -> s7 map 0                              ; @43
    shift s0 s0 by 17 -> s8                             ; @44
    shift s1 s1 by 17 -> s9                             ; @45
    shift s2 s2 by 17 -> s10                            ; @46
    shift s3 s3 by 17 -> s11                            ; @47
    nop 43
instance permute bases 0
record E0+0 input x plane 0
record E1+0 input x plane 1
record E2+0 input x plane 2
record E3+0 input x plane 3
output mirror chip 0 E32 E33 E34 E35 address 0
output turn chip 0 E32 E33 E34 E35 address 1
