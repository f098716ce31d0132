; Eight chips add their rows in three rounds: chip c adds what c xor 1, c xor 2 and c xor 4 send.
program lpu-14nm on node-8 context 8
template all_reduce                                     ; 1877 cycles
  queue W0.read
    read b0+0 -> W0                                     ; @0
    nop 613
    read b0+0 -> E0                                     ; @614
    nop 8
    read b0+1 -> E0                                     ; @623
    nop 617
    read b0+1 -> E0                                     ; @1241
    nop 8
    read b0+2 -> E0                                     ; @1250
    nop 617
    read b0+2 -> E0                                     ; @1868
    nop 8
  queue W1.read
    nop 24
    read b0+0 -> W1                                     ; @24
    nop 589
    read b0+0 -> E1                                     ; @614
    nop 32
    read b0+1 -> E1                                     ; @647
    nop 593
    read b0+1 -> E1                                     ; @1241
    nop 32
    read b0+2 -> E1                                     ; @1274
    nop 593
    read b0+2 -> E1                                     ; @1868
    nop 8
  queue W2.read
    nop 48
    read b0+0 -> W2                                     ; @48
    nop 565
    read b0+0 -> E2                                     ; @614
    nop 56
    read b0+1 -> E2                                     ; @671
    nop 569
    read b0+1 -> E2                                     ; @1241
    nop 56
    read b0+2 -> E2                                     ; @1298
    nop 569
    read b0+2 -> E2                                     ; @1868
    nop 8
  queue W3.read
    nop 72
    read b0+0 -> W3                                     ; @72
    nop 541
    read b0+0 -> E3                                     ; @614
    nop 80
    read b0+1 -> E3                                     ; @695
    nop 545
    read b0+1 -> E3                                     ; @1241
    nop 80
    read b0+2 -> E3                                     ; @1322
    nop 545
    read b0+2 -> E3                                     ; @1868
    nop 8
  queue W8.read
    nop 612
    read b0+0 -> E4                                     ; @612
    nop 1264
  queue W9.read
    nop 612
    read b0+0 -> E5                                     ; @612
    nop 1264
  queue W10.read
    nop 612
    read b0+0 -> E6                                     ; @612
    nop 1264
  queue W11.read
    nop 612
    read b0+0 -> E7                                     ; @612
    nop 1264
  queue E8.read
    nop 1239
    read b0+1 -> W4                                     ; @1239
    nop 626
    read b0+2 -> W4                                     ; @1866
    nop 10
  queue E9.read
    nop 1239
    read b0+1 -> W5                                     ; @1239
    nop 626
    read b0+2 -> W5                                     ; @1866
    nop 10
  queue E10.read
    nop 1239
    read b0+1 -> W6                                     ; @1239
    nop 626
    read b0+2 -> W6                                     ; @1866
    nop 10
  queue E11.read
    nop 1239
    read b0+1 -> W7                                     ; @1239
    nop 626
    read b0+2 -> W7                                     ; @1866
    nop 10
  queue W0.write
    nop 622
    write W12 -> b0+1                                   ; @622
    nop 626
    write W12 -> b0+2                                   ; @1249
    nop 626
    write W12 -> b0+3                                   ; @1876
  queue W1.write
    nop 622
    write W13 -> b0+1                                   ; @622
    nop 626
    write W13 -> b0+2                                   ; @1249
    nop 626
    write W13 -> b0+3                                   ; @1876
  queue W2.write
    nop 622
    write W14 -> b0+1                                   ; @622
    nop 626
    write W14 -> b0+2                                   ; @1249
    nop 626
    write W14 -> b0+3                                   ; @1876
  queue W3.write
    nop 622
    write W15 -> b0+1                                   ; @622
    nop 626
    write W15 -> b0+2                                   ; @1249
    nop 626
    write W15 -> b0+3                                   ; @1876
  queue W8.write
    nop 539
    write E8 -> b0+0                                    ; @539
    nop 1337
  queue W9.write
    nop 563
    write E9 -> b0+0                                    ; @563
    nop 1313
  queue W10.write
    nop 587
    write E10 -> b0+0                                   ; @587
    nop 1289
  queue W11.write
    nop 611
    write E11 -> b0+0                                   ; @611
    nop 1265
  queue E8.write
    nop 1166
    write W8 -> b0+1                                    ; @1166
    nop 626
    write W8 -> b0+2                                    ; @1793
    nop 83
  queue E9.write
    nop 1190
    write W9 -> b0+1                                    ; @1190
    nop 626
    write W9 -> b0+2                                    ; @1817
    nop 59
  queue E10.write
    nop 1214
    write W10 -> b0+1                                   ; @1214
    nop 626
    write W10 -> b0+2                                   ; @1841
    nop 35
  queue E11.write
    nop 1238
    write W11 -> b0+1                                   ; @1238
    nop 626
    write W11 -> b0+2                                   ; @1865
    nop 11
  queue alu3
    nop 615
    add f32 E0 E4 -> W12                                ; @615
    nop 626
    add f32 E0 W4 -> W12                                ; @1242
    nop 626
    add f32 E0 W4 -> W12                                ; @1869
    nop 7
  queue c2cW0.send
    nop 16
    send s0                                             ; @16
    nop 23
    send s1                                             ; @40
    nop 23
    send s2                                             ; @64
    nop 23
    send s3                                             ; @88
    nop 1788
  queue c2cE0.send
    nop 643
    send s0                                             ; @643
    nop 23
    send s1                                             ; @667
    nop 23
    send s2                                             ; @691
    nop 23
    send s3                                             ; @715
    nop 1161
  queue c2cE1.send
    nop 1270
    send s0                                             ; @1270
    nop 23
    send s1                                             ; @1294
    nop 23
    send s2                                             ; @1318
    nop 23
    send s3                                             ; @1342
    nop 534
  queue c2cW0.receive
    nop 525
    receive -> s8                                       ; @525
    nop 23
    receive -> s9                                       ; @549
    nop 23
    receive -> s10                                      ; @573
    nop 23
    receive -> s11                                      ; @597
    nop 1279
  queue c2cE0.receive
    nop 1152
    receive -> s8                                       ; @1152
    nop 23
    receive -> s9                                       ; @1176
    nop 23
    receive -> s10                                      ; @1200
    nop 23
    receive -> s11                                      ; @1224
    nop 652
  queue c2cE1.receive
    nop 1779
    receive -> s8                                       ; @1779
    nop 23
    receive -> s9                                       ; @1803
    nop 23
    receive -> s10                                      ; @1827
    nop 23
    receive -> s11                                      ; @1851
    nop 25
