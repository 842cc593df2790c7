package simulate

import (
	"errors"
	"fmt"
	"math"
	"strings"
)

// Knobs are all that can be turned. A share or a chance lies between 0 and 1.
type Knobs struct {
	Prevalence, PartPeople float64

	Offender struct {
		PerEnd, MoreEnds, Facilitator, FacilitatorStreams                     float64
		CountMu, CountSigma, ProlificFrom                                     float64
		AmountMedian, AmountSigma, TailShare, TailLow, TailHigh               float64
		CasualGapLow, CasualGapHigh, ProlificGapLow, ProlificGapHigh          float64
		GapSigma, Escalating, AmountDrift, GapDrift, Seen, Minutes            float64
		Night, Cover, Round, OneGuest, Unseen, UnseenBundle, SeveralOf, Whole float64
	}
	Timing struct {
		Before, During, After, LagMedian, LagSigma, AfterHours, AnywhereDays, LagScale, Shuffled float64
	}
	Identity struct{ Linked, TellsGuests, TellsAudience float64 }
	Hash     struct{ Networks, Sessions, Within, Entries, WrongEntries, InnocentSessions, Background float64 }
	Flags    struct {
		OffenceUser, OffenceTrusted, OffenceModerator       float64
		PrivateUser, PublicUser, PerformerUser, ScamUser    float64
		Trusted, Moderator, MaliciousTargets, MaliciousEach float64
	}
	Score struct {
		Scored, Floor                                                              float64
		OffenceA, OffenceB, OrdinaryA, OrdinaryB, FamilyA, FamilyB, AdultA, AdultB float64
	}
	Bank struct{ XML, BatchHours float64 }

	Family struct {
		Share, Recipients, SameSurname, Monthly, Fortnightly, Amount, AmountSigma, SmallShare, SmallAmount float64
		CallsWeek, PayDayCall, Minutes                                                                     float64
	}
	Tutor struct {
		Share, Customers, LessonsWeek, Price, PriceSigma, Before, LagMedian, Skip float64
	}
	Performer struct {
		Share, Direct, Fans, Tips, Tip, TipSigma, ShowsWeek, PrivateShow, PrivatePaid, PrivatePrice float64
	}
	Donor struct {
		Share, Donors, Amount, AmountSigma, Monthly, SponsorShare, SponsorAmount, SponsorCalls float64
	}
	Couple     struct{ Share, CallsWeek, Gifts, Gift, GiftSigma, SameSurname float64 }
	Freelancer struct{ Share, Clients, Invoices, Invoice, InvoiceSigma, CallsWeek float64 }
	Gamer      struct{ Share, Viewers, ShowsWeek, Gifts, Gift, GiftSigma float64 }
	Romance    struct{ Share, Victims, Payments, First, Growth, Calls float64 }
	Sextortion struct{ Share, Victims, Payments, First, Growth, Told float64 }
	Ordinary   struct {
		Payers, Payments, Amount, AmountSigma, Abroad, Callers, Calls, CallMinutes, Streamers, Streams, Audience, NightShare float64
	}
	Corridor         [len(corridorNames)]float64
	OffenderCorridor [len(corridorNames)]float64
}

// A Knob is one number of the world, with where it is from.
type Knob struct {
	Name   string
	Value  *float64
	Source string
	Max    float64 // 1 for a share
}

const (
	assumed  = "[A] assumed"
	aic589   = "AIC T&I 589"
	aic639   = "AIC T&I 639"
	derived  = "[D] derived from AIC T&I 589: 3 % of senders made 50 % of payments, 25 % made 3 %"
	kernel   = "[A] no public source gives the timing of payment and stream"
	ifad     = "IFAD, International Day of Family Remittances: 200 million workers send USD 200 to 300 to 800 million relatives"
	notation = "; "
)

