// Package index finds every 256-bit code within a radius of a query, exactly, among
// up to sixteen million codes in memory.
//
// It keeps sixteen tables beside the codes, five bytes a code each, that are made once
// and then only read: built on the heap, or written to a file and used where it is
// mapped. On amd64 processors with AVX-512 and its bit algorithms the tables are read
// 32 entries at a time; the build tag purego leaves the portable path alone.
//
// It does not store codes, know what they mean, or change: package segment keeps codes
// and tables in files and merges them. It trusts the codes it is given, and of the
// tables nothing: damaged ones lose answers, which a checksum must tell, but neither
// panic nor read outside of what was given.
package index
