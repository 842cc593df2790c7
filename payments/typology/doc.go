// Package typology has the published payment patterns, one file each: what it
// looks at, its parameters with their source, the sentence that it says, and how
// much it says.
//
// Each is a pure function of a profile's view and of [Rules]. It looks at the
// view's flat entries without maps, since it is asked at every transfer. None
// accuses: most of those whose payments look like this are innocent.
//
// Package engine asks them and makes signals of what they find.
package typology
