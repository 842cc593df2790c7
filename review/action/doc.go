// Package action is what a platform is asked to do about an account, and what it answers:
// the record of an action, the statement of reasons that goes with it, and the receipt.
//
// A record is made of what the platform itself told of the account and of nothing else:
// Of keeps the signals of one platform and drops payments, other platforms, lists' names,
// scores and whatever a reviewer wrote. Where a platform told of nothing that could be a
// reason, it is asked for nothing, so that no action can tell it that a bank or a centre
// knows of the account.
//
// Ids follow from what caused an action, so that a repeat is known. The package keeps
// nothing and sends nothing: review keeps records in its outbox, and webhook signs and
// delivers them.
package action
