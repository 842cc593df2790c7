package intake

import "os/exec"

// nicely has ffmpeg give way to this program, from its first instruction on, with every
// thread and process it makes: where more streams are to be decoded than the machine can,
// pictures come late, and each is still hashed, sent and looked up at once. Beside 25
// decoders a thread of ours would get a 26th of a core, and what it holds up are
// connections to brokers that time out; ten steps of niceness make that a quarter (each
// is a factor of 1.25, sched(7)). Where there is no nice(1), ffmpeg is as we are.
func nicely(ffmpeg string, args []string) (string, []string) {
	nice, err := exec.LookPath("nice")
	if err != nil {
		return ffmpeg, args
	}
	return nice, append([]string{"-n", "10", ffmpeg}, args...)
}
