package simulate

// romances: a scammer and the people who believe in him. A case about either is wrong
// here: the one needs help, the other is guilty of something else.
func (t *town) romances(n int) {
	k := t.k.Romance
	for range n {
		t.circle++
		victims := t.atLeastOne(k.Victims)
		if !t.room(1 + victims) {
			return
		}
		corridor, _, to := t.across()
		platform := t.platform()
		scammer := t.add(RomanceScammer, to, platform, corridor)
		for range victims {
			c, from, _ := t.across()
			v := t.add(RomanceVictim, from, platform, c)
			aud, at := t.logNormal(k.First, 0.6), t.uniform(0, t.days*0.7)
			for range t.atLeastOne(k.Payments) {
				t.pay(v, scammer, t.waking(from, at), money(from, aud, true), pick(t.die, []string{"see you soon", "hospital bill", "visa fee", "family support", "ticket", ""}))
				aud, at = min(aud*k.Growth*t.uniform(0.7, 1.3), 8000), at+t.exponential(8)+0.5
			}
			for range t.poisson(k.Calls * t.days / 90) {
				t.meet(plain, scammer, t.local(from, t.anyDay(), 19, 6), t.logNormal(10, 0.5), true, 1, v)
			}
		}
	}
}

// sextortions: a private session is recorded, and the victim, often a child, pays in a
// rapid series that stops abruptly (X01).
func (t *town) sextortions(n int) {
	k := t.k.Sextortion
	for range n {
		t.circle++
		victims := t.atLeastOne(k.Victims)
		if !t.room(1 + victims) {
			return
		}
		corridor, _, to := t.across()
		platform := t.platform()
		who := t.add(Extortionist, to, platform, corridor)
		for range victims {
			c, from, _ := t.across()
			v := t.add(SextortVictim, from, platform, c)
			host, guest := who, v
			if t.chance(0.5) {
				host, guest = v, who
			}
			start := t.local(from, t.anyDay(), 20, 6)
			m := t.meet(adult, host, start, t.logNormal(12, 0.5), true, 1, guest)
			if m >= 0 && host == who && t.chance(k.Told) {
				t.flag(m, "user", "other")
			}
			aud, at := min(t.logNormal(k.First, 0.4), 430), start+int64(t.exponential(3)*float64(hour))+20*minute
			for range t.atLeastOne(k.Payments) {
				t.pay(v, who, at, money(from, aud, true), pick(t.die, []string{"", "", "gift"}))
				aud, at = min(aud*k.Growth*t.uniform(0.6, 1.2), 2600), at+int64(t.exponential(10)*float64(hour))+10*minute
			}
		}
	}
}