// Table lists every knob, in a fixed order.
func (k *Knobs) Table() []Knob {
	var t []Knob
	share := func(name string, v *float64, source string) { t = append(t, Knob{name, v, source, 1}) }
	number := func(name string, v *float64, source string) { t = append(t, Knob{name, v, source, math.Inf(1)}) }

	share("prevalence", &k.Prevalence, "people in networks, of all; AMLC reports over remittance volume: 1 in 1,100 transfers [D]; also IBM HI-Small and SAML-D")
	number("part_people", &k.PartPeople, assumed+notation+"people of one part, whose money and calls stay within it")

	o := &k.Offender
	number("offender.per_end", &o.PerEnd, "senders to one recipient: 256 senders, 118 known facilitators ("+aic589+") [D]")
	share("offender.more_ends", &o.MoreEnds, assumed+notation+"chance of one recipient more in a network, again and again")
	share("offender.facilitator", &o.Facilitator, aic639+": a facilitator in about 35 % of cases")
	share("offender.facilitator_streams", &o.FacilitatorStreams, assumed+notation+"facilitators who stream from the account that is paid")
	number("offender.count_mu", &o.CountMu, derived+notation+"payments of a sender: max(1, round(LogNormal))")
	number("offender.count_sigma", &o.CountSigma, derived)
	number("offender.prolific_from", &o.ProlificFrom, assumed+notation+"payments from which on a sender is prolific")
	number("offender.amount_median", &o.AmountMedian, "AUD; [D] from "+aic639+" (median 51) and AUSTRAC 2016 (mean 60)")
	number("offender.amount_sigma", &o.AmountSigma, "[D] likewise")
	share("offender.tail_share", &o.TailShare, "[D] 5 to 10 % are far larger")
	number("offender.tail_low", &o.TailLow, "AUD [D]")
	number("offender.tail_high", &o.TailHigh, "AUD [D]")
	number("offender.casual_gap_low", &o.CasualGapLow, "days [D]; a sender's own median gap")
	number("offender.casual_gap_high", &o.CasualGapHigh, "days [D]")
	number("offender.prolific_gap_low", &o.ProlificGapLow, "days [D]; AIC T&I 634: prolific senders pay at gaps under 20 days")
	number("offender.prolific_gap_high", &o.ProlificGapHigh, "days [D]")
	number("offender.gap_sigma", &o.GapSigma, assumed+notation+"of a sender's gaps about their median")
	share("offender.escalating", &o.Escalating, assumed+notation+"senders whose amounts grow and gaps shrink (P12: "+aic589+" says that prolific ones do)")
	number("offender.amount_drift", &o.AmountDrift, assumed+notation+"growth of the amount with each payment of those")
	number("offender.gap_drift", &o.GapDrift, assumed+notation+"factor of the gap with each payment of those")
	share("offender.seen", &o.Seen, assumed+notation+"commissioned streams that run on a platform that tells of its sessions")
	number("offender.minutes", &o.Minutes, assumed+notation+"median length of such a stream")
	share("offender.night", &o.Night, assumed+notation+"streams in the sender's evening and night (FATF, ECPAT: nights stand out)")
	share("offender.cover", &o.Cover, assumed+notation+"payments with a benign cover reference (AUSTRAC, FATF: named, not counted)")
	share("offender.round", &o.Round, assumed+notation+"amounts rounded to 5 or 10 (FATF: named, not counted)")
	share("offender.one_guest", &o.OneGuest, assumed+notation+"streams with one viewer alone, the others have two or three")
	share("offender.several_of", &o.SeveralOf, assumed+notation+"prolific senders who pay further recipients (AMLC: several unrelated recipients)")
	share("offender.whole", &o.Whole, assumed+notation+"senders whose career begins in the first third of the world; of the others the world sees a random piece, for the published counts are of 2006 to 2018")
	share("offender.unseen", &o.Unseen, assumed+notation+"networks that pay in a way outside P01 to P16: bundled, not round, through a relative's account at home")
	number("offender.unseen_bundle", &o.UnseenBundle, assumed+notation+"commissions that such a payment covers")

	m := &k.Timing
	share("timing.before", &m.Before, kernel+notation+"payments before the stream")
	share("timing.during", &m.During, kernel)
	share("timing.after", &m.After, kernel+notation+"what is left of the three lies anywhere")
	number("timing.lag_median", &m.LagMedian, kernel+notation+"minutes, log-normal")
	number("timing.lag_sigma", &m.LagSigma, kernel)
	number("timing.after_hours", &m.AfterHours, kernel+notation+"mean, exponential")
	number("timing.anywhere_days", &m.AnywhereDays, kernel)
	number("timing.lag_scale", &m.LagScale, "factor of all lags, for tests of robustness: 2 and 0.5")
	share("timing.shuffled", &m.Shuffled, "pairs of everybody, innocent ones too, whose payments are shifted around the calendar, for tests of robustness")

	i := &k.Identity
	share("identity.linked", &i.Linked, assumed+notation+"people whose payments name the account by which a platform knows them")
	share("identity.tells_guests", &i.TellsGuests, assumed+notation+"platforms that tell who watched a private session")
	share("identity.tells_audience", &i.TellsAudience, assumed+notation+"platforms that tell how many watched")

	h := &k.Hash
	share("hash.networks", &h.Networks, assumed+notation+"networks that show listed pictures now and then: live abuse is new, and few pictures of it are on a list")
	share("hash.sessions", &h.Sessions, assumed+notation+"of their streams, those that show one")
	share("hash.within", &h.Within, assumed+notation+"of such frames, those within the radius of PDQ (31 of 256 bits)")
	number("hash.entries", &h.Entries, assumed+notation+"entries of the world's two lists together")
	share("hash.wrong_entries", &h.WrongEntries, "NCMEC's audited list had 1 wrong in 10,000; other lists are audited less [A]")
	share("hash.innocent_sessions", &h.InnocentSessions, "innocent streams that show a wrong entry's picture: so few that at a prevalence of 0.1 % about half of the matched streams are innocent, between LinkedIn's 44 of 75 and better [A]")
	share("hash.background", &h.Background, "streams whose frames are written at all; no other frame could match: random PDQ hashes lie 128 bits apart [D]")

	f := &k.Flags
	share("flags.offence_user", &f.OffenceUser, assumed+notation+"a commissioned stream that a user flags: nobody but the buyer watches")
	share("flags.offence_trusted", &f.OffenceTrusted, assumed+notation+"streaming accounts of networks that a trusted flagger names")
	share("flags.offence_moderator", &f.OffenceModerator, assumed+notation+"likewise a moderator")
	share("flags.private_user", &f.PrivateUser, assumed+notation+"an innocent private session that a user flags")
	share("flags.public_user", &f.PublicUser, assumed+notation+"a public one")
	share("flags.performer_user", &f.PerformerUser, assumed+notation+"a show of a lawful performer")
	share("flags.scam_user", &f.ScamUser, assumed+notation+"a session of a romance scammer or extortionist")
	share("flags.trusted", &f.Trusted, assumed+notation+"innocent people with sessions whom a trusted flagger names by mistake")
	share("flags.moderator", &f.Moderator, assumed+notation+"likewise a moderator")
	share("flags.malicious_targets", &f.MaliciousTargets, assumed+notation+"innocent people with sessions whom others flag out of malice")
	number("flags.malicious_each", &f.MaliciousEach, assumed+notation+"flags that each of them gets, mean")

	s := &k.Score
	share("score.scored", &s.Scored, assumed+notation+"sessions that a platform's classifier looks at")
	share("score.floor", &s.Floor, assumed+notation+"scores below are not sent")
	for _, c := range []struct {
		name string
		a, b *float64
	}{
		{"offence", &s.OffenceA, &s.OffenceB}, {"ordinary", &s.OrdinaryA, &s.OrdinaryB},
		{"family", &s.FamilyA, &s.FamilyB}, {"adult", &s.AdultA, &s.AdultB},
	} {
		number("score."+c.name+"_a", c.a, assumed+notation+"scores are Beta(a, b)")
		number("score."+c.name+"_b", c.b, assumed)
	}
	share("bank.xml", &k.Bank.XML, assumed+notation+"institutions that send pacs.008 files, the others send JSON")
	number("bank.batch_hours", &k.Bank.BatchHours, assumed+notation+"hours between the files of one institution: payments arrive late by up to so much")
	k.innocentTable(share, number)
	for i, name := range corridorNames {
		number("corridor."+name, &k.Corridor[i], assumed+notation+"weight among innocent pairs across borders; after the World Bank's bilateral remittance matrix, roughly")
	}
	for i, name := range corridorNames {
		number("offender_corridor."+name, &k.OffenderCorridor[i], assumed+notation+"weight among networks; the sources name the Philippines first")
	}
	return t
}

