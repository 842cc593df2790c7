package simulate

// innocentTable lists the knobs of the innocent. Every share is of all people, and of the
// one the group is named for: tutors, not their customers.
func (k *Knobs) innocentTable(share, number func(string, *float64, string)) {
	f := &k.Family
	share("family.share", &f.Share, ifad+notation+"of 8 billion people")
	number("family.recipients", &f.Recipients, "1 to 3 with an account of their own [A]; mean beyond the first")
	share("family.same_surname", &f.SameSurname, assumed)
	share("family.monthly", &f.Monthly, "IFAD: every one or two months, mostly; the rest is weekly [A]")
	share("family.fortnightly", &f.Fortnightly, assumed)
	number("family.amount", &f.Amount, ifad+notation+"median, AUD")
	number("family.amount_sigma", &f.AmountSigma, assumed)
	share("family.small_share", &f.SmallShare, assumed+notation+"transfers for a small need")
	number("family.small_amount", &f.SmallAmount, assumed+notation+"median of those, AUD")
	number("family.calls_week", &f.CallsWeek, assumed+notation+"private video calls of a pair")
	share("family.pay_day_call", &f.PayDayCall, assumed+notation+"payments with a call on the same day")
	number("family.minutes", &f.Minutes, assumed+notation+"median length of a call")

	t := &k.Tutor
	share("tutor.share", &t.Share, assumed)
	number("tutor.customers", &t.Customers, assumed+notation+"mean, abroad")
	number("tutor.lessons_week", &t.LessonsWeek, assumed+notation+"of a customer")
	number("tutor.price", &t.Price, assumed+notation+"median of a tutor's price for a lesson, AUD")
	number("tutor.price_sigma", &t.PriceSigma, assumed)
	share("tutor.before", &t.Before, assumed+notation+"lessons paid before, the others after")
	number("tutor.lag_median", &t.LagMedian, assumed+notation+"minutes")
	share("tutor.skip", &t.Skip, assumed+notation+"lessons that are put off by days")

	p := &k.Performer
	share("performer.share", &p.Share, "some 4 million creators on the largest site, of 5 billion people online [D]")
	share("performer.direct", &p.Direct, assumed+notation+"performers who are paid by transfer also: most are paid in the platform's tokens, which nobody sees here")
	number("performer.fans", &p.Fans, assumed+notation+"payers of those, mean")
	number("performer.tips", &p.Tips, assumed+notation+"tips of a fan in 90 days, mean")
	number("performer.tip", &p.Tip, assumed+notation+"median, AUD")
	number("performer.tip_sigma", &p.TipSigma, assumed)
	number("performer.shows_week", &p.ShowsWeek, assumed)
	share("performer.private_show", &p.PrivateShow, assumed+notation+"shows for one fan")
	share("performer.private_paid", &p.PrivatePaid, assumed+notation+"of those, the ones paid by transfer just before")
	number("performer.private_price", &p.PrivatePrice, assumed+notation+"median, AUD")

	d := &k.Donor
	share("donor.share", &d.Share, assumed+notation+"churches, schools and funds that collect by transfer")
	number("donor.donors", &d.Donors, assumed+notation+"of each, mean")
	number("donor.amount", &d.Amount, assumed+notation+"median, AUD")
	number("donor.amount_sigma", &d.AmountSigma, assumed)
	share("donor.monthly", &d.Monthly, assumed+notation+"donors by standing order, the others give once or twice")
	share("donor.sponsor_share", &d.SponsorShare, assumed+notation+"people who pay for a child's school abroad, to its family")
	number("donor.sponsor_amount", &d.SponsorAmount, "usual child sponsorship is AUD 40 to 60 a month [A]")
	number("donor.sponsor_calls", &d.SponsorCalls, assumed+notation+"calls with that family in 90 days")

	c := &k.Couple
	share("couple.share", &c.Share, assumed+notation+"couples across a border")
	number("couple.calls_week", &c.CallsWeek, assumed)
	number("couple.gifts", &c.Gifts, assumed+notation+"in 90 days, mean")
	number("couple.gift", &c.Gift, assumed+notation+"median, AUD")
	number("couple.gift_sigma", &c.GiftSigma, assumed)
	share("couple.same_surname", &c.SameSurname, assumed)

	w := &k.Freelancer
	share("freelancer.share", &w.Share, "World Bank 2023: 4 to 12 % of the labour force work online; few of them for clients abroad by transfer [A]")
	number("freelancer.clients", &w.Clients, assumed+notation+"mean")
	number("freelancer.invoices", &w.Invoices, assumed+notation+"of a client in 90 days, mean")
	number("freelancer.invoice", &w.Invoice, assumed+notation+"median, AUD")
	number("freelancer.invoice_sigma", &w.InvoiceSigma, assumed)
	number("freelancer.calls_week", &w.CallsWeek, assumed+notation+"private calls with a client")

	g := &k.Gamer
	share("gamer.share", &g.Share, assumed+notation+"streamers who get gifts by transfer")
	number("gamer.viewers", &g.Viewers, assumed+notation+"who give, mean")
	number("gamer.shows_week", &g.ShowsWeek, assumed)
	number("gamer.gifts", &g.Gifts, assumed+notation+"of a viewer in 90 days, mean")
	number("gamer.gift", &g.Gift, assumed+notation+"median, AUD")
	number("gamer.gift_sigma", &g.GiftSigma, assumed)

	r := &k.Romance
	share("romance.share", &r.Share, "scammers; with their victims some 0.04 % of people, FTC 2023: 64,000 reports in the USA in a year, and most do not report [A]")
	number("romance.victims", &r.Victims, assumed+notation+"of each, mean")
	number("romance.payments", &r.Payments, assumed+notation+"of a victim in 90 days, mean")
	number("romance.first", &r.First, assumed+notation+"median of the first, AUD")
	number("romance.growth", &r.Growth, assumed+notation+"factor from one to the next")
	number("romance.calls", &r.Calls, assumed+notation+"video calls of a victim in 90 days, mean: scammers avoid them")

	x := &k.Sextortion
	share("sextortion.share", &x.Share, "extortionists; NCMEC 2023: 26,700 reports of financial sextortion in a year, mostly from the USA [A]")
	number("sextortion.victims", &x.Victims, assumed+notation+"of each in 90 days, mean")
	number("sextortion.payments", &x.Payments, assumed+notation+"of a victim, mean, within days, then none")
	number("sextortion.first", &x.First, "FATF, FinCEN 2025: first below EUR 250, up to 1,500; median, AUD [A]")
	number("sextortion.growth", &x.Growth, assumed)
	share("sextortion.told", &x.Told, assumed+notation+"victims who flag the account afterwards")

	n := &k.Ordinary
	share("ordinary.payers", &n.Payers, assumed+notation+"people who send money to others now and then")
	number("ordinary.payments", &n.Payments, assumed+notation+"of each in 90 days, mean")
	number("ordinary.amount", &n.Amount, assumed+notation+"median, AUD")
	number("ordinary.amount_sigma", &n.AmountSigma, assumed)
	share("ordinary.abroad", &n.Abroad, assumed+notation+"of those payments, the ones across a border")
	share("ordinary.callers", &n.Callers, assumed+notation+"people, of every group, who make private calls with friends")
	number("ordinary.calls", &n.Calls, assumed+notation+"of each in 90 days, mean")
	number("ordinary.call_minutes", &n.CallMinutes, assumed+notation+"median")
	share("ordinary.streamers", &n.Streamers, assumed+notation+"people, of every group, who stream in public")
	number("ordinary.streams", &n.Streams, assumed+notation+"of each in 90 days, mean")
	number("ordinary.audience", &n.Audience, assumed+notation+"median")
	share("ordinary.night_share", &n.NightShare, assumed+notation+"whatever ordinary people do at night")
}

