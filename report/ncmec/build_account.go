package ncmec

import (
	"fmt"
	"slices"
)

// account puts the account where it belongs: as the one that is reported, or, where nothing
// but signs of a victim speak of it, as a victim.
func (b *builder) account() {
	a := b.in.Account
	at := "/report/personOrUserReported"
	victim := b.victim()
	if victim {
		at = "/report/victim"
	}
	b.from.note(at, "%s", b.answer())
	u := User{ID: a.ID, Service: a.Service, ScreenName: a.ScreenName, DisplayNames: a.DisplayNames, ProfileURLs: a.ProfileURLs}
	for _, ip := range a.IPs {
		one := IP{Address: ip.Address, Event: ip.Event, Proxy: ip.Proxy, Port: ip.Port}
		if !ip.At.IsZero() {
			one.At = &Time{ip.At}
		}
		u.IPs = append(u.IPs, one)
	}
	for _, d := range a.Devices {
		one := Device{Type: d.Type, Value: d.Value, Event: d.Event}
		if d.At != nil {
			one.At = &Time{*d.At}
		}
		u.Devices = append(u.Devices, one)
	}
	b.prior(at, &u)
	if a.Suspended != nil {
		u.Suspended = &Disabled{Done: true, At: &Time{a.Suspended.At}}
	}
	if a.Disabled != nil {
		u.Disabled = &Disabled{Done: true, At: &Time{a.Disabled.At}}
	}
	for _, s := range slices.Backward(b.in.Decision.Case.Signals) { // by start: the newest
		if s.Session != nil && s.Session.Host == "" && s.Session.Country != "" {
			u.Location = &Estimated{Country: s.Session.Country}
			b.from.note(at+"/estimatedLocation", "session signal %s, country", s.ID)
			break
		}
	}
	var person *Person
	if len(a.Emails)+len(a.Phones) > 0 {
		person = &Person{}
		for _, e := range a.Emails {
			person.Emails = append(person.Emails, Email{Address: e.Value, Verified: e.Verified})
		}
		for _, p := range a.Phones {
			person.Phones = append(person.Phones, Phone{Number: p.Value, Verified: p.Verified})
		}
	}
	if victim {
		b.report.Victims = []Victim{{Person: person, User: u}}
	} else {
		b.report.Reported = &Reported{Person: person, User: u}
	}
}

// prior lists earlier reports: the deployment's own on this case, then the platform's.
func (b *builder) prior(at string, u *User) {
	own := slices.Clone(b.in.Prior)
	slices.Sort(own)
	u.Prior = append(u.Prior, slices.Compact(own)...)
	for _, id := range b.in.Account.Prior {
		if !slices.Contains(u.Prior, id) {
			u.Prior = append(u.Prior, id)
		}
	}
	for i, id := range u.Prior {
		path := at + "/priorCTReports"
		if i > 0 {
			path += fmt.Sprintf("[%d]", i+1)
		}
		if slices.Contains(own, id) {
			b.from.note(path, "journal of deliveries: report %d on case %s", id, b.in.Decision.CaseID)
		}
	}
}

// victim reports whether signs of a victim are all that payments say of the account, and
// nothing was seen on a stream of its own.
func (b *builder) victim() bool {
	signs := false
	for _, s := range b.in.Decision.Case.Signals {
		switch {
		case s.Payment != nil && s.Payment.Victim:
			signs = true
		case s.Payment != nil && s.Payment.Strength > 0, s.Match != nil && !s.Match.Held:
			return false
		}
	}
	return signs
}
