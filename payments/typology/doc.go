// Package typology has the published payment patterns, one file each: what it
// looks at, its parameters with their source, the sentence that it says, how much
// it says, and who looks alike. docs/typologies.md lists them.
//
// Each is a pure function of a profile's view and of [Rules]. It looks at the
// view's flat entries without maps, since it is asked at every transfer. None
// accuses: most of those whose payments look like this are innocent. X01 is about
// senders who may be children and victims, and says so ([engine.Finding.Victim]).
//
// # What no typology does
//
// A country, a surname, a nationality, an age or a sex alone never makes a finding,
// and which country it is never changes what one says or how much (P03 alone names
// a corridor, and only beside another finding). Age, sex and nationality are not in
// a profile at all. The package's tests try to find one that does, among all that
// [Patterns] has.
//
// # What is not known
//
// A typology that looks at amounts leaves out those that it cannot judge, for want
// of a limit or a rate; one that looks at ties leaves out people whose name is
// missing; one that looks at borders, transfers whose countries are not known. What
// was left out is said in the sentence, and [Missing] counts it for those that say
// nothing.
//
// Package engine asks them and makes signals of what they find.
package typology
