//go:build !purego

#include "textflag.h"

// The fields of a bucket.
#define SIBLINGS 0
#define COUNT 4
#define IDS 8
#define LEFT 12
#define SIBLING 14
#define BUCKET 16

// How many buckets to look ahead, as the constant ahead.
#define AHEAD 16
// How far into a bucket to ask, in bytes: the processor follows longer ones by itself.
#define ASK 1024

// func survivors512(tables *byte, buckets *bucket, count int, found *uint32, room int) (n, done int)
TEXT ·survivors512(SB), NOSPLIT, $0-56
	MOVQ tables+0(FP), SI
	MOVQ buckets+8(FP), BX
	MOVQ count+16(FP), CX
	MOVQ found+24(FP), DI
	MOVQ room+32(FP), R8
	XORQ R9, R9               // n
	XORQ R10, R10             // done
	SUBQ $32, R8              // The last n for which 32 more have room.

bucket:
	CMPQ R10, CX
	JGE  end

	MOVL (AHEAD*BUCKET+SIBLINGS)(BX), AX
	MOVL (AHEAD*BUCKET+COUNT)(BX), DX
	ADDQ SI, AX
	ADDQ DX, DX
	CMPQ DX, $ASK
	JBE  short
	MOVQ $ASK, DX
short:
	ADDQ AX, DX
	ANDQ $-64, AX
ask:
	CMPQ AX, DX
	JAE  asked
	PREFETCHT0 (AX)
	ADDQ $64, AX
	JMP  ask
asked:

	MOVL SIBLINGS(BX), AX
	ADDQ SI, AX               // The next siblings.
	MOVL COUNT(BX), DX        // How many are left.
	MOVL IDS(BX), R11         // Where the id of the next is.
	VPBROADCASTW LEFT(BX), Z2
	VPBROADCASTW SIBLING(BX), Z1

vector:
	CMPQ DX, $32
	JB   tail
	CMPQ R9, R8
	JGT  full
	VPXORD (AX), Z1, Z3
	VPOPCNTW Z3, Z3
	VPCMPUW $2, Z2, Z3, K1    // Differing bits <= left.
	KMOVD K1, R12
	ADDQ $64, AX
	SUBQ $32, DX
	TESTL R12, R12
	JNZ  emit
next:
	ADDL $96, R11
	JMP  vector

emit:
	TZCNTL R12, R13
	LEAL (R13)(R13*2), R13
	ADDL R11, R13
	MOVL R13, (DI)(R9*4)
	PREFETCHT0 (SI)(R13*1)
	INCQ R9
	BLSRL R12, R12
	JNZ  emit
	JMP  next

tail:
	TESTQ DX, DX
	JZ   nextbucket
	CMPQ R9, R8
	JGT  full
	MOVL $-1, R12
	BZHIL DX, R12, R12
	KMOVD R12, K2
	VMOVDQU16.Z (AX), K2, Z3  // Masked: reads nothing past the bucket.
	VPXORD Z1, Z3, Z3
	VPOPCNTW Z3, Z3
	VPCMPUW $2, Z2, Z3, K2, K1
	KMOVD K1, R12
	XORL DX, DX
	TESTL R12, R12
	JNZ  emit

nextbucket:
	ADDQ $BUCKET, BX
	INCQ R10
	JMP  bucket

full:
	SUBQ SI, AX
	MOVL AX, SIBLINGS(BX)
	MOVL DX, COUNT(BX)
	MOVL R11, IDS(BX)

end:
	VZEROUPPER
	MOVQ R9, n+40(FP)
	MOVQ R10, done+48(FP)
	RET

// func entries512(tables *byte, codes *Code, codeCount int, found, entries *uint32, count int)
TEXT ·entries512(SB), NOSPLIT, $0-48
	MOVQ tables+0(FP), SI
	MOVQ codes+8(FP), BX
	MOVQ codeCount+16(FP), CX
	MOVQ found+24(FP), DI
	MOVQ entries+32(FP), R8
	MOVQ count+40(FP), R9
	XORQ R10, R10

entry:
	MOVL (DI)(R10*4), AX
	MOVL -1(SI)(AX*1), AX     // There is always a byte before an id.
	SHRL $8, AX
	MOVL AX, (R8)(R10*4)
	CMPQ AX, CX
	JAE  damaged
	SHLQ $5, AX
	PREFETCHT0 (BX)(AX*1)
damaged:
	INCQ R10
	CMPQ R10, R9
	JLT  entry
	RET

// func near512(codes *Code, blocks int, q *Code, radius int) int
TEXT ·near512(SB), NOSPLIT, $0-40
	MOVQ codes+0(FP), SI
	MOVQ blocks+8(FP), CX
	MOVQ q+16(FP), DI
	VPBROADCASTQ radius+24(FP), Z10
	VBROADCASTI64X4 (DI), Z0
	XORQ R10, R10

block:
	CMPQ R10, CX
	JGE  out
	VPXORQ 0(SI), Z0, Z1
	VPXORQ 64(SI), Z0, Z2
	VPXORQ 128(SI), Z0, Z3
	VPXORQ 192(SI), Z0, Z4
	VPOPCNTQ Z1, Z1
	VPOPCNTQ Z2, Z2
	VPOPCNTQ Z3, Z3
	VPOPCNTQ Z4, Z4
	// Add the words of each code: first neighbours, then the pairs of lanes.
	VPUNPCKLQDQ Z2, Z1, Z5
	VPUNPCKHQDQ Z2, Z1, Z6
	VPADDQ Z5, Z6, Z5
	VPUNPCKLQDQ Z4, Z3, Z7
	VPUNPCKHQDQ Z4, Z3, Z8
	VPADDQ Z7, Z8, Z7
	VSHUFI64X2 $0x88, Z7, Z5, Z6
	VSHUFI64X2 $0xDD, Z7, Z5, Z8
	VPADDQ Z6, Z8, Z6
	VPCMPUQ $2, Z10, Z6, K1
	KORTESTW K1, K1
	JNZ  out
	ADDQ $256, SI
	INCQ R10
	JMP  block

out:
	VZEROUPPER
	MOVQ R10, ret+32(FP)
	RET