instance all_reduce bases 0
image chip 0 W0+0 words 1 row 0 step 1 tensor 0 plane 0
image chip 0 W1+0 words 1 row 0 step 1 tensor 0 plane 1
image chip 0 W2+0 words 1 row 0 step 1 tensor 0 plane 2
image chip 0 W3+0 words 1 row 0 step 1 tensor 0 plane 3
image chip 1 W0+0 words 1 row 1 step 1 tensor 0 plane 0
image chip 1 W1+0 words 1 row 1 step 1 tensor 0 plane 1
image chip 1 W2+0 words 1 row 1 step 1 tensor 0 plane 2
image chip 1 W3+0 words 1 row 1 step 1 tensor 0 plane 3
image chip 2 W0+0 words 1 row 2 step 1 tensor 0 plane 0
image chip 2 W1+0 words 1 row 2 step 1 tensor 0 plane 1
image chip 2 W2+0 words 1 row 2 step 1 tensor 0 plane 2
image chip 2 W3+0 words 1 row 2 step 1 tensor 0 plane 3
image chip 3 W0+0 words 1 row 3 step 1 tensor 0 plane 0
image chip 3 W1+0 words 1 row 3 step 1 tensor 0 plane 1
image chip 3 W2+0 words 1 row 3 step 1 tensor 0 plane 2
image chip 3 W3+0 words 1 row 3 step 1 tensor 0 plane 3
image chip 4 W0+0 words 1 row 4 step 1 tensor 0 plane 0
image chip 4 W1+0 words 1 row 4 step 1 tensor 0 plane 1
image chip 4 W2+0 words 1 row 4 step 1 tensor 0 plane 2
image chip 4 W3+0 words 1 row 4 step 1 tensor 0 plane 3
image chip 5 W0+0 words 1 row 5 step 1 tensor 0 plane 0
image chip 5 W1+0 words 1 row 5 step 1 tensor 0 plane 1
image chip 5 W2+0 words 1 row 5 step 1 tensor 0 plane 2
image chip 5 W3+0 words 1 row 5 step 1 tensor 0 plane 3
image chip 6 W0+0 words 1 row 6 step 1 tensor 0 plane 0
image chip 6 W1+0 words 1 row 6 step 1 tensor 0 plane 1
image chip 6 W2+0 words 1 row 6 step 1 tensor 0 plane 2
image chip 6 W3+0 words 1 row 6 step 1 tensor 0 plane 3
image chip 7 W0+0 words 1 row 7 step 1 tensor 0 plane 0
image chip 7 W1+0 words 1 row 7 step 1 tensor 0 plane 1
image chip 7 W2+0 words 1 row 7 step 1 tensor 0 plane 2
image chip 7 W3+0 words 1 row 7 step 1 tensor 0 plane 3
output sum.0 chip 0 W0 W1 W2 W3 address 3
output sum.1 chip 1 W0 W1 W2 W3 address 3
output sum.2 chip 2 W0 W1 W2 W3 address 3
output sum.3 chip 3 W0 W1 W2 W3 address 3
output sum.4 chip 4 W0 W1 W2 W3 address 3
output sum.5 chip 5 W0 W1 W2 W3 address 3
output sum.6 chip 6 W0 W1 W2 W3 address 3
output sum.7 chip 7 W0 W1 W2 W3 address 3
