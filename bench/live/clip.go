package main

import (
	"context"
	"fmt"
	"os/exec"
	"strconv"
)

const clipLength = 30 // seconds

// renderClip makes a clip of 720p at 30 frames a second and 3 Mbit/s, in H.264 as live
// encoders send it, with a key frame every so many seconds: a test picture that moves,
// with the grain of a camera.
func renderClip(ctx context.Context, ffmpeg, name string, gop int) error {
	frames := strconv.Itoa(30 * gop)
	cmd := exec.CommandContext(ctx, ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-y",
		"-f", "lavfi", "-i", "testsrc2=size=1280x720:rate=30", "-t", strconv.Itoa(clipLength), "-vf", "noise=alls=6:allf=t",
		"-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-b:v", "3M", "-maxrate", "3M", "-bufsize", "6M",
		"-g", frames, "-keyint_min", frames, "-sc_threshold", "0", name)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("render a clip: %w\n%s", err, out)
	}
	return nil
}
