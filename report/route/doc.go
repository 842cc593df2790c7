// Package route says which reporting centres a decided case goes to, and why.
//
// A directory of centres, which is data with its sources, says who is in charge of what:
// of the country where the child probably is, of where a platform or an institution has its
// duty to report, of where who is suspected lives. Route looks at a decision by the
// directory's rules, in their order, and returns a plan: several centres where the law wants
// several, each with its reasons, and the named fallback where there is none. Every alert of
// a plan has one shared id, so that centres which meet it twice can tell.
//
// It knows no person, no broker and no clock: the same decision and the same directory make
// the same plan. It trusts no directory: what is wrong in one is told with its line.
//
// package report makes alerts of a plan.
package route
