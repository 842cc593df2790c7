package delivery

import (
	"errors"
	"fmt"
	"time"
)

// Settings are how a centre is treated. Where a value is 0, the default holds.
type Settings struct {
	Gap     time.Duration // between two attempts at least; default 1s
	Quota   int           // attempts in 24 hours at most; default 10,000
	First   time.Duration // pause after the first failure, which doubles; default 30s
	Longest time.Duration // of those pauses; default 1h
	Recheck time.Duration // after which what is held is looked at again; default 15m
	Lease   time.Duration // how long one attempt may take; default 15m
	Trip    int           // failures in a row after which the centre is left alone; default 5
	Rest    time.Duration // for how long, which doubles up to Longest; default 1m
}

func (s Settings) filled() Settings {
	set := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	set(&s.Gap, time.Second)
	set(&s.First, 30*time.Second)
	set(&s.Longest, time.Hour)
	set(&s.Recheck, Recheck)
	set(&s.Lease, 15*time.Minute)
	set(&s.Rest, time.Minute)
	if s.Quota == 0 {
		s.Quota = 10_000
	}
	if s.Trip == 0 {
		s.Trip = 5
	}
	return s
}

// Validate returns all that is wrong with settings.
func (s Settings) Validate() error {
	var faults []error
	f := s.filled()
	for name, d := range map[string]time.Duration{"gap": f.Gap, "first": f.First, "longest": f.Longest, "recheck": f.Recheck, "lease": f.Lease, "rest": f.Rest} {
		if d < time.Millisecond || d > 24*time.Hour {
			faults = append(faults, fmt.Errorf("%s: %s is not from 1ms to 24h", name, d))
		}
	}
	if f.Longest < f.First || f.Longest < f.Rest {
		faults = append(faults, errors.New("longest: must not be shorter than first, nor than rest"))
	}
	if f.Quota < 1 || f.Trip < 1 {
		faults = append(faults, errors.New("quota and trip: must be at least 1"))
	}
	return errors.Join(faults...)
}

// pause is how long to wait after so many attempts, a quarter more or less by chance, 0 to 1.
func (s Settings) pause(attempts int, chance float64) time.Duration {
	d := double(s.First, attempts-1, s.Longest)
	return time.Duration(float64(d) * (0.75 + chance/2))
}

// double doubles a time so often, up to a limit.
func double(d time.Duration, times int, most time.Duration) time.Duration {
	for range times {
		if d >= most/2 {
			return most
		}
		d *= 2
	}
	return min(d, most)
}
