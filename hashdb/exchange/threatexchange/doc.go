// Package threatexchange keeps lists in step with a privacy group of Meta's
// ThreatExchange, by its /threat_updates, and takes verdicts back to it as reactions.
//
// It follows the updates in their order and goes on from the time of the last one,
// a little before it, since what is sent twice does no harm. Deletions are told for
// 90 days only: a checkpoint of 85 days or more, as python-threatexchange has it, is
// stale. Then, and when it was told to follow something else, everything is fetched
// anew and what did not come again is retracted; where it cannot know what that is,
// the sync ends with ErrStale.
//
// What a record means is read by formats.ThreatExchangeReader. An entry's Ref is the
// indicator's id. It uploads no hash and no descriptor of its own.
//
// It trusts the group's members for what they list, and not the host for more than
// its own name: no address in an answer leads elsewhere, and the access token, which
// ThreatExchange puts into addresses, is taken out of those it sends and never kept.
//
// The syncer of package exchange runs it.
//
// Sources: developers.facebook.com/docs/threat-exchange/reference/apis/threat-updates
// and /reference/reacting, and the python-threatexchange and hasher-matcher-actioner
// of github.com/facebook/ThreatExchange.
package threatexchange
