package simulate

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/payments/intake"
	"github.com/vigil-stream/vigil/payments/rates"
	"github.com/vigil-stream/vigil/payments/split"
	"github.com/vigil-stream/vigil/signal"
)

// small is a world of two parts that has some of everything.
func small(t *testing.T, turn ...string) *World {
	t.Helper()
	k := DefaultKnobs()
	k.PartPeople, k.Prevalence, k.Romance.Share, k.Sextortion.Share = 2000, 0.02, 0.001, 0.001
	k.Hash.Networks, k.Hash.InnocentSessions, k.Flags.MaliciousTargets = 1, 0.01, 0.01
	for _, text := range turn {
		if err := k.SetText(text); err != nil {
			t.Fatal(err)
		}
	}
	w, err := New(Options{Seed: 7, People: 3000, Days: 60, Knobs: k})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func records(t *testing.T, p *Part) []Record {
	t.Helper()
	var all []Record
	for r, err := range p.Records() {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, r)
	}
	return all
}

// digest is that of every file below a folder, with its name.
func digest(t *testing.T, dir string) string {
	t.Helper()
	h := sha256.New()
	files := 0
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		files++
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		h.Write([]byte(rel + "\x00"))
		h.Write(data)
		return err
	})
	if err != nil || files < 10 {
		t.Fatal(files, err)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func TestTheSameSeedIsTheSameWorldByteForByte(t *testing.T) {
	write := func(w *World, workers int) string {
		dir := filepath.Join(t.TempDir(), "world")
		if _, err := w.Write(t.Context(), dir, workers, nil); err != nil {
			t.Fatal(err)
		}
		return digest(t, dir)
	}
	one, two := write(small(t), 1), write(small(t), 2)
	if one != two {
		t.Error("the same seed gave two worlds")
	}
	w := small(t)
	w.o.Seed++
	other, err := New(w.o)
	if err != nil {
		t.Fatal(err)
	}
	if write(other, 1) == one {
		t.Error("another seed gave the same world")
	}
	if write(small(t, "timing.lag_scale=2"), 1) == one {
		t.Error("another knob gave the same world")
	}
}

// TestARecordIsWhatThePipelineTakes carries every record through the parser of its topic,
// and sees that whomever it is about has a label.
func TestARecordIsWhatThePipelineTakes(t *testing.T) {
	w := small(t)
	splitter, err := split.New(w.tok, split.Options{})
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[Topic]int)
	for i := range w.Parts() {
		p := w.Part(i)
		labelled := make(map[signal.Subject]bool)
		for _, l := range p.Labels().People {
			for _, s := range l.Subjects {
				labelled[s] = true
			}
		}
		for _, r := range records(t, p) {
			seen[r.Topic]++
			var about []signal.Signal
			var err error
			switch r.Topic {
			case Sessions:
				about, err = detect.Session(r.Data)
			case Flags:
				about, err = detect.Flag(r.Data)
			case Scores:
				about, err = detect.Score(r.Data)
			case Frames:
				about = []signal.Signal{{Subject: r.Frame.Subject}}
			case Transactions:
				good, bad := intake.Parse(r.ContentType, r.Data)
				if bad != nil || len(good) != 1 {
					t.Fatalf("%d transactions, %v", len(good), bad)
				}
				for _, transfer := range splitter.Split(good[0].Transaction) {
					about = append(about, signal.Signal{Subject: transfer.Subject})
				}
			}
			if err != nil {
				t.Fatalf("%s: %v", r.Topic, err)
			}
			for _, s := range about {
				if !labelled[s.Subject] {
					t.Fatalf("a record of %s is about nobody: %s", r.Topic, r.Data)
				}
			}
			for _, group := range []Group{Offender, Facilitator, Performer, Extortionist} {
				if bytes.Contains(r.Data, []byte(group)) {
					t.Fatalf("a record tells the group %s", group)
				}
			}
		}
	}
	for _, topic := range []Topic{Transactions, Sessions, Flags, Frames, Scores} {
		if seen[topic] < 10 {
			t.Errorf("%d records of %s", seen[topic], topic)
		}
	}
}

