package app

import (
	"bytes"
	"fmt"
	"image"
	"image/jpeg"
	"slices"
	"testing"
	"time"

	"golang.org/x/image/draw"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/internal/stream"
	"github.com/vigil-stream/vigil/internal/world"
	"github.com/vigil-stream/vigil/payments"
	"github.com/vigil-stream/vigil/payments/iso20022"
	"github.com/vigil-stream/vigil/signal"
)

// A town is a made-up world large enough to be disturbed: most of its people
// are innocent, the planted ones replay list pictures and are paid for it.
type town struct {
	world            world.World
	frames, payments int
	planted          []string // accounts
	innocent         [][]byte // JPEG frames of scenes that are on no list
	replayed         [][]byte // JPEG frames of list pictures, tampered with
}

const (
	townPlatform    = "demo"
	framesPerStream = 100
	replayedFrames  = 20 // of a planted stream
	paidTimes       = 6  // to a planted account, each by somebody else
)

var townDay = time.Date(2026, 3, 2, 18, 0, 0, 0, time.UTC)

func newTown(frames, pays, planted int) *town {
	w, err := world.New(7, townDay)
	if err != nil {
		panic(err)
	}
	t := &town{world: w, frames: frames, payments: pays}
	for i := range planted {
		t.planted = append(t.planted, fmt.Sprintf("planted-%03d@example.org", i))
	}
	for _, s := range w.Streams {
		for i := range s.Frames {
			frame, err := s.Frame(i)
			if err == nil {
				frame, err = shrunk(frame)
			}
			if err != nil {
				panic(err)
			}
			if s.Replaying(i) {
				t.replayed = append(t.replayed, frame)
			} else {
				t.innocent = append(t.innocent, frame)
			}
		}
	}
	return t
}

// shrunk scales a frame down: it is the workers that are put to the test here,
// and not the decoder.
func shrunk(frame []byte) ([]byte, error) {
	img, err := jpeg.Decode(bytes.NewReader(frame))
	if err != nil {
		return nil, err
	}
	small := image.NewRGBA(image.Rect(0, 0, 160, 90))
	draw.BiLinear.Scale(small, small.Bounds(), img, img.Bounds(), draw.Src, nil)
	var b bytes.Buffer
	err = jpeg.Encode(&b, small, nil)
	return b.Bytes(), err
}

// all returns every record of the town, streams and payments interleaved.
func (w *town) all(t *testing.T, tok *signal.Tokenizer) (out []stream.Output) {
	t.Helper()
	give := func(o stream.Output) { out = append(out, o) }
	streams := w.frames / framesPerStream
	next := 0 // payment
	for s := range streams {
		account := fmt.Sprintf("streamer-%03d@example.org", s)
		planted := s%2 == 0 && s/2 < len(w.planted)
		if planted {
			account = w.planted[s/2]
		}
		session := detect.SessionRecord{
			Stream: fmt.Sprintf("town-%03d", s), Platform: townPlatform, Subject: tok.Subject(townPlatform, account),
			State: detect.Started, Private: planted || s%3 == 0, Country: "CA", StartedAt: townDay, At: townDay,
		}
		give(mustSession(t, session))
		for i := range framesPerStream {
			frame := w.innocent[(s*31+i)%len(w.innocent)]
			if planted && i < replayedFrames {
				frame = w.replayed[(s+i)%len(w.replayed)]
			}
			session.At = townDay.Add(time.Duration(i) * time.Second)
			give(frameOutput(session, i, session.At, detect.JPEG, frame))
		}
		session.State = detect.Ended
		give(mustSession(t, session))
		for end := w.payments * (s + 1) / streams; next < end; next++ {
			give(w.payment(t, next))
		}
	}
	return out
}

func mustSession(t *testing.T, s detect.SessionRecord) stream.Output {
	t.Helper()
	out, err := sessionOutput(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// payment is the nth of the town; now and then one goes to a planted account.
func (w *town) payment(t *testing.T, n int) stream.Output {
	t.Helper()
	tx := payments.Transaction{
		Institution: "DEMODEFFXXX", Ref: fmt.Sprintf("T%06d", n), At: townDay.Add(-time.Duration(n%2000) * time.Minute),
		Amount: 3713 + int64(n%977)*100, Currency: "EUR", Remittance: []string{"thanks"},
		Debtor:   payments.Party{Name: fmt.Sprintf("Payer Town%05d", n), Country: "DE", Agent: "DEMODEFFXXX", Email: fmt.Sprintf("payer-%05d@example.org", n)},
		Creditor: payments.Party{Name: fmt.Sprintf("Payee Town%05d", n%4000), Country: "DE", Agent: "DEMODEFFXXX", Proxy: fmt.Sprintf("payee-%05d@example.org", n%4000)},
	}
	if every := w.payments / (len(w.planted) * paidTimes); n%every == 0 {
		who := n / every % len(w.planted)
		tx.At = townDay.Add(-time.Duration(10+n%600) * time.Minute)
		tx.Amount, tx.Remittance = 3000, []string{"school uniform"}
		tx.Creditor = payments.Party{Name: fmt.Sprintf("Payee Plan%03d", who), Country: "CA", Agent: "DEMOCAXXXXX", Proxy: w.planted[who]}
	}
	var b bytes.Buffer
	if err := iso20022.WritePacs008(&b, []payments.Transaction{tx}); err != nil {
		t.Fatal(err)
	}
	return transactionOutput(payments.Item{ContentType: payments.ContentXML, Data: b.Bytes()})
}

// townCentre is in charge where the town's streamers are.
const townCentre = "ca"

// alertIDs are those that must reach the queues: one for each planted account.
func (w *town) alertIDs(t *testing.T, d *deployment) []string {
	t.Helper()
	var ids []string
	for _, account := range w.planted {
		subject := d.tok.Subject(townPlatform, account)
		ids = append(ids, signal.ID("alert", signal.ID("case", string(subject)), "1", townCentre))
	}
	slices.Sort(ids)
	return ids
}
