package page

import "github.com/vigil-stream/vigil/internal/evaluate"

// why says of a group that looks alike why it cannot be told apart by what the pipeline
// sees, and what a reviewer needs to see. The groups are those of a simulated world.
var why = map[string][2]string{
	"tutor": {
		"Each lesson is a private stream for one viewer abroad who paid for it a little before: by time, amount and audience this is a commission. What sets tutors apart is habit: fixed hours, one price, customers who stay for months.",
		"The profile's offer of lessons and its reviews; whether hours and prices are fixed; references that count lessons; the age of the account. A scheduled lesson speaks against the case.",
	},
	"tutor-customer": {
		"Pays small sums again and again to one person abroad and watches private streams of that person.",
		"The tutor's offer, and that prices and hours are fixed.",
	},
	"performer": {
		"Unrelated payers abroad, small round sums at night, private shows for one who paid just before. By payments and sessions a lawful private show is the same as a commission; a classifier of nudity rises for both.",
		"The platform's proof of age and identity of the performer, and its own records of the show. Without them no reviewer can decide from payments and times, and should not.",
	},
	"performer-fan": {
		"Pays small sums at night to somebody abroad whom no name or address ties to them.",
		"The platform's proof of age of the performer.",
	},
	"family-relative": {
		"Money from abroad on the day of a call, from few senders. Where the surname differs and the sums are small, only the rhythm tells it apart.",
		"How long the pair has known each other, that calls are as many without a payment, and references that fit a household.",
	},
	"family-remitter": {
		"Sends small sums abroad to several people, with references such as school or medicine: those of a cover.",
		"The regular rhythm, few recipients for years, and shared names or addresses.",
	},
	"charity": {
		"Many unrelated payers abroad, small and round sums, references of schools and medicine.",
		"The registration of the charity, and that its streams are public.",
	},
	"donor": {"Small round sums abroad with references of schools.", "Who the recipient is: a registered charity, with no private stream."},
	"sponsor": {
		"A monthly sum for a child's school, sent to a family abroad whom no name ties to the sender, with a call now and then.",
		"The organisation behind the sponsorship, the steady sum and rhythm.",
	},
	"sponsored-family": {
		"Gets a monthly sum for a child's school from somebody abroad whom no name ties to it, and calls now and then.",
		"The organisation behind the sponsorship, the steady sum and rhythm.",
	},
	"couple":            {"Gifts without rhythm from abroad, and private calls at night.", "That they call as much without any gift, for months."},
	"freelancer":        {"Paid from abroad by people without a tie, with private calls to each.", "Invoices, office hours, sums far above those of commissions."},
	"freelancer-client": {"Pays somebody abroad without a tie, and calls.", "Invoices and office hours."},
	"gamer":             {"Many unrelated payers, small sums, at the time of streams.", "That streams are public, with an audience."},
	"gamer-gifter":      {"Small sums to a stranger at the time of a stream.", "That the stream is public."},
	"romance-scammer": {
		"Paid by several unrelated people abroad with rising sums. It is a crime, and another one.",
		"The victims' own words; hand the case to those who deal with fraud.",
	},
	"romance-victim":    {"Pays rising sums to a stranger abroad.", "That this person is deceived: help, not suspicion."},
	"extortionist":      {"Private sessions with several strangers, each followed by payments. It is a crime against children too, and another one.", "The payments come after the session and stop abruptly: hand it to those who deal with sextortion."},
	"sextortion-victim": {"A private session with a stranger, then a rapid series of payments.", "The payments come after the session. The sender may be a child and needs help at once, not suspicion."},
	evaluate.Bystander: {
		"Paid, was paid by or called somebody of a network, for reasons of their own: a neighbour, a landlord, a friend. A case names whoever paid its subject or watched its private sessions, and one or two transfers are what half of the guilty payers show too.",
		"Whether this person paid or watched shortly before a private stream, and more than once; what else they are to the subject; that the name is no finding of its own. Nothing about them is to be reported with the case before that is answered.",
	},
	"ordinary": {"Chance: so many people that the rarest coincidence happens to some.", "The parts of the case; a single sign without another is not enough."},
}
