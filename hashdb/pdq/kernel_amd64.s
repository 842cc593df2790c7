//go:build amd64 && !purego

#include "textflag.h"

// Multiplication and addition stay apart, as in Go: a fused one would round otherwise.

// func addValuesAVX2(sums, src *float32, blocks int, weight float32)
TEXT ·addValuesAVX2(SB), NOSPLIT, $0-28
	MOVQ sums+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX
	VBROADCASTSS weight+24(FP), Y0

values:
	VMULPS (SI), Y0, Y1
	VADDPS (DI), Y1, Y1
	VMOVUPS Y1, (DI)
	ADDQ $32, SI
	ADDQ $32, DI
	DECQ CX
	JNZ  values
	VZEROUPPER
	RET

// func addBytesAVX2(sums *float32, src *byte, blocks int, weight float32)
TEXT ·addBytesAVX2(SB), NOSPLIT, $0-28
	MOVQ sums+0(FP), DI
	MOVQ src+8(FP), SI
	MOVQ blocks+16(FP), CX
	VBROADCASTSS weight+24(FP), Y0

bytes:
	VPMOVZXBD (SI), Y1
	VCVTDQ2PS Y1, Y1
	VMULPS Y1, Y0, Y1
	VADDPS (DI), Y1, Y1
	VMOVUPS Y1, (DI)
	ADDQ $8, SI
	ADDQ $32, DI
	DECQ CX
	JNZ  bytes
	VZEROUPPER
	RET

// BROADCAST16 fills REG with 16 times the word N.
#define BROADCAST16(N, TMP, REG) \
	MOVL $N, TMP        \
	VMOVD TMP, X15      \
	VPBROADCASTW X15, REG

// CONSTANTS sets Y8 to 128, Y9 to Y12 to redOfCr, greenOfCb, greenOfCr and blueOfCb,
// Y13 to 255 and Y14 to 0.
#define CONSTANTS \
	BROADCAST16(128, AX, Y8)    \
	BROADCAST16(13173, AX, Y9)  \
	BROADCAST16(11277, AX, Y10) \
	BROADCAST16(23401, AX, Y11) \
	BROADCAST16(7471, AX, Y12)  \
	BROADCAST16(255, AX, Y13)   \
	VPXOR Y14, Y14, Y14

// OFFSETS takes Cb and Cr of 16 colours in the words of Y0 and Y1 and sets Y2, Y3 and Y4
// to the offsets of red, green and blue. It uses Y5.
#define OFFSETS \
	VPSUBW Y8, Y0, Y0        \
	VPSUBW Y8, Y1, Y1        \
	VPMULHRSW Y9, Y1, Y2     \
	VPADDW Y1, Y2, Y2        \
	VPMULHRSW Y10, Y0, Y3    \
	VPMULHRSW Y11, Y1, Y4    \
	VPADDW Y3, Y4, Y3        \
	VPSUBW Y3, Y14, Y3       \
	VPMULHRSW Y12, Y0, Y4    \
	VPADDW Y0, Y0, Y5        \
	VPSUBW Y4, Y5, Y4

// LIMITS reads 16 colours and sets Y6 to their least and Y7 to their greatest luminance,
// in words.
#define LIMITS \
	VPMOVZXBW (SI), Y0       \
	VPMOVZXBW (DX), Y1       \
	OFFSETS                  \
	VPMINSW Y2, Y3, Y6       \
	VPMINSW Y4, Y6, Y6       \
	VPMINSW Y14, Y6, Y6      \
	VPSUBW Y6, Y14, Y6       \
	VPMAXSW Y2, Y3, Y7       \
	VPMAXSW Y4, Y7, Y7       \
	VPMAXSW Y14, Y7, Y7      \
	VPSUBW Y7, Y13, Y7

// func limitsAVX2(lo, hi, cb, cr *byte, blocks int)
TEXT ·limitsAVX2(SB), NOSPLIT, $0-40
	MOVQ lo+0(FP), DI
	MOVQ hi+8(FP), R8
	MOVQ cb+16(FP), SI
	MOVQ cr+24(FP), DX
	MOVQ blocks+32(FP), CX
	CONSTANTS

