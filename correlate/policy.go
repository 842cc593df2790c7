package correlate

import "slices"

// beside are the parts one of which must speak beside payments. Payments alone make no case,
// nor do they with streams that anybody could watch, which is how performers and gamers are
// tipped, however many users flag them: that is a policy, and no fit moves it.
var beside = [...]int{
	partListMatch, partPrivateSession, partUserFlag, partClassifier, partVisitsPaidFor, partUnpaidVisits,
}

// speaksBeside reports whether there is more than payments, public streams and flags of
// users, who may be anybody: a flag counts for it only beyond what any number of users can
// say, and so one by a trusted flagger or a moderator.
func (w *Weights) speaksBeside(all []finding) bool {
	users := w.file.Flags.User
	return slices.ContainsFunc(beside[:], func(k int) bool {
		if k == partUserFlag {
			return all[k].value > users.First.Value/(1-users.Next.Value)
		}
		return all[k].value > 0
	})
}
