// Package observe runs a labelled world through the pipeline's own rooms, without a
// broker, and writes down what the score said of everybody at the end of each day.
//
// Every record goes where its topic would take it, in the order of arrival: transactions
// through payments/intake, split and engine; sessions, flags, scores and frames through
// detect; all signals through correlate. A part of the world is worked on by itself, with
// its own state in memory, as a partition would: money, calls and networks do not leave
// it. Two things of a deployment are left out: the gate that holds back list entries which
// match everywhere (no entry does here), and looking back at kept frames.
//
// Labels are joined at the end, by subject token; nothing of the pipeline sees them.
package observe
