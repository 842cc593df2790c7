package simulate

import (
	"fmt"

	"github.com/vigil-stream/vigil/signal"
)

// A Group says what a person does; it is the label.
type Group string

// The groups. The first three are of the networks, all others are innocent of this crime,
// even those who are guilty of another.
const (
	Offender    Group = "offender"    // pays for commissioned abuse
	Facilitator Group = "facilitator" // is paid, and arranges it
	Streamer    Group = "streamer"    // the account that streams it, if another; there is a child to find

	Remitter        Group = "family-remitter"
	Relative        Group = "family-relative"
	Tutor           Group = "tutor"
	TutorCustomer   Group = "tutor-customer"
	Performer       Group = "performer" // adult and lawful
	PerformerFan    Group = "performer-fan"
	Charity         Group = "charity"
	Donor           Group = "donor"
	Sponsor         Group = "sponsor"
	SponsoredFamily Group = "sponsored-family"
	Couple          Group = "couple"
	Freelancer      Group = "freelancer"
	Client          Group = "freelancer-client"
	Gamer           Group = "gamer"
	Gifter          Group = "gamer-gifter"
	RomanceVictim   Group = "romance-victim"
	RomanceScammer  Group = "romance-scammer"
	SextortVictim   Group = "sextortion-victim"
	Extortionist    Group = "extortionist"
	Ordinary        Group = "ordinary"
)

// Guilty reports whether a case about the group is right.
func (g Group) Guilty() bool { return g == Offender || g == Facilitator || g == Streamer }

// A Person is made up.
type Person struct {
	Group    Group
	Network  int // of the world, from 1; 0 for the innocent
	Circle   int // of the part: those who know each other by what they do together
	Corridor int // index of the corridor they mostly pay or are paid across, -1 for none

	place          uint8
	platform       uint8
	linked         bool
	given, surname string
	number         uint32 // what ids are made of; says nothing of the group
}

// platforms are where people stream. They differ in what they tell: see tells.
var platforms = [...]string{"clipcast-demo", "roomly-demo", "liveloop-demo", "nookchat-demo"}

// tells reports whether a platform is among the share of them that does.
func tells(platform uint8, share float64) bool {
	return float64(platform)+0.5 < share*float64(len(platforms))
}

// account is the id by which the platform knows the person: an e-mail address, a phone
// number or an id of the platform's own.
func (p *Person) account() string {
	switch p.number % 10 {
	case 0, 1, 2, 3, 4:
		return fmt.Sprintf("u%07d@example.org", p.number)
	case 5, 6, 7:
		return fmt.Sprintf("%s%08d", places[p.place].dial, p.number)
	default:
		return fmt.Sprintf("acct-%07d", p.number)
	}
}

// paid is the account that payments name, with its issuer. For those who are linked it is
// the platform's, for the others one that a bank alone knows.
func (p *Person) paid() (issuer, account string) {
	if !p.linked {
		return p.bank(), fmt.Sprintf("%010d", 7_000_000_000+uint64(p.number))
	}
	if p.number%10 >= 8 {
		return platforms[p.platform], p.account()
	}
	return "", p.account()
}

func (p *Person) bank() string { return places[p.place].banks[p.number/10%3] }

// Subjects are the person's tokens: first the one of streams, and of payments the other,
// if it is another.
func (p *Person) Subjects(tok *signal.Tokenizer) []signal.Subject {
	streams := tok.Subject(platforms[p.platform], p.account())
	if p.linked {
		return []signal.Subject{streams}
	}
	issuer, account := p.paid()
	return []signal.Subject{streams, tok.Subject(issuer, account)}
}

func (p *Person) name() string { return p.given + " " + p.surname }

func personID(number uint32) string { return fmt.Sprintf("p%08d", number) }
