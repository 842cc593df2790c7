package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"
)

// usage is what a kind of process has taken so far.
type usage struct {
	processes int
	cpu       time.Duration // user and system
	resident  int64         // bytes
}

// clockTick is that of /proc on Linux.
const clockTick = 10 * time.Millisecond

// A stat is what /proc says of one process.
type stat struct {
	pid, parent int
	name        string
	own, reaped time.Duration // processor time, its own and that of children it waited for
	resident    int64
}

func readStat(pid int) (stat, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return stat{}, err
	}
	// The second field is a name in brackets, which may hold anything.
	text := string(data)
	open, end := strings.IndexByte(text, '('), strings.LastIndexByte(text, ')')
	if open < 0 || end < open {
		return stat{}, fmt.Errorf("process %d: /proc says nothing", pid)
	}
	fields := strings.Fields(text[end+1:])
	s := stat{pid: pid, name: text[open+1 : end]}
	var n [6]int64
	for i, field := range []int{1, 11, 12, 13, 14, 21} { // ppid, utime, stime, cutime, cstime, rss
		if n[i], err = strconv.ParseInt(fields[field], 10, 64); err != nil {
			return stat{}, err
		}
	}
	s.parent = int(n[0])
	s.own, s.reaped = time.Duration(n[1]+n[2])*clockTick, time.Duration(n[3]+n[4])*clockTick
	s.resident = n[5] * int64(os.Getpagesize())
	return s, nil
}

// used adds up what the given processes and their ffmpegs have taken, those included
// that are gone by now.
func used(roots []int) (vigil, ffmpeg usage, err error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return vigil, ffmpeg, err
	}
	is := map[int]bool{}
	for _, pid := range roots {
		is[pid] = true
	}
	for _, e := range entries {
		pid, err := strconv.Atoi(e.Name())
		if err != nil {
			continue
		}
		s, err := readStat(pid)
		if errors.Is(err, fs.ErrNotExist) || err != nil && !is[pid] {
			continue // it ended meanwhile
		}
		if err != nil {
			return vigil, ffmpeg, err
		}
		switch {
		case is[pid]:
			vigil.add(s.own, s.resident)
			ffmpeg.cpu += s.reaped
		case is[s.parent]:
			ffmpeg.add(s.own, s.resident)
		}
	}
	return vigil, ffmpeg, nil
}

func (u *usage) add(cpu time.Duration, resident int64) {
	u.processes++
	u.cpu += cpu
	u.resident += resident
}

// idle returns how long all processors of the machine were idle, since it was started.
func idle() (time.Duration, error) {
	data, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, err
	}
	line, _, _ := strings.Cut(string(data), "\n")
	fields := strings.Fields(line)
	if len(fields) < 5 {
		return 0, errors.New("/proc/stat says nothing of idle time")
	}
	ticks, err := strconv.ParseInt(fields[4], 10, 64)
	return time.Duration(ticks) * clockTick, err
}
