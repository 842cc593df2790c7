// Package evaluate says how good a score is on people of whom the truth is known: whom it
// finds, how soon, what it costs reviewers, whether its probabilities hold, and above all
// which innocent people it wrongly suspects.
//
// It is statistics alone, on [Person] values: what a score said of somebody at the end of
// each day, never later evidence. Thresholds come from worlds that are not measured
// ([Threshold]). Intervals come from a bootstrap that resamples whole circles of people
// (networks, families, a tutor with the customers), since their members are not
// independent ([Bootstrap]). The prevalence is set by weights ([Weigh]): a world of a
// higher prevalence, whose guilty people count less, has the same expectations as one of a
// lower, and smaller errors.
//
// Package observe below runs the pipeline and makes the values; package page draws them.
// It trusts its caller.
package evaluate
