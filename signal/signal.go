package signal

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"time"
)

// Kind says which of a Signal's details is set.
type Kind string

// The kinds of signal.
const (
	KindSession Kind = "session" // a live stream began, goes on, or ended
	KindMatch   Kind = "match"   // frames of a stream match an entry of a hash list
	KindFlag    Kind = "flag"    // a user flagged a stream
	KindPayment Kind = "payment" // a typology fired on a subject's transfers
	KindScore   Kind = "score"   // a platform's own classifier gave a score
)

// A Signal is what was seen about one subject. What concerns two subjects is
// two signals.
type Signal struct {
	// ID names what the signal is about (a stream and a list entry, say), not
	// one observation of it: later revisions carry the same ID.
	ID string `json:"id"`
	// Revision grows with the evidence. A receiver keeps the highest it has
	// seen of an ID and drops the rest.
	Revision uint64  `json:"revision"`
	Kind     Kind    `json:"kind"`
	Subject  Subject `json:"subject"`
	// Start and End bound what was seen, in event time, UTC.
	Start time.Time `json:"start"`
	End   time.Time `json:"end"`
	// Says is one sentence for a reviewer, without personal data.
	Says string `json:"says"`

	// Exactly one of these is set, as Kind says.
	Session *Session `json:"session,omitempty"`
	Match   *Match   `json:"match,omitempty"`
	Flag    *Flag    `json:"flag,omitempty"`
	Payment *Payment `json:"payment,omitempty"`
	Score   *Score   `json:"score,omitempty"`

	// Evidence names the records behind the signal, at most MaxEvidence.
	Evidence []Evidence `json:"evidence,omitempty"`
}

// MaxEvidence limits the evidence that one signal names.
const MaxEvidence = 16

// Evidence points at one record that a partner holds; it never contains it.
type Evidence struct {
	What string `json:"what"` // "frame", "session", "flag", "score" or "transaction"
	// Holder is the partner that holds the record: a platform or an institution.
	Holder string `json:"holder"`
	// Ref is the holder's own reference: a stream id, a transaction id.
	Ref string `json:"ref"`
	// SHA256 is the digest of the original bytes, in lower-case hex, if known.
	SHA256 string    `json:"sha256,omitempty"`
	At     time.Time `json:"at"` // event time, UTC
}

// Session details a live stream.
type Session struct {
	Stream   string `json:"stream"`
	Platform string `json:"platform"`
	Private  bool   `json:"private"`
	Ended    bool   `json:"ended"`
	// Country is where the streamer probably is, ISO 3166-1 alpha-2, if known.
	Country string `json:"country,omitempty"`
	// Audience is the most viewers at once so far, at least 1; 0 is not known.
	Audience int `json:"audience,omitempty"`
	// Guests are the viewers of a private session, at most MaxGuests, sorted, where the
	// platform tells them: who they are to whom is a pair's own business.
	Guests []Subject `json:"guests,omitempty"`
	// Host is set where the signal is about a guest of a private session, and is whose
	// session it was; a guest's signal names no other guest. It says that somebody
	// watched, and nothing of what was seen.
	Host Subject `json:"host,omitempty"`
}

// MaxGuests limits the guests that one session names.
const MaxGuests = 8

// Score details what a platform's own classifier said of a stream. Vigil has no
// classifier; what a score is worth is in a table of calibration.
type Score struct {
	Stream     string `json:"stream,omitempty"`
	Platform   string `json:"platform"`
	Classifier string `json:"classifier"` // its name and version
	// Value is its score, 0 to 1, the highest so far.
	Value float64 `json:"value"`
}

// Match details how a segment of a stream, between the signal's start and end, matched
// one list entry.
type Match struct {
	Stream        string `json:"stream"`
	Platform      string `json:"platform"`
	HashKind      string `json:"hash_kind"` // pdq, phash, dhash or ahash
	List          string `json:"list"`
	Category      string `json:"category,omitempty"` // the list's, in its owner's words
	ListVersion   string `json:"list_version"`       // when the first frame matched
	Entry         string `json:"entry"`              // an id, never the whole hash
	Distance      int    `json:"distance"`           // the best so far, in bits
	Radius        int    `json:"radius"`             // the limit applied, in bits
	FramesMatched uint64 `json:"frames_matched"`
	FramesSeen    uint64 `json:"frames_seen"`
	// Pictures counts the different pictures among FramesMatched: a still that stands
	// for minutes is one. 0 means that it was not counted.
	Pictures uint64 `json:"pictures,omitempty"`
	// View is how the frame of Distance was laid to find it: empty as it came, else a
	// turn ("rot90", "flipx", …), "trimmed" of its bars, or both ("trimmed-rot90").
	View string `json:"view,omitempty"`
	// Clip is set where the list holds a video and Entry names it, not one frame of it.
	Clip *Clip `json:"clip,omitempty"`
	// Held says that the entry matches in so many streams that a person must look at it
	// first: the match counts for nothing until then.
	Held bool `json:"held,omitempty"`
}

