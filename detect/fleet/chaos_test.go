package fleet

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/vigil-stream/vigil/detect"
	"github.com/vigil-stream/vigil/detect/intake"
	"github.com/vigil-stream/vigil/signal"
)

// breaking fails in the nth run after as many samples, and calls raise in the first.
type breaking struct {
	*studio
	at    map[int]int
	raise func()
	mu    sync.Mutex
	runs  int
}

func (b *breaking) Watch(ctx context.Context, o intake.Options, each func(intake.Sample) error) (intake.Result, error) {
	b.mu.Lock()
	run := b.runs
	b.runs++
	b.mu.Unlock()
	count := 0
	return b.studio.Watch(ctx, o, func(s intake.Sample) error {
		if after, ok := b.at[run]; ok && count == after {
			if run == 0 {
				b.raise()
				<-ctx.Done() // The change of rate is what ends this run.
				return ctx.Err()
			}
			return errFault
		}
		count++
		return each(s)
	})
}

// TestTwoHoursOfFailures: fifty streams whose intakes fail, stall, end and start
// slowly, by chance, while signals come and specs change. The book holds every word to
// what must be true; here is only counted that much happened.
func TestTwoHoursOfFailures(t *testing.T) {
	for seed := range uint64(1) {
		var mu sync.Mutex
		chance := rand.New(rand.NewPCG(seed, 1))
		n := func(most int) int {
			mu.Lock()
			defer mu.Unlock()
			return chance.IntN(most)
		}
		seconds := func(most int) time.Duration { return time.Duration(n(most*1000)) * time.Millisecond }
		script := func(o intake.Options, _ int) play {
			p := play{
				wait: seconds(4), lasts: seconds(600), lead: -seconds(3), burst: seconds(8), anew: n(2) == 0, cpu: time.Second,
				reason: []string{intake.ReasonFailed, intake.ReasonStalled, intake.ReasonEnded, ""}[n(4)],
			}
			if n(4) == 0 {
				p = play{wait: seconds(40), lasts: -1, err: errFault}
			}
			if p.reason != intake.ReasonEnded {
				p.err = errFault
			}
			if p.lasts == 0 {
				p.lasts = time.Millisecond
			}
			return p
		}
		policy := DefaultPolicy()
		policy.BaseFPS, policy.RaisedFPS = 0.2, 1 // for the test's own speed
		policy.Quiet = 2 * time.Minute
		perform(t, Options{Policy: policy}, script, func(s *stage) {
			specs := numbered(50)
			for i := range specs {
				specs[i].Listen = i%5 == 0
				specs[i].Loop = i%5 == 1
				specs[i].Subject = signal.Subject(fmt.Sprintf("sub_%032x", i%10))
				if specs[i].Loop {
					specs[i].Input = fmt.Sprintf("%d.mp4", i)
				}
			}
			s.put(specs...)
			for s.sleep(seconds(30)); time.Since(s.start) < 2*time.Hour; s.sleep(seconds(30)) {
				switch i := n(50); n(8) {
				case 0:
					s.Remove("demo", specs[i].Stream)
				case 1:
					specs[i].Private = !specs[i].Private
					s.put(specs[i])
				case 2:
					p := payment(1)
					p.Subject = specs[i].Subject
					s.Signal(p)
				case 3, 4:
					s.Signal(flag(specs[i].Stream))
				default:
					s.put(specs[i])
				}
			}
			ends := map[string]int{}
			sessions, frames := 0, 0
			for _, spec := range specs {
				frames += len(s.book.frames(spec.Stream))
				for _, r := range s.book.records(spec.Stream) {
					ends[r.reason]++
					if r.state == detect.Started {
						sessions++
					}
				}
			}
			t.Logf("%d opened, at most %d at once; %d sessions, %d frames, ends %v; raised %d, lowered %d times",
				len(s.studio.opened("")), s.studio.most, sessions, frames, ends, s.told(EventRaised), s.told(EventLowered))
			if sessions < 100 || frames < 50_000 || ends[intake.ReasonFailed] == 0 || ends[intake.ReasonStalled] == 0 ||
				ends[intake.ReasonEnded] == 0 || ends[intake.ReasonStopped] == 0 || s.told(EventRaised) < 50 || s.told(EventLowered) < 50 {
				t.Error("too little happened")
			}
			if s.studio.most > 2*50+10 {
				t.Errorf("%d intakes at once", s.studio.most)
			}
		})
	}
}
