package simulate

import "fmt"

// tutors give private lessons over video, each paid for by a customer abroad: money and
// private sessions coincide as punctually as they can.
func (t *town) tutors(n int) {
	k := t.k.Tutor
	for range n {
		t.circle++
		corridor, from, to := t.across()
		customers := t.atLeastOne(k.Customers)
		if !t.room(1 + customers) {
			return
		}
		platform := t.platform()
		tutor := t.add(Tutor, to, platform, corridor)
		price := t.logNormal(k.Price, k.PriceSigma)
		for range customers {
			c := t.add(TutorCustomer, from, platform, corridor)
			amount := money(from, price, true)
			lesson := 0
			for _, d := range t.rhythm(7 / max(0.1, k.LessonsWeek)) {
				if t.chance(k.Skip) {
					d += t.uniform(-3, 3)
				}
				lesson++
				start := t.local(from, d, 9, 12)
				lag := int64(t.logNormal(k.LagMedian, 1.1) * 60)
				at := start - lag
				if !t.chance(k.Before) {
					at = start + 50*minute + lag
				}
				t.meet(plain, tutor, start, t.uniform(45, 60), true, 1, c)
				t.pay(c, tutor, at, amount, pick(t.die, []string{fmt.Sprintf("lesson no %d", lesson), "English lesson", "tuition fee", ""}))
			}
		}
	}
}

// performers are adults who perform lawfully, for many and now and then for one. Few are
// paid by transfer, but those look most like what is searched for.
func (t *town) performers(n int) {
	k := t.k.Performer
	for range n {
		t.circle++
		corridor, _, to := t.across()
		fans := 0
		if t.chance(k.Direct) {
			fans = t.atLeastOne(k.Fans)
		}
		if !t.room(1 + fans) {
			return
		}
		platform := t.platform()
		host := t.add(Performer, to, platform, corridor)
		var who []int32
		for range fans {
			c, from, _ := t.across()
			f := t.add(PerformerFan, from, platform, c)
			who = append(who, f)
			for range t.poisson(k.Tips * t.days / 90) {
				t.pay(f, host, t.local(from, t.anyDay(), 18, 9), money(from, t.logNormal(k.Tip, k.TipSigma), t.chance(0.6)), pick(t.die, []string{"great show!", "tip", "", "", "thanks"}))
			}
		}
		for range t.poisson(k.ShowsWeek * t.days / 7) {
			start := t.local(to, t.anyDay(), 18, 9)
			if !t.chance(k.PrivateShow) {
				t.meet(adult, host, start, t.logNormal(75, 0.5), false, int(t.logNormal(40, 1)))
				continue
			}
			if len(who) == 0 {
				t.meet(adult, host, start, t.logNormal(20, 0.5), true, 1)
				continue
			}
			f := pick(t.die, who)
			t.meet(adult, host, start, t.logNormal(20, 0.5), true, 1, f)
			if t.chance(k.PrivatePaid) {
				from := t.people[f].place
				t.pay(f, host, start-int64(t.logNormal(40, 1)*60), money(from, t.logNormal(k.PrivatePrice, 0.4), true), pick(t.die, []string{"private show", "tip", "", ""}))
			}
		}
	}
}

// freelancers are paid by invoice and call their clients.
func (t *town) freelancers(n int) {
	k := t.k.Freelancer
	for range n {
		t.circle++
		corridor, from, to := t.across()
		clients := t.atLeastOne(k.Clients)
		if !t.room(1 + clients) {
			return
		}
		platform := t.platform()
		host := t.add(Freelancer, to, platform, corridor)
		for range clients {
			c := t.add(Client, from, platform, corridor)
			for i := range t.poisson(k.Invoices * t.days / 90) {
				t.pay(c, host, t.local(from, t.anyDay(), 8, 10), money(from, t.logNormal(k.Invoice, k.InvoiceSigma), t.chance(0.5)), fmt.Sprintf("invoice %03d", i+1))
			}
			t.calls(plain, c, host, k.CallsWeek, 30, 9, 9)
		}
	}
}

// gamers stream in public, and viewers send them small gifts, mostly during the show.
func (t *town) gamers(n int) {
	k := t.k.Gamer
	for range n {
		t.circle++
		viewers := t.atLeastOne(k.Viewers)
		if !t.room(1 + viewers) {
			return
		}
		corridor, _, to := t.across()
		platform := t.platform()
		host := t.add(Gamer, to, platform, corridor)
		var shows []int64
		for range t.poisson(k.ShowsWeek * t.days / 7) {
			start := t.local(to, t.anyDay(), 14, 11)
			if t.meet(plain, host, start, t.logNormal(120, 0.5), false, int(t.logNormal(60, 1.2))) >= 0 {
				shows = append(shows, start)
			}
		}
		for range viewers {
			c, from, _ := t.across()
			v := t.add(Gifter, from, platform, c)
			for range t.poisson(k.Gifts * t.days / 90) {
				at := t.waking(from, t.anyDay())
				if len(shows) > 0 && t.chance(0.8) {
					at = pick(t.die, shows) + t.Int64N(2*hour)
				}
				t.pay(v, host, at, money(from, t.logNormal(k.Gift, k.GiftSigma), t.chance(0.6)), pick(t.die, []string{"gg", "sub", "", ""}))
			}
		}
	}
}

// charities collect many small round gifts from strangers.
func (t *town) charities(n int) {
	k := t.k.Donor
	for range n {
		t.circle++
		donors := t.atLeastOne(k.Donors)
		if !t.room(1 + donors) {
			return
		}
		corridor, _, to := t.across()
		platform := t.platform()
		host := t.add(Charity, to, platform, corridor)
		for range donors {
			c, from, _ := t.across()
			d := t.add(Donor, from, platform, c)
			amount := money(from, t.logNormal(k.Amount, k.AmountSigma), true)
			days := []float64{t.anyDay()}
			if t.chance(k.Monthly) {
				days = t.rhythm(30.4)
			} else if t.chance(0.3) {
				days = append(days, t.anyDay())
			}
			for _, at := range days {
				t.pay(d, host, t.local(from, at, 7, 14), amount, pick(t.die, []string{"scholarship fund donation", "donation", "school project", "Sunday offering"}))
			}
		}
		for range t.poisson(0.6 * t.days / 7) {
			t.meet(plain, host, t.local(to, t.anyDay(), 9, 10), 60, false, int(t.logNormal(30, 0.8)))
		}
	}
}
