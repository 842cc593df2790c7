// Package simulate makes a labelled world of any size: people who stream, call and pay,
// most of them innocent, a few of them in networks that commission abuse and pay for it.
// It exists to measure what the pipeline finds, and above all whom it wrongly suspects.
//
// Nobody in it exists and nothing is shown: a frame is a random PDQ hash. What is known of
// the crime from public sources (AIC Trends & issues 589, 634 and 639, AUSTRAC, FATF, AMLC)
// is in the knobs with its source; what nobody published is a knob too, and says that it is
// assumed ([Knobs.Table]). The world is made without a look at how the pipeline scores.
//
// # Parts
//
// A world is cut into parts of some twenty thousand people. Money, calls and networks stay
// within a part, so that a part can be made, written and scored by itself, in bounded
// memory and on as many cores as there are. A part depends on the knobs, the seed and its
// number alone: the same three give the same bytes.
//
// # Labels
//
// What is true goes into files of their own, under labels/, which no part of the pipeline
// reads. Records hold no label, and the ids in them say nothing of the group.
//
// The next is internal/evaluate, which measures; the pipeline in between is the real one.
package simulate
