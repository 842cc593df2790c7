// Package drop delivers files into a folder from which a centre, or whoever moves files to
// it (SFTP, a portal's uploader), takes them, and reads the centre's receipts from another.
//
// A delivery is its files and a manifest with their sizes and SHA-256, all named after its
// id. Names that end in .part are not whole; the manifest is put there last and in one step,
// so a reader that begins with manifests never sees half a delivery. It may then take all of
// them away.
//
// A delivery is put once, whatever happens: a mark beside the folder says so before the
// manifest appears, and after a crash tells one that never appeared from one that was taken.
// There is no answer but the receipt: until it comes, what was put is Waiting.
//
// It trusts who can write to its own folders, and checks what it reads all the same.
package drop