func TestAFolderGivesTheSameRecords(t *testing.T) {
	w := small(t)
	dir := filepath.Join(t.TempDir(), "world")
	counts, err := w.Write(t.Context(), dir, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(f.Key(), w.o.Key) || f.Parts() != 2 || f.People() != 3000 || f.Days() != 60 || f.Seed() != 7 {
		t.Error("the folder does not say what it holds")
	}
	total := 0
	for i := range w.Parts() {
		p := w.Part(i)
		want := records(t, p)
		var got []Record
		for r, err := range f.Records(i) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, r)
		}
		if len(got) != len(want) {
			t.Fatalf("%d records, want %d", len(got), len(want))
		}
		total += len(got)
		byKey := func(all []Record) map[string]string {
			m := make(map[string]string)
			for _, r := range all {
				value := string(r.Data)
				if r.Topic == Transactions {
					good, err := intake.Parse(r.ContentType, r.Data)
					if err != nil {
						t.Fatal(err)
					}
					tx := *good[0].Transaction
					value = tx.ID() + tx.Debtor.Account + tx.Creditor.Account + tx.Currency + strings.Join(tx.Remittance, "")
				}
				m[string(r.Topic)+r.Key+r.Arrives.String()+r.At.String()+value] = ""
			}
			return m
		}
		if !reflect.DeepEqual(byKey(got), byKey(want)) {
			t.Error("other records came back than went")
		}
		for j := range got {
			if !got[j].Arrives.Equal(want[j].Arrives) || got[j].Topic != want[j].Topic {
				t.Fatalf("record %d came in another order", j)
			}
		}
		labels, err := f.Labels(i)
		if err != nil {
			t.Fatal(err)
		}
		if len(labels.People) != len(p.People) || len(labels.Networks) != len(p.Networks) {
			t.Error("other labels came back")
		}
	}
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if sum != total {
		t.Errorf("Write counted %d records, there are %d", sum, total)
	}
	again, err := Known(dir)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(again, w.o) {
		t.Error("the manifest does not make the same world again")
	}
}

func TestPlayGivesAllPartsInOrder(t *testing.T) {
	w := small(t)
	want := 0
	for i := range w.Parts() {
		want += len(records(t, w.Part(i)))
	}
	n, last := 0, w.time(0)
	if err := w.Play(t.Context(), func(r Record) error {
		if n++; r.Arrives.Before(last) {
			t.Error("out of order")
		}
		last = r.Arrives
		return nil
	}); err != nil || n != want {
		t.Errorf("%d records, want %d: %v", n, want, err)
	}
}

// TestAKnobOfNetworksLeavesTheInnocentBe: worlds that differ in one knob are to be
// compared, so all else must stay.
func TestAKnobOfNetworksLeavesTheInnocentBe(t *testing.T) {
	innocent := func(w *World) map[string]int {
		m := make(map[string]int)
		p := w.Part(0)
		for _, x := range p.t.pays {
			if !p.People[x.from].Group.Guilty() {
				m[p.People[x.from].name()+p.w.time(x.at).String()]++
			}
		}
		return m
	}
	a, b := innocent(small(t)), innocent(small(t, "timing.lag_scale=2"))
	if len(a) < 500 || !reflect.DeepEqual(a, b) {
		t.Errorf("%d and %d innocent payments, and they differ", len(a), len(b))
	}
}

func TestOptionsAreCheckedAllAtOnce(t *testing.T) {
	k := DefaultKnobs()
	k.Prevalence, k.Timing.Before = 2, -1
	_, err := New(Options{People: 1, Days: 1, Knobs: k})
	if err == nil {
		t.Fatal("accepted")
	}
	for _, want := range []string{"people", "days", "prevalence", "timing.before"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q does not name %s", err, want)
		}
	}
}

