; An input is scattered into a cache at the token's position, and the row of that position is gathered
; again.
program lpu-14nm on chip context 8
template cache                                          ; 33 cycles
  queue E0.read
    nop 17
    read b0+0 -> E0                                     ; @17
    nop 15
  queue E1.read
    nop 17
    read b0+0 -> E1                                     ; @17
    nop 15
  queue E2.read
    nop 17
    read b0+0 -> E2                                     ; @17
    nop 15
  queue E3.read
    nop 17
    read b0+0 -> E3                                     ; @17
    nop 15
  queue E4.read
    nop 18
    read b0+7 -> E31                                    ; @18
    nop 9
    read b0+7 -> E31                                    ; @28
    nop 4
  queue E8.read
    nop 30
    gather map E31 -> E8                                ; @30
    nop 2
  queue E9.read
    nop 30
    gather map E31 -> E9                                ; @30
    nop 2
  queue E10.read
    nop 30
    gather map E31 -> E10                               ; @30
    nop 2
  queue E11.read
    nop 30
    gather map E31 -> E11                               ; @30
    nop 2
  queue E8.write
    nop 20
    scatter E0 -> map E31                               ; @20
    nop 12
  queue E9.write
    nop 20
    scatter E1 -> map E31                               ; @20
    nop 12
  queue E10.write
    nop 20
    scatter E2 -> map E31                               ; @20
    nop 12
  queue E11.write
    nop 20
    scatter E3 -> map E31                               ; @20
    nop 12
  queue E12.write
    nop 32
    write E8 -> b0+0                                    ; @32
  queue E13.write
    nop 32
    write E9 -> b0+0                                    ; @32
  queue E14.write
    nop 32
    write E10 -> b0+0                                   ; @32
  queue E15.write
    nop 32
    write E11 -> b0+0                                   ; @32
instance cache bases 0
image chip 0 E8+500 words 8 row 0 step 1 state 2 plane 0
image chip 0 E9+500 words 8 row 0 step 1 state 2 plane 1
image chip 0 E10+500 words 8 row 0 step 1 state 2 plane 2
image chip 0 E11+500 words 8 row 0 step 1 state 2 plane 3
record E0+0 input x plane 0
record E1+0 input x plane 1
record E2+0 input x plane 2
record E3+0 input x plane 3
record E4+7 map 500
output row chip 0 E12 E13 E14 E15 address 0
