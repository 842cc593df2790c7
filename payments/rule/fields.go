package rule

import "github.com/vigil-stream/vigil/payments"

// kind is how the value of a field is written.
type kind int

const (
	byCurrency   kind = iota // a range of amounts for each currency
	inBase                   // a range of amounts in base currency
	multiple                 // an amount for each currency
	words                    // one or several of a list; any; none
	codes                    // one or several of a form
	answer                   // yes or no
	numbers                  // a range of whole numbers
	durations                // a range of durations
	listName                 // a list of the file
	likeness                 // in what it is like the newest
	alternatives             // any_of
	negation                 // not
)

// about is what a field tells of. The law of fairness rests on it: see fair.go.
type about int

const (
	// conduct: what was paid, how and when.
	conduct about = iota
	// origin: where the two ends are, or what they are called. Never enough alone.
	origin
	// standing: how long and how often the two ends had to do with each other. It
	// neither suffices nor harms.
	standing
)

// A fieldSpec is one key of a condition.
type fieldSpec struct {
	kind  kind
	about about
	words []string // of kind words
	doc   string   // what it says, for the schema and the docs
}

// fields are the keys of a condition. Nationality, sex, age and names are not
// among them: no transfer carries them.
var fields = map[string]fieldSpec{
	"amount": {byCurrency, conduct, nil, "amount in the currency that it was paid in, as in EUR: 10..200; a transfer in a currency that is not named does not fit"},
	"base":   {inBase, conduct, nil, "amount in the deployment's base currency; a transfer without a rate does not fit"},
	"round":  {multiple, conduct, nil, "the amount is a multiple of so much, as in EUR: 5; a currency that is not named does not fit"},
	"rail": {words, conduct, []string{string(payments.RailRemittance), string(payments.RailBank), string(payments.RailWallet), string(payments.RailP2P),
		string(payments.RailGiftCard), string(payments.RailPrepaid), string(payments.RailToken), string(payments.RailVirtual),
		string(payments.RailProcessor), string(payments.RailCard)}, "how the money moved"},
	"funding": {words, conduct, []string{string(payments.FundedByCash), string(payments.FundedByAccount), string(payments.FundedByCard),
		string(payments.FundedByPrepaid)}, "what the sender paid with"},
	"night":       {answer, conduct, nil, "between 23:00 and 05:00 at the subject's end; neither where it is not known"},
	"other_night": {answer, conduct, nil, "between 23:00 and 05:00 at the other end; neither where it is not known"},
	"classes": {words, conduct, []string{string(payments.School), string(payments.Medical), string(payments.Accommodation),
		string(payments.FamilySupport), string(payments.Education), string(payments.SocialHandle)}, "what the payment's text speaks of"},
	"purpose": {codes, conduct, nil, "external purpose code of ISO 20022, as in GIFT"},
	"bought": {words, conduct, []string{string(payments.BoughtVPN), string(payments.BoughtCapture), string(payments.BoughtWiping),
		string(payments.BoughtAdult), string(payments.BoughtTravel), string(payments.BoughtWithdrawal)}, "what a card purchase was for"},
	"exposures":       {codes, conduct, nil, "what the other end's address had to do with, as in mixer or mixer:direct"},
	"paid_out_within": {durations, conduct, nil, "how long after the payment the recipient took it as cash; not known does not fit"},
	"like_newest":     {likeness, conduct, nil, "in what it is like the profile's newest transfer"},

	"currency":      {codes, origin, nil, "currency, ISO 4217"},
	"country":       {codes, origin, nil, "country of the subject's end, ISO 3166-1"},
	"other_country": {codes, origin, nil, "country of the other end, ISO 3166-1"},
	"cross_border":  {answer, origin, nil, "the two ends are in two countries; neither where one is not known"},
	"tourists":      {answer, origin, nil, "the other end lies where tourists go; neither where it is not known"},
	"tie":           {words, origin, []string{"none", "name", "address", "unknown"}, "what the two ends share in any of their transfers: no word of their names, a word of them, a postal address; unknown where a name is missing"},

	"steady":    {answer, standing, nil, "the counterparty pays or is paid one amount at even gaps, as for lessons or donations"},
	"transfers": {numbers, standing, nil, "how many transfers with this counterparty the profile keeps"},
	"known_for": {durations, standing, nil, "how long before this transfer the first one with this counterparty was"},
	"listed":    {listName, standing, nil, "the counterparty is on this list of the file"},

	"any_of": {alternatives, standing, nil, "at least one of these conditions holds"},
	"not":    {negation, standing, nil, "this condition does not hold"},
}

// likenesses are what a transfer may share with the newest.
var likenesses = []string{"counterparty", "currency", "purpose", "classes", "rail", "country", "town"}
