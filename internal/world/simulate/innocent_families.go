package simulate

// families: somebody works abroad and sends money home, on pay day, and calls.
func (t *town) families(n int) {
	f := t.k.Family
	for range n {
		t.circle++
		corridor, from, to := t.across()
		relatives := 1 + min(2, t.poisson(f.Recipients))
		if !t.room(1 + relatives) {
			return
		}
		platform := t.platform()
		who := t.add(Remitter, from, platform, corridor)
		every := 7.0
		if u := t.Float64(); u < f.Monthly {
			every = 30.4
		} else if u < f.Monthly+f.Fortnightly {
			every = 14
		}
		pool := places[to].names
		// A migrant's name is of where the family lives.
		t.people[who].given, t.people[who].surname = pick(t.die, givenNames[pool]), pick(t.die, surnameHeads[pool])+pick(t.die, surnameTails[pool])
		typical := t.logNormal(f.Amount, f.AmountSigma) * every / 30.4
		for range relatives {
			r := t.add(Relative, to, platform, corridor)
			if t.chance(f.SameSurname) {
				t.people[r].surname = t.people[who].surname
			}
			for _, d := range t.rhythm(every) {
				aud := typical * t.uniform(0.85, 1.15)
				if t.chance(f.SmallShare) {
					aud = t.logNormal(f.SmallAmount, 0.5)
				}
				at := t.local(from, d, 8, 12)
				t.pay(who, r, at, money(from, aud, t.chance(0.8)), pick(t.die, []string{"for mama, love", "family support", "allowance", "tuition fee", "medicine", "groceries", "", "", ""}))
				if t.chance(f.PayDayCall) {
					t.meet(homely, r, at+int64(t.uniform(-3, 5)*float64(hour)), t.logNormal(f.Minutes, 0.6), true, 1, who)
				}
			}
			t.calls(homely, who, r, f.CallsWeek, f.Minutes, 7, 15)
		}
	}
}

// couples live far apart: they call most evenings, and one gives now and then.
func (t *town) couples(n int) {
	c := t.k.Couple
	for range n {
		t.circle++
		if !t.room(2) {
			return
		}
		corridor, from, to := t.across()
		platform := t.platform()
		a, b := t.add(Couple, from, platform, corridor), t.add(Couple, to, platform, corridor)
		if t.chance(c.SameSurname) {
			t.people[b].surname = t.people[a].surname
		}
		for range t.poisson(c.Gifts * t.days / 90) {
			t.pay(a, b, t.waking(from, t.anyDay()), money(from, t.logNormal(c.Gift, c.GiftSigma), t.chance(0.7)),
				pick(t.die, []string{"for our trip", "happy birthday", "flowers", "rent help", "", "", ""}))
		}
		t.calls(plain, a, b, c.CallsWeek, 40, 18, 7)
	}
}

// sponsors pay for a child's school abroad, to its family.
func (t *town) sponsors(n int) {
	d := t.k.Donor
	for range n {
		t.circle++
		if !t.room(2) {
			return
		}
		corridor, from, to := t.across()
		platform := t.platform()
		a, b := t.add(Sponsor, from, platform, corridor), t.add(SponsoredFamily, to, platform, corridor)
		aud := t.logNormal(d.SponsorAmount, 0.3)
		for _, day := range t.rhythm(30.4) {
			t.pay(a, b, t.local(from, day, 8, 12), money(from, aud, true), pick(t.die, []string{"school fees", "school uniform", "sponsorship", "tuition fee"}))
		}
		t.calls(homely, a, b, d.SponsorCalls*7/90, 20, 9, 12)
	}
}