// Set turns one knob.
func (k *Knobs) Set(name string, value float64) error {
	for _, knob := range k.Table() {
		if knob.Name == name {
			*knob.Value = value
			return nil
		}
	}
	return fmt.Errorf("%s: there is no such knob; --knobs lists them", name)
}

// Check reports every knob that is out of its range, all at once.
func (k *Knobs) Check() error {
	var errs []error
	for _, knob := range k.Table() {
		v := *knob.Value
		if !(v >= 0 && v <= knob.Max) || math.IsInf(v, 0) {
			errs = append(errs, fmt.Errorf("%s: is %g, must be at least 0%s", knob.Name, v, map[bool]string{true: " and at most 1"}[knob.Max == 1]))
		}
	}
	if t := k.Timing; t.Before+t.During+t.After > 1+1e-9 {
		errs = append(errs, errors.New("timing.before, timing.during and timing.after: are more than 1 together"))
	}
	if k.PartPeople < 1000 || k.PartPeople > 200_000 {
		errs = append(errs, errors.New("part_people: must be 1000 to 200000"))
	}
	if k.Prevalence > 0.05 {
		errs = append(errs, errors.New("prevalence: must be at most 0.05"))
	}
	if k.Bank.BatchHours > 48 {
		errs = append(errs, errors.New("bank.batch_hours: must be at most 48"))
	}
	if k.Hash.Entries < 2 || k.Hash.Entries > 10_000_000 {
		errs = append(errs, errors.New("hash.entries: must be 2 to 10000000"))
	}
	return errors.Join(errs...)
}

// String writes the knobs as YAML, each with its source as a comment.
func (k *Knobs) String() string {
	var b strings.Builder
	for _, knob := range k.Table() {
		fmt.Fprintf(&b, "%s: %v # %s\n", knob.Name, *knob.Value, knob.Source)
	}
	return b.String()
}