// DefaultKnobs are the knobs as published or assumed.
func DefaultKnobs() Knobs {
	var k Knobs
	k.Prevalence, k.PartPeople = 0.001, 20_000
	o := &k.Offender
	o.PerEnd, o.MoreEnds, o.Facilitator, o.FacilitatorStreams = 2.2, 0.3, 0.35, 0.6
	o.CountMu, o.CountSigma, o.ProlificFrom = 0.6, 1.9, 12
	o.AmountMedian, o.AmountSigma, o.TailShare, o.TailLow, o.TailHigh = 55, 0.5, 0.075, 200, 500
	o.CasualGapLow, o.CasualGapHigh, o.ProlificGapLow, o.ProlificGapHigh, o.GapSigma = 20, 60, 1, 15, 0.6
	o.Escalating, o.AmountDrift, o.GapDrift = 0.5, 1.01, 0.99
	o.Seen, o.Minutes, o.Night, o.Cover, o.Round = 0.7, 20, 0.6, 0.5, 0.8
	o.OneGuest, o.SeveralOf, o.UnseenBundle = 0.8, 0.5, 5
	k.Timing.Before, k.Timing.During, k.Timing.After = 0.60, 0.15, 0.15
	k.Timing.LagMedian, k.Timing.LagSigma, k.Timing.AfterHours, k.Timing.AnywhereDays, k.Timing.LagScale = 45, 1.2, 6, 7, 1
	k.Identity.Linked, k.Identity.TellsGuests, k.Identity.TellsAudience = 0.85, 0.5, 0.8
	h := &k.Hash
	h.Networks, h.Sessions, h.Within, h.Entries, h.WrongEntries = 0.12, 0.3, 0.9, 5000, 0.001
	h.InnocentSessions, h.Background = 2e-5, 0.002
	f := &k.Flags
	f.OffenceUser, f.OffenceTrusted, f.OffenceModerator = 0.005, 0.04, 0.03
	f.PrivateUser, f.PublicUser, f.PerformerUser, f.ScamUser = 2e-5, 2e-4, 2e-3, 0.01
	f.Trusted, f.Moderator, f.MaliciousTargets, f.MaliciousEach = 5e-6, 5e-6, 2e-4, 4
	s := &k.Score
	s.Scored, s.Floor = 0.5, 0.4
	s.OffenceA, s.OffenceB, s.OrdinaryA, s.OrdinaryB, s.FamilyA, s.FamilyB, s.AdultA, s.AdultB = 3, 2.5, 1, 9, 1.3, 6, 2.2, 2.8
	k.Bank.XML, k.Bank.BatchHours = 0.3, 6

	fa := &k.Family
	fa.Share, fa.Recipients, fa.SameSurname, fa.Monthly, fa.Fortnightly = 0.025, 0.6, 0.65, 0.6, 0.25
	fa.Amount, fa.AmountSigma, fa.SmallShare, fa.SmallAmount = 380, 0.6, 0.15, 50
	fa.CallsWeek, fa.PayDayCall, fa.Minutes = 1.2, 0.6, 25
	t := &k.Tutor
	t.Share, t.Customers, t.LessonsWeek, t.Price, t.PriceSigma = 0.001, 7, 1, 30, 0.35
	t.Before, t.LagMedian, t.Skip = 0.7, 180, 0.12
	p := &k.Performer
	p.Share, p.Direct, p.Fans, p.Tips, p.Tip, p.TipSigma = 0.0008, 0.15, 25, 3, 15, 0.8
	p.ShowsWeek, p.PrivateShow, p.PrivatePaid, p.PrivatePrice = 3, 0.25, 0.5, 60
	d := &k.Donor
	d.Share, d.Donors, d.Amount, d.AmountSigma, d.Monthly = 0.0002, 35, 40, 0.7, 0.6
	d.SponsorShare, d.SponsorAmount, d.SponsorCalls = 0.002, 48, 0.7
	c := &k.Couple
	c.Share, c.CallsWeek, c.Gifts, c.Gift, c.GiftSigma, c.SameSurname = 0.003, 3.5, 4, 60, 0.8, 0.1
	w := &k.Freelancer
	w.Share, w.Clients, w.Invoices, w.Invoice, w.InvoiceSigma, w.CallsWeek = 0.004, 2.5, 2.5, 500, 0.8, 0.4
	g := &k.Gamer
	g.Share, g.Viewers, g.ShowsWeek, g.Gifts, g.Gift, g.GiftSigma = 0.002, 20, 3, 3, 7, 0.7
	k.Romance.Share, k.Romance.Victims, k.Romance.Payments, k.Romance.First, k.Romance.Growth, k.Romance.Calls = 0.0001, 3, 5, 150, 1.4, 0.5
	k.Sextortion.Share, k.Sextortion.Victims, k.Sextortion.Payments, k.Sextortion.First, k.Sextortion.Growth, k.Sextortion.Told = 0.00002, 5, 3, 150, 1.5, 0.2
	n := &k.Ordinary
	n.Payers, n.Payments, n.Amount, n.AmountSigma, n.Abroad = 0.35, 2, 60, 1, 0.3
	n.Callers, n.Calls, n.CallMinutes, n.Streamers, n.Streams, n.Audience, n.NightShare = 0.3, 3, 15, 0.03, 5, 8, 0.12
	k.Corridor = corridorInnocent
	k.OffenderCorridor = corridorOffender
	return k
}
