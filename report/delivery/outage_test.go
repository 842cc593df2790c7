package delivery

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vigil-stream/vigil/report"
	"github.com/vigil-stream/vigil/report/ncmec"
	"github.com/vigil-stream/vigil/report/ncmec/standin"
)

// journal is that of a filer, in memory.
type journal map[string]ncmec.State

func (j journal) Load(_ context.Context, alert string) (ncmec.State, error) { return j[alert], nil }
func (j journal) Save(_ context.Context, s ncmec.State) error               { j[s.Alert] = s; return nil }

// tipline is a channel that files reports of two files each with the stand-in.
type tipline struct{ filer *ncmec.Filer }

func (c tipline) Send(ctx context.Context, a report.Alert, _ []Delivery) (report.Answer, error) {
	text, err := ncmec.Encode(ncmec.Report{
		Incident: ncmec.Incident{Type: ncmec.Material, At: ncmec.Time{Time: a.Statement.At.Add(-time.Hour)}},
		Reporter: ncmec.Reporter{Person: ncmec.Person{Emails: []ncmec.Email{{Address: "desk@demo.example"}}}},
		Internet: []ncmec.Internet{{Web: &ncmec.WebPage{}}}, Info: a.ID,
	})
	if err != nil {
		return report.Answer{}, err
	}
	d := ncmec.Draft{XML: text}
	for _, name := range []string{"a.jpg", "b.jpg"} {
		d.Uploads = append(d.Uploads, ncmec.Upload{Data: []byte(name), Details: ncmec.FileDetails{Name: name, Relevance: ncmec.ReportedFile}})
	}
	s, err := c.filer.File(ctx, a.ID, a.Statement.Case, d)
	return ncmec.AnswerOf(s, err), nil
}

func (c tipline) Correct(context.Context, report.Correction, []Delivery) (report.Answer, error) {
	return report.Answer{}, errors.New("no corrections here")
}

func (c tipline) Withdraw(ctx context.Context, alert string, may bool) (report.Answer, error) {
	return c.filer.Withdraw(ctx, alert, may)
}

func (c tipline) Ask(ctx context.Context, alert string) (report.Answer, error) {
	return c.filer.Ask(ctx, alert)
}

// TestAnHourOfTrouble is a stand-in that, for an hour, takes a tenth of the requests without
// answering and fails at others with 500, 503 and 429: nothing is lost and nothing filed
// twice, the backlog is drained, and what is dangerous goes first.
func TestAnHourOfTrouble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const alerts = 200
		server, err := standin.New("demo", "demo", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		chance := rand.New(rand.NewPCG(1, 2))
		start := time.Now()
		faults := map[string]int{}
		server.Fail(func(*http.Request) standin.Fault {
			if time.Since(start) > time.Hour {
				return standin.Fault{}
			}
			switch n := chance.IntN(100); {
			case n < 10:
				faults["vanish"]++
				return standin.Fault{Vanish: true}
			case n < 15:
				faults["500"]++
				return standin.Fault{Status: 500}
			case n < 20:
				faults["503"]++
				return standin.Fault{Status: 503}
			case n < 25:
				faults["429"]++
				return standin.Fault{Status: 429}
			}
			return standin.Fault{}
		})
		client, err := ncmec.NewClient(ncmec.Settings{URL: "http://127.0.0.1:1/ispws", User: "demo", Password: "demo", HTTP: &http.Client{Transport: server}})
		if err != nil {
			t.Fatal(err)
		}
		m := &memory{}
		channel := tipline{&ncmec.Filer{Client: client, Journal: journal{}, Now: time.Now}}
		danger := map[string]bool{}
		for i := range alerts {
			a := alertNo(t, i, i%10 == 0, start)
			danger[a.ID] = i%10 == 0
			m.order(t, a, 24*time.Hour)
		}
		w := worker(channel, m, Settings{Trip: 20, Rest: 20 * time.Second})
		w.Chance = chance.Float64
		w.Trouble = func(err error) { t.Error(err) }
		during(t, w, 3*time.Hour)

		if m.count(Filed) != alerts {
			t.Errorf("%d of %d filed; %d queued, %d unknown, %d failed", m.count(Filed), alerts, m.count(Queued), m.count(Unknown), m.count(Failed))
		}
		filed := map[string]int{}
		open := 0
		for _, r := range server.Reports() {
			if !r.Finished {
				open++
				continue
			}
			id := string(r.XML[strings.LastIndex(string(r.XML), "<additionalInfo>")+len("<additionalInfo>"):])[:32]
			filed[id]++
			if len(r.Files) != 2 {
				t.Errorf("report %d has %d files", r.ID, len(r.Files))
			}
		}
		for id, n := range filed {
			if n != 1 {
				t.Errorf("alert %s was filed %d times", id, n)
			}
		}
		if len(filed) != alerts {
			t.Errorf("the centre has %d of %d", len(filed), alerts)
		}
		for _, kind := range []string{"vanish", "500", "503", "429"} {
			if faults[kind] < 5 {
				t.Errorf("only %d times %s", faults[kind], kind)
			}
		}
		// Those in danger were first: on the average of places far before the others.
		var before, all float64
		place := 0
		for _, r := range server.Reports() {
			if r.Finished {
				place++
				if id := string(r.XML[strings.LastIndex(string(r.XML), "<additionalInfo>")+len("<additionalInfo>"):])[:32]; danger[id] {
					before += float64(place) / (alerts / 10)
				}
				all += float64(place) / alerts
			}
		}
		if before > all/2 {
			t.Errorf("those in danger are on place %.0f on average, all on %.0f", before, all)
		}
		t.Logf("%d reports begun for %d alerts; faults %v", len(server.Reports()), alerts, faults)
	})
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		s    ncmec.State
		err  error
		want report.State
	}{
		{ncmec.State{Finished: true, ReportID: 7}, nil, report.Filed},
		{ncmec.State{}, &ncmec.Refusal{Class: ncmec.Final}, report.Refused},
		{ncmec.State{}, &ncmec.Refusal{Class: ncmec.Again, After: time.Minute}, report.Later},
		{ncmec.State{}, &ncmec.Refusal{Class: ncmec.Denied}, report.Later},
		{ncmec.State{}, &ncmec.Refusal{Class: ncmec.Gone}, report.Later},
		{ncmec.State{Finishing: true}, &ncmec.Unknown{Step: "finish"}, report.Unknown},
		{ncmec.State{Finishing: true}, &ncmec.Refusal{Class: ncmec.Again}, report.Unknown},
		{ncmec.State{ReportID: 7}, &ncmec.Unknown{Step: "upload"}, report.Later},
		{ncmec.State{}, errors.New("no disk"), report.Later},
	} {
		if o := ncmec.AnswerOf(c.s, c.err); o.State != c.want {
			t.Errorf("%+v, %v: %+v, want %s", c.s, c.err, o, c.want)
		}
	}
	if o := ncmec.AnswerOf(ncmec.State{}, &ncmec.Refusal{Class: ncmec.Denied}); o.After < 5*time.Minute {
		t.Error("a denied account is tried again at once")
	}
}
