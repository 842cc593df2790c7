// Package fit moves weights of correlate to where labelled evidence says they should be:
// a regression of what people turned out to be on what was seen of them.
//
// The model is correlate's own. For each innocent explanation e there are log odds
// z(e) = b(e) + Σ w(e, part) × value(part) of abuse against it, and of somebody
//
//	P(abuse) = 1 / (1 + Σ exp(−z(e))),  P(e) = exp(−z(e)) / (1 + Σ exp(−z(e)))
//
// which is a multinomial logistic regression. Of an innocent person whose explanation is
// known, P(e) is what counts, of one of whom it is not known, the sum over all. The
// weights found are those that make the labels likeliest, times a normal prior around the
// weights that were there before (an L2 penalty): where labels say little, what was assumed
// stays. A part that speaks for never comes to speak against, nor the reverse. Where there
// are enough labels, scores are then calibrated on rows that were left out of the fit.
//
// It knows no person: a row is numbers and a label, and what comes out is weights. It
// refuses to fit on a handful of rows, out of which one could be told. It trusts its
// caller's labels; reviewers' decisions are of cases that older weights chose, which does
// no harm to a regression on what was seen, and leaves what was never shown as it was.
package fit
