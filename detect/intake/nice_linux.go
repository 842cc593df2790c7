package intake

import "syscall"

// giveWay lets ffmpeg have a core only where this program does not want it, nearly: where
// more streams are to be decoded than the machine can, pictures come late, and each is
// still hashed, sent and looked up at once. Beside 25 decoders a thread of ours would get
// a 26th of a core, and what it holds up are connections to brokers that time out; ten
// steps of niceness make that a quarter (each is a factor of 1.25, sched(7)).
func giveWay(pid int) {
	const steps, most = 10, 19
	raw, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0)
	if err != nil {
		return // It is watched all the same.
	}
	// The system call tells 20 less the niceness. The group is all threads there are by
	// now; those to come have what the one that starts them has.
	_ = syscall.Setpriority(syscall.PRIO_PGRP, pid, min(20-raw+steps, most))
}