// Clip details how a stream matched a video of a list, as vPDQ compares bags of frames.
type Clip struct {
	// Frames is how many frames of the video have a hash, and FramesMatched how many of
	// them some frame of the stream matched. Frames is 0 where the list does not tell.
	Frames        int `json:"frames"`
	FramesMatched int `json:"frames_matched"`
	// StreamShare and ClipShare are the least shares, in percent, of the stream's frames
	// seen and of the video's frames that must match; Reached says that they do.
	StreamShare float64 `json:"stream_share"`
	ClipShare   float64 `json:"clip_share"`
	Reached     bool    `json:"reached"`
}

// Flag details a user's flag.
type Flag struct {
	Stream   string `json:"stream,omitempty"`
	Platform string `json:"platform"`
	Reason   string `json:"reason"`
	// Source is what kind of person or team flagged, where the platform tells: "user",
	// "trusted" (a trusted flagger), "moderator".
	Source string `json:"source,omitempty"`
}

// Role says which end of its transfers a subject is.
type Role string

// The two ends of a transfer.
const (
	Sender    Role = "sender"
	Recipient Role = "recipient"
)

// Payment details a typology that fired.
type Payment struct {
	Typology string `json:"typology"` // P01 …
	Rules    string `json:"rules"`    // version of the rule set
	Role     Role   `json:"role"`
	// Transfers counts the transfers that count for the typology, and
	// Counterparties the distinct other ends among them.
	Transfers      int `json:"transfers"`
	Counterparties int `json:"counterparties"`
	// Unrelated counts the counterparties that share no surname with the subject.
	Unrelated int `json:"unrelated"`
	// Times are the newest of the transfers, at most 64, ascending, UTC.
	Times []time.Time `json:"times"`
	// Countries are those of the other ends, ISO 3166-1 alpha-2, sorted.
	Countries []string `json:"countries,omitempty"`
	// Country is that of the subject's own end, if the message says.
	Country string `json:"country,omitempty"`
	// Strength is how much the typology says, 0 (withdrawn) to 1.
	Strength float64 `json:"strength"`
	// Victim says that the subject may be a victim, perhaps a child, who needs help: the
	// signal accuses the subject of nothing and must not count against it.
	Victim bool `json:"victim,omitempty"`
	// Pairs are the counterparties with the most transfers among those counted, at most
	// MaxPairs, sorted by token.
	Pairs []Pair `json:"pairs,omitempty"`
}

// MaxPairs limits the pairs that one payment signal names, MaxPairTimes the times
// of each.
const (
	MaxPairs     = 16
	MaxPairTimes = 32
)

// A Pair is what a subject's transfers with one counterparty look like, over all
// that the profile keeps of them.
type Pair struct {
	Other     Subject   `json:"other"`
	Transfers int       `json:"transfers"`
	First     time.Time `json:"first"` // the oldest transfer kept, UTC
	// Times are its newest transfers, at most MaxPairTimes, ascending, UTC.
	Times []time.Time `json:"times"`
	// Related says that the two share a name or an address.
	Related bool `json:"related,omitempty"`
}

//go:embed schema/*.json
var schemas embed.FS

var signalSchema = MustSchema(schemas, "schema/signal.json")

// Encode returns s as the JSON value of a record, the same bytes for the same
// signal.
func Encode(s Signal) ([]byte, error) {
	return new(Encoder).Append(make([]byte, 0, sizeOf(&s)), &s)
}

// An Encoder is Encode for those who encode many signals of about the same days. It is for
// one goroutine.
type Encoder struct{ w writer }

// Append appends what Encode returns.
func (e *Encoder) Append(b []byte, s *Signal) ([]byte, error) {
	if data, ok := e.w.payment(b, s); ok {
		return data, nil
	}
	buf := bytes.NewBuffer(b)
	enc := json.NewEncoder(buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return b, fmt.Errorf("encode signal %s: %w", s.ID, err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// Decode reads a signal; what does not fit the schema is a Rejection that names
// the field.
func Decode(data []byte) (Signal, error) {
	s, ok := quickSignal(data)
	if !ok {
		s = Signal{}
		if err := signalSchema.Decode(data, &s); err != nil {
			return Signal{}, fmt.Errorf("signal: %w", err)
		}
	}
	if err := s.check(); err != nil {
		return Signal{}, err
	}
	return s, nil
}

// check finds what the schema does not.
func (s *Signal) check() error {
	for _, detail := range [...]struct {
		kind Kind
		set  bool
	}{
		{KindSession, s.Session != nil}, {KindMatch, s.Match != nil},
		{KindFlag, s.Flag != nil}, {KindPayment, s.Payment != nil}, {KindScore, s.Score != nil},
	} {
		if detail.set != (detail.kind == s.Kind) {
			return Reject("schema", "/%s: must be set exactly when kind is %q, and kind is %q", detail.kind, detail.kind, s.Kind)
		}
	}
	if s.Session != nil && s.Session.Host != "" && (!s.Session.Private || len(s.Session.Guests) > 0) {
		return Reject("schema", "/session/host: is told to a guest of a private session alone, and no other guest with it")
	}
	if s.End.Before(s.Start) {
		return Reject("schema", "/end: is before start")
	}
	return nil
}
