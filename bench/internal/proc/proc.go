// Package proc reads from Linux's /proc what processes have taken: processor time and
// memory, from outside, so that what is measured is run as it would be without.
package proc

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of processor time in /proc: a hundredth of a second on every
// architecture that Go runs on (USER_HZ, proc(5)).
const tick = 10 * time.Millisecond

// A Use is what some processes have taken so far.
type Use struct {
	Processes int
	CPU       time.Duration // user and system
	Resident  int64         // bytes
}

// Add counts another use.
func (u *Use) Add(o Use) {
	u.Processes += o.Processes
	u.CPU += o.CPU
	u.Resident += o.Resident
}

// A stat is what /proc says of one process.
type stat struct {
	parent int
	own    Use
	reaped time.Duration // processor time of children that ended and were waited for
}

func read(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	return parse(string(data))
}

// parse reads a stat file. Its second field is a name in brackets, which may hold
// anything; the fields counted here begin behind it.
func parse(text string) (s stat, err error) {
	fields := strings.Fields(text[strings.LastIndexByte(text, ')')+1:])
	const parent, user, system, reapedUser, reapedSystem, pages = 1, 11, 12, 13, 14, 21
	if len(fields) <= pages {
		return s, errors.New("a stat file of /proc is too short")
	}
	number := func(field int) int64 {
		n, parseErr := strconv.ParseInt(fields[field], 10, 64)
		err = errors.Join(err, parseErr)
		return n
	}
	s.parent = int(number(parent))
	s.own = Use{1, time.Duration(number(user)+number(system)) * tick, number(pages) * int64(os.Getpagesize())}
	s.reaped = time.Duration(number(reapedUser)+number(reapedSystem)) * tick
	return s, err
}

// Of returns what one process has taken, without its children.
func Of(pid int) (Use, error) {
	s, err := read(pid)
	return s.own, err
}

// WithChildren returns what processes have taken, and what their children have, those
// included that have ended and been waited for.
func WithChildren(pids []int) (own, children Use, err error) {
	is := map[int]bool{}
	for _, pid := range pids {
		s, err := read(pid)
		if err != nil {
			return own, children, err
		}
		is[pid] = true
		own.Add(s.own)
		children.CPU += s.reaped
	}
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return own, children, err
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		if s, err := read(pid); err == nil && is[s.parent] && !is[pid] { // else it ended meanwhile
			children.Add(s.own)
		}
	}
	return own, children, nil
}

// Idle returns how long the machine's processors were idle, all together, since it was
// started.
func Idle() (time.Duration, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(data)) // "cpu", user, nice, system, idle
	if len(fields) < 5 {
		return 0, errors.New("/proc/stat says nothing of idle time")
	}
	ticks, err := strconv.ParseInt(fields[4], 10, 64)
	return time.Duration(ticks) * tick, err
}
