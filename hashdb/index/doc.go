// Package index finds every 256-bit code within a radius of a query, exactly, among
// up to sixteen million codes in memory. thresholds.go says how.
//
// It keeps sixteen tables beside the codes, five bytes a code each, that are made once
// and then only read: built on the heap, or written to a file and used where it is
// mapped. On amd64 processors with AVX-512 and its bit algorithms the tables are read
// 32 entries at a time; the build tag purego leaves the portable path alone.
//
// It does not store codes, know what they mean, or change: package segment keeps codes
// and tables in files and merges them. It trusts the codes it is given, and of the
// tables nothing: those that do not fit are refused, and otherwise damaged ones lose
// answers, which a checksum must tell, but neither panic nor read outside of what was
// given. However alike codes are, a look-up costs at most a few scans.
//
// Its speed is that of memory: BenchmarkLookup gives it as a multiple of a plain scan in
// the same run, with VIGIL_BENCH_N codes.
package index
