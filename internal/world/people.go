package world

// A person is a streamer of the made-up world. Every name here is invented, and
// plainly so.
type person struct {
	account string // what the platform pays out to, and so what payments name
	surname string
	country string
	private bool
	replays bool
	flagged bool
}

// Indexes into people, for the payments they get.
const (
	planted = iota
	remittee
	tutor
	performer
	charity
	partner
	freelancer
	gamer
	swindler
	gardener
	cook
	knitter
)

// people are the streamers: one planted, then the innocent look-alikes, then
// three who only stream. A family remittee's video call on the day the money
// comes, and a tutor's private lesson, look like coincidence and are none of it.
func people() []person {
	return []person{
		planted:    {account: "studio.nadir@example.org", surname: "Nadirsdemo", country: "CA", private: true, replays: true, flagged: true},
		remittee:   {account: "familie.beispiel@example.org", surname: "Musterfamily", country: "PH", private: true},
		tutor:      {account: "tutor.exempla@example.org", surname: "Exempla", country: "GB", private: true},
		performer:  {account: "stage.sampla@example.org", surname: "Sampla", country: "DE"},
		charity:    {account: "fund.gooddeed@example.org", surname: "Gooddeed Fund", country: "PH"},
		partner:    {account: "amor.lontano@example.org", surname: "Lontano", country: "US", private: true},
		freelancer: {account: "pixel.arbeit@example.org", surname: "Pixelarbeit", country: "AU"},
		gamer:      {account: "gg.playdemo@example.org", surname: "Playdemo", country: "CA"},
		swindler:   {account: "prince.toogood@example.org", surname: "Toogood", country: "US", flagged: true},
		gardener:   {account: "garden.grun@example.org", surname: "Grundemo", country: "DE"},
		cook:       {account: "kitchen.pan@example.org", surname: "Pandemo", country: "GB"},
		knitter:    {account: "wool.loop@example.org", surname: "Loopdemo", country: "AU"},
	}
}