single:
	LIMITS
	VPACKUSWB Y7, Y6, Y6    // Low halves of both, then high halves.
	VPERMQ $0xD8, Y6, Y6    // All of the least, then all of the greatest.
	VMOVDQU X6, (DI)
	VEXTRACTI128 $1, Y6, (R8)
	ADDQ $16, SI
	ADDQ $16, DX
	ADDQ $16, DI
	ADDQ $16, R8
	DECQ CX
	JNZ  single
	VZEROUPPER
	RET

// func limitsOfPairsAVX2(lo, hi, cb, cr *byte, blocks int)
TEXT ·limitsOfPairsAVX2(SB), NOSPLIT, $0-40
	MOVQ lo+0(FP), DI
	MOVQ hi+8(FP), R8
	MOVQ cb+16(FP), SI
	MOVQ cr+24(FP), DX
	MOVQ blocks+32(FP), CX
	CONSTANTS

pairs:
	LIMITS
	VPSLLW $8, Y6, Y0
	VPSLLW $8, Y7, Y1
	VPOR Y0, Y6, Y6
	VPOR Y1, Y7, Y7
	VMOVDQU Y6, (DI)
	VMOVDQU Y7, (R8)
	ADDQ $16, SI
	ADDQ $16, DX
	ADDQ $32, DI
	ADDQ $32, R8
	DECQ CX
	JNZ  pairs
	VZEROUPPER
	RET

// func outsideAVX2(found *uint32, luma, lo, hi *byte, blocks int)
TEXT ·outsideAVX2(SB), NOSPLIT, $0-40
	MOVQ found+0(FP), DI
	MOVQ luma+8(FP), SI
	MOVQ lo+16(FP), R8
	MOVQ hi+24(FP), R9
	MOVQ blocks+32(FP), CX
	VPXOR Y14, Y14, Y14

next:
	VMOVDQU (SI), Y0
	VMOVDQU (R8), Y1
	VPSUBUSB Y0, Y1, Y1     // lo - luma, at least 0.
	VPSUBUSB (R9), Y0, Y0   // luma - hi, at least 0.
	VPOR Y1, Y0, Y0
	VPCMPEQB Y14, Y0, Y0
	VPMOVMSKB Y0, AX
	NOTL AX
	MOVL AX, (DI)
	ADDQ $32, SI
	ADDQ $32, R8
	ADDQ $32, R9
	ADDQ $4, DI
	DECQ CX
	JNZ  next
	VZEROUPPER
	RET

// CLIP adds a channel's offsets REG to the luminance in Y5, clips to 0 and 255, and takes
// out of Y6 the pixels that this changed. It uses Y0.
#define CLIP(REG) \
	VPADDW Y5, REG, REG      \
	VPMAXSW Y14, REG, Y0     \
	VPMINSW Y13, Y0, Y0      \
	VPCMPEQW Y0, REG, REG    \
	VPAND REG, Y6, Y6        \
	VMOVDQA Y0, REG

// WEIGH turns the low eight words of X2, X3, X4 into luminance, takes away what they have
// in X5 and adds the rest, times the weight in Y15, to the sums at OFF(DI) where X6 is
// not set. It uses Y0, Y1 and Y7.
#define WEIGH(OFF) \
	VPMOVZXWD X2, Y0         \
	VCVTDQ2PS Y0, Y0         \
	VBROADCASTSS weights<>+0(SB), Y7 \
	VMULPS Y7, Y0, Y0        \
	VPMOVZXWD X3, Y1         \
	VCVTDQ2PS Y1, Y1         \
	VBROADCASTSS weights<>+4(SB), Y7 \
	VMULPS Y7, Y1, Y1        \
	VADDPS Y1, Y0, Y0        \
	VPMOVZXWD X4, Y1         \
	VCVTDQ2PS Y1, Y1         \
	VBROADCASTSS weights<>+8(SB), Y7 \
	VMULPS Y7, Y1, Y1        \
	VADDPS Y1, Y0, Y0        \
	VPMOVZXWD X5, Y1         \
	VCVTDQ2PS Y1, Y1         \
	VSUBPS Y1, Y0, Y0        \
	VPMOVSXWD X6, Y1         \
	VANDNPS Y0, Y1, Y0       \
	VMULPS Y15, Y0, Y0       \
	VADDPS OFF(DI), Y0, Y0   \
	VMOVUPS Y0, OFF(DI)

