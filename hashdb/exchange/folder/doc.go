// Package folder takes up hash lists that are put into a folder: by hand, by a
// partner's upload, by a job of the deployment's own.
//
// A file in any of the forms that hashdb/formats reads is taken once it has not
// changed for a while, and again when its content changes. A file whose name ends in
// ".retract" takes back what it lists. To remove a file takes nothing back, so that a
// folder may be tidied; a folder is a letter box and not the list itself (for that,
// see exchange/web). To write beside it and rename it into the folder is the best way
// to put a file there.
//
// A file that cannot be read to its end changes nothing, and is told of at each look
// until it changes or goes. Records in it that are bad are told of, once, and left out.
//
// It looks at plain files of the folder itself: not into folders in it, not through
// links, and not at names that begin with a dot or end in ".tmp" or ".part". It writes
// nothing. It trusts whoever can write to the folder for what is listed.
package folder
