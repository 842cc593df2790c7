package action

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"github.com/vigil-stream/vigil/signal"
)

// A Record is what one platform is asked to do: the value of a record of the topic actions,
// and the body of a webhook, byte for byte.
type Record struct {
	ID       string         `json:"id"` // see ID
	Platform string         `json:"platform"`
	Subject  signal.Subject `json:"subject"` // the token that stands for the account
	// Streams are the platform's own references of what it is about, at most MaxStreams.
	Streams []string `json:"streams"`
	Action  Kind     `json:"action"`
	// Preserve asks to keep what there is of the streams, whatever else is done.
	Preserve bool `json:"preserve"`
	// Automated says that no person decided: a policy's hold or blur, or a program that
	// stood in for a person.
	Automated bool      `json:"automated"`
	Why       string    `json:"why"` // one sentence
	Grounds   []string  `json:"grounds"`
	At        time.Time `json:"at"` // UTC
	// Until is when a hold or blur ends by itself.
	Until *time.Time `json:"until,omitempty"`
	// Ends are ids of earlier actions that this one lifts or stands for.
	Ends []string `json:"ends,omitempty"`
	// Appeal is the id of the appeal that this one follows from.
	Appeal    string     `json:"appeal,omitempty"`
	Statement *Statement `json:"statement,omitempty"`
}

// A Cause is why a record is made.
type Cause struct {
	ID      string // of the decision, appeal or match
	At      time.Time
	StandIn bool          // a program decided in a person's place
	Persons int           // who decided otherwise
	For     time.Duration // how long a hold or blur lasts
	Ends    []string
	Appeal  string
	LiftFor LiftReason // of a Lift
}

// A LiftReason says why something is taken back.
type LiftReason string

// The reasons to lift.
const (
	LiftDismissed LiftReason = "dismissed" // a person found no ground
	LiftWithdrawn LiftReason = "withdrawn" // what was seen no longer says so
	LiftExpired   LiftReason = "expired"   // nobody decided in time
	LiftReplaced  LiftReason = "replaced"  // something else is asked for
	LiftDecided   LiftReason = "decided"   // a person decided, and asks for nothing
	LiftAppeal    LiftReason = "appeal"    // an appeal was right
)

var liftSays = map[LiftReason]string{
	LiftDismissed: "A person looked at it and found no ground for it.",
	LiftWithdrawn: "What was seen no longer gives a ground for it.",
	LiftExpired:   "Nobody decided within the time that the policy sets.",
	LiftReplaced:  "Another action stands in its place.",
	LiftDecided:   "A person looked at it, and it is no longer needed.",
	LiftAppeal:    "On an appeal another person looked again and found no ground for it.",
}

// Of makes the record of what a platform is asked to do; ok is false where it told of
// nothing that is a reason, or is asked for nothing.
func Of(v View, k Kind, c Cause) (r Record, ok bool) {
	if k == None || len(v.Grounds) == 0 && k != Lift {
		return Record{}, false
	}
	r = Record{
		ID: ID(c.ID, v.Platform, k), Platform: v.Platform, Subject: v.Subject, Streams: slices.Clone(v.Streams), Action: k,
		Preserve: k != Warn && k != Lift, Automated: k.AtOnce() || c.StandIn, Why: why(v, k, c), Grounds: slices.Clone(v.Grounds),
		At: c.At.UTC(), Ends: c.Ends, Appeal: c.Appeal,
	}
	if r.Streams == nil {
		r.Streams = []string{}
	}
	if k == Lift {
		r.Grounds, r.Automated = []string{}, c.StandIn || c.LiftFor == LiftExpired || c.LiftFor == LiftWithdrawn
	}
	if k.AtOnce() {
		until := r.At.Add(c.For)
		r.Until = &until
	}
	if k.restricts() {
		r.Statement = statement(v, r)
	}
	return r, true
}

// why is one sentence of fixed words.
func why(v View, k Kind, c Cause) string {
	if k == Lift {
		return liftSays[c.LiftFor]
	}
	var saw []string
	for _, g := range v.Grounds {
		saw = append(saw, groundSays[g])
	}
	says := strings.Join(saw, " ")
	switch {
	case k.AtOnce():
		return says + " A policy for such matches acted at once, without a person; a person looks at it next."
	case c.StandIn:
		return says + " A program decided in a person's place."
	case c.Persons == 2:
		return says + " Two persons looked at it and confirmed it."
	default:
		return says + " A person looked at it and confirmed it."
	}
}

var groundSays = map[string]string{
	"match": "Pictures of the account's streams match entries of a list of known child sexual abuse material.",
	"flag":  "Users of the platform flagged the account's streams.",
	"score": "The platform's own classifier gave the account's streams a high score.",
}

//go:embed schema/*.json
var schemas embed.FS

var (
	recordSchema  = signal.MustSchema(schemas, "schema/action.json")
	receiptSchema = signal.MustSchema(schemas, "schema/receipt.json").Quiet()
)

// SchemaNames are the names of the published schemas, sorted.
func SchemaNames() []string { return []string{"action", "receipt"} }

// SchemaText returns a published schema; ok is false where there is none of that name.
func SchemaText(name string) (text []byte, ok bool) {
	if !slices.Contains(SchemaNames(), name) {
		return nil, false
	}
	text, err := fs.ReadFile(schemas, "schema/"+name+".json")
	return text, err == nil
}

// Encode returns a record's JSON, the same bytes for the same record.
func Encode(r Record) ([]byte, error) { return encode(r) }

// Decode reads a record; what does not fit the schema is a Rejection that names the field.
func Decode(data []byte) (r Record, err error) {
	if err := recordSchema.Decode(data, &r); err != nil {
		return Record{}, fmt.Errorf("action: %w", err)
	}
	return r, nil
}

// Digest is the SHA-256 of a record's bytes, lower-case hex.
func Digest(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

func encode(v any) ([]byte, error) {
	data, err := signal.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return data, nil
}