// What luminance takes of red, green and blue: 0.299, 0.587 and 0.114.
DATA weights<>+0(SB)/4, $0x3e991687
DATA weights<>+4(SB)/4, $0x3f1645a2
DATA weights<>+8(SB)/4, $0x3de978d5
GLOBL weights<>(SB), RODATA, $12

// UPPER moves the upper half of REG down.
#define UPPER(REG, LOW) VEXTRACTI128 $1, REG, LOW

// CLIPPED does what addClippedGo does for 16 pixels, whose colours are in Y0 and Y1.
#define CLIPPED \
	OFFSETS                  \
	VPMOVZXBW (R8), Y5       \
	VPCMPEQW Y6, Y6, Y6      \
	CLIP(Y2)                 \
	CLIP(Y3)                 \
	CLIP(Y4)                 \
	WEIGH(0)                 \
	UPPER(Y2, X2)            \
	UPPER(Y3, X3)            \
	UPPER(Y4, X4)            \
	UPPER(Y5, X5)            \
	UPPER(Y6, X6)            \
	WEIGH(32)

// func addClippedAVX2(sums *float32, luma, cb, cr *byte, weight float32)
TEXT ·addClippedAVX2(SB), NOSPLIT, $0-36
	MOVQ sums+0(FP), DI
	MOVQ luma+8(FP), R8
	MOVQ cb+16(FP), SI
	MOVQ cr+24(FP), DX
	CONSTANTS
	VBROADCASTSS weight+32(FP), Y15
	VPMOVZXBW (SI), Y0
	VPMOVZXBW (DX), Y1
	CLIPPED
	ADDQ $64, DI
	ADDQ $16, R8
	VPMOVZXBW 16(SI), Y0
	VPMOVZXBW 16(DX), Y1
	CLIPPED
	VZEROUPPER
	RET

// TWICE fills the words of REG, whose lower half is LOW, with the eight bytes at ADDR,
// each of them twice.
#define TWICE(ADDR, REG, LOW) \
	VMOVQ ADDR, LOW           \
	VPUNPCKLBW LOW, LOW, LOW  \
	VPMOVZXBW LOW, REG

// func addClippedPairsAVX2(sums *float32, luma, cb, cr *byte, weight float32)
TEXT ·addClippedPairsAVX2(SB), NOSPLIT, $0-36
	MOVQ sums+0(FP), DI
	MOVQ luma+8(FP), R8
	MOVQ cb+16(FP), SI
	MOVQ cr+24(FP), DX
	CONSTANTS
	VBROADCASTSS weight+32(FP), Y15
	TWICE((SI), Y0, X0)
	TWICE((DX), Y1, X1)
	CLIPPED
	ADDQ $64, DI
	ADDQ $16, R8
	TWICE(8(SI), Y0, X0)
	TWICE(8(DX), Y1, X1)
	CLIPPED
	VZEROUPPER
	RET

// ROW adds eight values of a row, times the weight in Y8, to REG. It uses Y9.
#define ROW(OFF, REG) \
	VMULPS OFF(SI), Y8, Y9 \
	VADDPS Y9, REG, REG

// func sumRowsAVX2(out *[side]float32, rows *samples, weights *[side]float32)
TEXT ·sumRowsAVX2(SB), NOSPLIT, $0-24
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), SI
	MOVQ weights+16(FP), DX
	MOVQ $64, CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	VXORPS Y4, Y4, Y4
	VXORPS Y5, Y5, Y5
	VXORPS Y6, Y6, Y6
	VXORPS Y7, Y7, Y7

row:
	VBROADCASTSS (DX), Y8
	ROW(0, Y0)
	ROW(32, Y1)
	ROW(64, Y2)
	ROW(96, Y3)
	ROW(128, Y4)
	ROW(160, Y5)
	ROW(192, Y6)
	ROW(224, Y7)
	ADDQ $256, SI
	ADDQ $4, DX
	DECQ CX
	JNZ  row
	VMOVUPS Y0, (DI)
	VMOVUPS Y1, 32(DI)
	VMOVUPS Y2, 64(DI)
	VMOVUPS Y3, 96(DI)
	VMOVUPS Y4, 128(DI)
	VMOVUPS Y5, 160(DI)
	VMOVUPS Y6, 192(DI)
	VMOVUPS Y7, 224(DI)
	VZEROUPPER
	RET
