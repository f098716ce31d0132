; The exchange after a barrier: all queues park, the chips align their clocks, 35 cycles after the
; Notify all go on; two queues fetch their instructions.
program lpu-14nm on node-2 context 8
template align                                          ; 53 cycles
  queue W0.read
    nop 1
    sync                                                ; @1
  queue W1.read
    nop 1
    sync                                                ; @1
  queue W2.read
    nop 1
    sync                                                ; @1
  queue W3.read
    nop 1
    sync                                                ; @1
  queue W8.write
    nop 1
    sync                                                ; @1
  queue W9.write
    nop 1
    sync                                                ; @1
  queue W10.write
    nop 1
    sync                                                ; @1
  queue W11.write
    nop 1
    sync                                                ; @1
  queue c2cW0.send
    nop 10
    deskew 8                                            ; @10
    notify                                              ; @18
    nop 34
  queue c2cW0.receive
    nop 1
    sync                                                ; @1
template exchange                                       ; 612 cycles
  queue W0.read
    read b0+0 -> W0                                     ; @0
    nop 610
    fetch E16 b1+0                                      ; @611
  queue W1.read
    nop 23
    fetch E16 b1+2                                      ; @23
    read b0+0 -> W1                                     ; @24
    nop 587
  queue W2.read
    nop 48
    read b0+0 -> W2                                     ; @48
    nop 563
  queue W3.read
    nop 72
    read b0+0 -> W3                                     ; @72
    nop 539
  queue W8.write
    nop 539
    write E0 -> b0+0                                    ; @539
    nop 72
  queue W9.write
    nop 563
    write E1 -> b0+0                                    ; @563
    nop 48
  queue W10.write
    nop 587
    write E2 -> b0+0                                    ; @587
    nop 24
  queue W11.write
    nop 611
    write E3 -> b0+0                                    ; @611
  queue c2cW0.send
    nop 16
    send s0                                             ; @16
    nop 23
    send s1                                             ; @40
    nop 23
    send s2                                             ; @64
    nop 23
    send s3                                             ; @88
    nop 523
  queue c2cW0.receive
    nop 525
    receive -> s0                                       ; @525
    nop 23
    receive -> s1                                       ; @549
    nop 23
    receive -> s2                                       ; @573
    nop 23
    receive -> s3                                       ; @597
    nop 14
instance align bases 0
instance exchange bases 0 40
image chip 0 W0+0 words 1 row 0 step 1 tensor 0 plane 0
image chip 0 W1+0 words 1 row 0 step 1 tensor 0 plane 1
image chip 0 W2+0 words 1 row 0 step 1 tensor 0 plane 2
image chip 0 W3+0 words 1 row 0 step 1 tensor 0 plane 3
image chip 1 W0+0 words 1 row 1 step 1 tensor 0 plane 0
image chip 1 W1+0 words 1 row 1 step 1 tensor 0 plane 1
image chip 1 W2+0 words 1 row 1 step 1 tensor 0 plane 2
image chip 1 W3+0 words 1 row 1 step 1 tensor 0 plane 3
output at.0 chip 0 W8 W9 W10 W11 address 0
output at.1 chip 1 W8 W9 W10 W11 address 0
