package simulate

// ordinary fills the part with people of no pattern.
func (t *town) ordinary() {
	for t.room(1) {
		t.circle++
		corridor, place := -1, t.home()
		if t.chance(0.5) {
			// Half of all people live where money is sent from, and have ties abroad.
			c, from, to := t.across()
			if corridor, place = c, from; t.chance(0.5) {
				place = to
			}
		}
		t.add(Ordinary, place, t.platform(), corridor)
	}
}

// everyday is what people of every group do besides: pay somebody, call a friend, stream.
func (t *town) everyday() {
	k := t.k.Ordinary
	byPlatform := make([][]int32, len(platforms))
	byPlace := make([][]int32, len(places))
	for i := range t.people {
		p := &t.people[i]
		byPlatform[p.platform] = append(byPlatform[p.platform], int32(i))
		byPlace[p.place] = append(byPlace[p.place], int32(i))
	}
	for i := range t.people {
		who, p := int32(i), &t.people[i]
		if t.chance(k.Payers) {
			to := pick(t.die, byPlace[p.place])
			for range t.poisson(k.Payments * t.days / 90) {
				if t.chance(0.4) {
					to = pick(t.die, byPlace[p.place])
				}
				if t.chance(k.Abroad) {
					to = int32(t.IntN(len(t.people)))
				}
				if to != who {
					t.pay(who, to, t.waking(p.place, t.anyDay()), money(p.place, t.logNormal(k.Amount, k.AmountSigma), t.chance(0.5)),
						pick(t.die, []string{"", "", "", "dinner", "thanks", "rent", "tickets", "gift", "books", "hotel", "doctor"}))
				}
			}
		}
		if t.chance(k.Callers) {
			friend := pick(t.die, byPlatform[p.platform])
			for range t.poisson(k.Calls * t.days / 90) {
				if t.chance(0.3) {
					friend = pick(t.die, byPlatform[p.platform])
				}
				if friend != who {
					t.meet(homely, who, t.waking(p.place, t.anyDay()), t.logNormal(k.CallMinutes, 0.8), true, 1, friend)
				}
			}
		}
		if t.chance(k.Streamers) {
			for range t.poisson(k.Streams * t.days / 90) {
				t.meet(plain, who, t.waking(p.place, t.anyDay()), t.logNormal(30, 0.8), false, int(t.logNormal(k.Audience, 1)))
			}
		}
	}
}

// mistakes are the flags that innocent people get: by mistake of those who know better, and
// out of malice.
func (t *town) mistakes() {
	f := t.k.Flags
	last := make(map[int32]int32)
	for m := range t.meets {
		last[t.meets[m].host] = int32(m)
	}
	for i := range t.people {
		m, ok := last[int32(i)]
		if !ok || t.people[i].Group.Guilty() {
			continue
		}
		if t.chance(f.Trusted) {
			t.flag(m, "trusted", "worried-about-a-child")
		}
		if t.chance(f.Moderator) {
			t.flag(m, "moderator", "worried-about-a-child")
		}
		if t.chance(f.MaliciousTargets) {
			for range t.atLeastOne(f.MaliciousEach) {
				t.flag(m, "user", "worried-about-a-child")
			}
		}
	}
}
