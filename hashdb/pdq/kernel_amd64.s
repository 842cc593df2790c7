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

// LIMITS reads 16 colours and sets Y6 to their least and Y7 to their greatest luminance,
// in words.
#define LIMITS \
	VPMOVZXBW (SI), Y0       \ // Cb
	VPMOVZXBW (DX), Y1       \ // Cr
	VPSUBW Y8, Y0, Y0        \
	VPSUBW Y8, Y1, Y1        \
	VPMULHRSW Y9, Y1, Y2     \
	VPADDW Y1, Y2, Y2        \ // Red
	VPMULHRSW Y10, Y0, Y3    \
	VPMULHRSW Y11, Y1, Y4    \
	VPADDW Y3, Y4, Y3        \
	VPSUBW Y3, Y14, Y3       \ // Green
	VPMULHRSW Y12, Y0, Y4    \
	VPADDW Y0, Y0, Y5        \
	VPSUBW Y4, Y5, Y4        \ // Blue
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
