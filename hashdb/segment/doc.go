// Package segment keeps rows in sealed files: sorted, checksummed, memory-mapped, and
// with the tables of package index inside, so that ten million hashes are there to be
// searched as soon as the file is opened.
//
// A file is written once from rows in ascending order and never changes. Newer files
// overrule older ones row by row, tombstones take rows out, and Merge reads several as
// one. Files are opened whole or not at all: one that is not as it was written is
// ErrDamaged, never a panic and never an empty answer.
//
// It does not know what lists, references and attributes mean, which files make up a
// database, or who may read them; it renames nothing, removes nothing but what it failed
// to write, and does not count who still uses a mapping. All that is the caller's, which
// is package hashdb.
//
// It trusts whoever may write the folder not to cut a file off while it is mapped, which
// would stop the process with SIGBUS, and not to forge checksums: they tell decay and
// accidents, not malice. A forged file can still make it answer wrongly, but not read
// outside of the file.
package segment