func TestEveryKnobHasASource(t *testing.T) {
	k := DefaultKnobs()
	seen := make(map[string]bool)
	for _, knob := range k.Table() {
		if seen[knob.Name] || knob.Source == "" {
			t.Errorf("%s: twice, or without a source", knob.Name)
		}
		seen[knob.Name] = true
	}
	fields := 0
	var count func(v reflect.Value)
	count = func(v reflect.Value) {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				count(v.Field(i))
			}
		case reflect.Array:
			fields += v.Len()
		default:
			fields++
		}
	}
	count(reflect.ValueOf(k))
	if len(seen) != fields || fields < 100 {
		t.Errorf("%d knobs are listed, %d exist", len(seen), fields)
	}
	var back Knobs
	if err := back.Load(strings.NewReader(k.String())); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(back, k) {
		t.Error("what --knobs prints is not what --knob-file reads")
	}
}

func FuzzLoadKnobs(f *testing.F) {
	f.Add([]byte("prevalence: 0.01\n"))
	f.Add([]byte(`{"timing.lag_scale": 2}`))
	f.Add([]byte("a: [1"))
	f.Fuzz(func(t *testing.T, data []byte) {
		k := DefaultKnobs()
		_ = k.Load(bytes.NewReader(data))
		_ = k.Check()
	})
}

func TestTheRatesAreATable(t *testing.T) {
	w := small(t)
	data, err := w.Rates()
	if err != nil {
		t.Fatal(err)
	}
	table, err := rates.Read(data, rates.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range places {
		if got, ok := table.Base(10_000, p.currency, w.time(30*day)); !ok || got <= 0 {
			t.Errorf("no rate of %s", p.currency)
		}
	}
}

// TestWhoIsShown: nobody innocent is; where no platform tells of a stream, only who is paid
// three times is, and who pays is not.
func TestWhoIsShown(t *testing.T) {
	share := func(w *World) (of map[Group]float64) {
		of, all := make(map[Group]float64), make(map[Group]float64)
		for i := range w.Parts() {
			for _, l := range w.Part(i).Labels().People {
				if l.Shown && l.Network == 0 {
					t.Fatal("somebody innocent is shown")
				}
				if all[l.Group]++; l.Shown {
					of[l.Group]++
				}
			}
		}
		for g := range of {
			of[g] /= all[g]
		}
		return of
	}
	usual, dark := share(small(t)), share(small(t, "offender.seen=0", "ordinary.callers=0"))
	within(t, "streamers shown", usual[Streamer], 0.5, 0.98)
	within(t, "offenders shown", usual[Offender], 0.3, 0.95)
	if dark[Offender] >= usual[Offender]/2 || dark[Streamer] >= usual[Streamer] {
		t.Errorf("without streams %v are shown, with them %v", dark, usual)
	}
}

// TestWhatIsLacking: who is not shown lacks something, and what is as the world was made.
func TestWhatIsLacking(t *testing.T) {
	lacks := func(w *World) map[Lack]int {
		of := make(map[Lack]int)
		for i := range w.Parts() {
			for _, l := range w.Part(i).Labels().People {
				if (l.Lack != "") != (l.Network != 0 && !l.Shown) || l.Network == 0 && l.Streams != 0 {
					t.Fatalf("shown %v, lacks %q, %d streams", l.Shown, l.Lack, l.Streams)
				}
				if l.Network != 0 {
					of[l.Lack]++
				}
			}
		}
		return of
	}
	if dark := lacks(small(t, "offender.seen=0")); dark[NoStream] == 0 || dark[Unlinked]+dark[Outside]+dark[NoTie] > 0 {
		t.Errorf("where no stream is told: %v", dark)
	}
	quiet := []string{"score.scored=0", "hash.networks=0"}
	if of := lacks(small(t, append(quiet, "identity.linked=0")...)); of[Unlinked] == 0 || of[Outside] > 0 {
		t.Errorf("where nobody is linked: %v", of)
	}
	if of := lacks(small(t, append(quiet, "identity.linked=1", "timing.before=0", "timing.during=0", "timing.after=1", "timing.lag_scale=50")...)); of[Outside] == 0 {
		t.Errorf("where payments come long after: %v", of)
	}
	if of := lacks(small(t, "identity.tells_guests=0", "identity.linked=0")); of[NoTie] == 0 {
		t.Errorf("where no guest is told and nobody is linked: %v", of)
	}
}
