package payments

import (
	"slices"

	"github.com/vigil-stream/vigil/internal/quickjson"
	"github.com/vigil-stream/vigil/signal"
)

// maxQuick is more than a transfer has bytes, with all its fields.
const maxQuick = 4 << 10

// transfer reads a transfer as EncodeTransfer and most writers of JSON write it. It takes nothing that the schema would refuse, and reads the same from what it
// takes; what it does not take (an escape or a letter beyond ASCII in a string, a
// field twice, a fraction, another zone than Z, a fault) is for the schema to read or
// to refuse, which takes some twenty times as long.
func (q *quick) transfer(t *Transfer) (ok bool) {
	q.Check(q.Next('{'))
	var seen quickjson.Fields
	field := -1
	for first := true; q.OK(); first = false {
		if !first && !q.Next(',') {
			q.Check(q.Next('}'))
			break
		}
		field = q.Lead(fieldLeads[:], field+1)
		if field < 0 || seen&(1<<field) != 0 {
			return false
		}
		seen |= 1 << field
		t.quickField(q, field)
	}
	const required = 1<<9 - 1
	return q.Done() && seen&required == required
}

// The fields that are read quickly, in the order in which EncodeTransfer writes them.
// Exposures are not among them: few transfers have any.
const (
	fieldId = iota
	fieldSubject
	fieldRole
	fieldOther
	fieldInstitution
	fieldRef
	fieldAt
	fieldAmount
	fieldCurrency
	fieldCountry
	fieldOtherCountry
	fieldNames
	fieldOtherNames
	fieldClasses
	fieldPurpose
	fieldBase
	fieldRail
	fieldFunding
	fieldNight
	fieldOtherNight
	fieldTown
	fieldOtherTown
	fieldOneAddress
	fieldBought
	fieldTourists
	fieldPaidOutAfter
	fieldAccount
	fieldWithdrawn
)

// fieldLeads are how they begin.
var fieldLeads = [...]string{
	`"id":`,
	`"subject":`,
	`"role":`,
	`"other":`,
	`"institution":`,
	`"ref":`,
	`"at":`,
	`"amount":`,
	`"currency":`,
	`"country":`,
	`"other_country":`,
	`"names":`,
	`"other_names":`,
	`"classes":`,
	`"purpose":`,
	`"base":`,
	`"rail":`,
	`"funding":`,
	`"night":`,
	`"other_night":`,
	`"town":`,
	`"other_town":`,
	`"one_address":`,
	`"bought":`,
	`"tourists":`,
	`"paid_out_after":`,
	`"account":`,
	`"withdrawn":`,
}

// quickField reads a field's value.
func (t *Transfer) quickField(q *quick, field int) {
	switch field {
	case fieldId:
		t.ID = q.token()
	case fieldSubject:
		t.Subject = signal.Subject(q.Hex("sub_", 32))
	case fieldRole:
		t.Role = signal.Role(q.OneOf("sender", "recipient"))
	case fieldOther:
		t.Other = signal.Subject(q.Hex("sub_", 32))
	case fieldInstitution:
		t.Institution = q.Text(1, 140)
	case fieldRef:
		t.Ref = q.Text(1, 140)
	case fieldAt:
		t.At = q.Time(0)
	case fieldAmount:
		t.Amount = int64(q.Whole(0, MaxAmount))
	case fieldCurrency:
		t.Currency = q.Capitals(3)
	case fieldCountry:
		t.Country = q.Capitals(2)
	case fieldOtherCountry:
		t.OtherCountry = q.Capitals(2)
	case fieldNames:
		t.Names = q.list(8, q.token)
	case fieldOtherNames:
		t.OtherNames = q.list(8, q.token)
	case fieldClasses:
		for _, c := range q.list(6, func() string {
			return q.OneOf(string(School), string(Medical), string(Accommodation), string(FamilySupport), string(Education), string(SocialHandle))
		}) {
			q.Check(!slices.Contains(t.Classes, Class(c)))
			t.Classes = append(t.Classes, Class(c))
		}
		q.Check(len(t.Classes) > 0) // an empty list and none are two things to encoding/json
	case fieldPurpose:
		t.Purpose = q.Text(1, 4)
	case fieldBase:
		t.Base = int64(q.Whole(1, MaxAmount))
	case fieldRail:
		t.Rail = Rail(q.OneOf(string(RailRemittance), string(RailBank), string(RailWallet), string(RailP2P), string(RailGiftCard),
			string(RailPrepaid), string(RailToken), string(RailVirtual), string(RailProcessor), string(RailCard)))
	case fieldFunding:
		t.Funding = Funding(q.OneOf(string(FundedByCash), string(FundedByAccount), string(FundedByCard), string(FundedByPrepaid)))
	case fieldNight:
		t.Night = q.answer()
	case fieldOtherNight:
		t.OtherNight = q.answer()
	case fieldTown:
		t.Town = q.token()
	case fieldOtherTown:
		t.OtherTown = q.token()
	case fieldOneAddress:
		t.OneAddress = q.Bool()
	case fieldBought:
		t.Bought = Purchase(q.OneOf(string(BoughtVPN), string(BoughtCapture), string(BoughtWiping), string(BoughtAdult),
			string(BoughtTravel), string(BoughtWithdrawal)))
	case fieldTourists:
		t.Tourists = q.answer()
	case fieldPaidOutAfter:
		t.PaidOutAfter = int(q.Whole(1, 5256000))
	case fieldAccount:
		t.Account = q.token()
	case fieldWithdrawn:
		t.Withdrawn = q.Bool()
	}
}

// quick reads what transfers are made of.
type quick struct {
	quickjson.Reader
	words []string // of lists, one after the other
}

// list reads an array of at most so many texts.
func (q *quick) list(most int, one func() string) []string {
	from := len(q.words)
	q.words = quickjson.AppendList(&q.Reader, q.words, most, one)
	return slices.Clip(q.words[from:])
}

func (q *quick) token() string { return q.Hex("", 32) }

func (q *quick) answer() Answer { return Answer(q.OneOf(string(Yes), string(No))) }
