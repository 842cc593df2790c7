package intake

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/textproto"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// rtp has ffmpeg cut a clip into RTP packets. It returns them and the session
// description of RTSP.
func rtp(t *testing.T, clip string) (sdp string, packets [][]byte) {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	file := filepath.Join(t.TempDir(), "sdp")
	cmd := exec.Command("ffmpeg", "-nostdin", "-loglevel", "error", "-i", clip, "-c", "copy",
		"-f", "rtp", "-sdp_file", file, "rtp://"+l.LocalAddr().String()+"?pkt_size=1200")
	ended := make(chan struct{})
	go func() { defer close(ended); _ = cmd.Run() }() // its packets tell whether it worked
	buf := make([]byte, 2000)
	for wait := 20 * time.Second; ; wait = time.Second {
		if err := l.SetReadDeadline(time.Now().Add(wait)); err != nil {
			t.Fatal(err)
		}
		n, _, err := l.ReadFrom(buf)
		if err != nil {
			break
		}
		packets = append(packets, append([]byte(nil), buf[:n]...))
	}
	<-ended
	data, err := os.ReadFile(file)
	if err != nil || len(packets) == 0 {
		t.Fatalf("%d packets, %v", len(packets), err)
	}
	sdp = regexp.MustCompile(`(?m)^(SDP:.*|c=.*)\r?\n`).ReplaceAllString(string(data), "")
	sdp = regexp.MustCompile(`m=video \d+`).ReplaceAllString(sdp, "m=video 0")
	return sdp + "a=control:track\r\n", packets
}

// serveRTSP is a server for one client that wants its packets on the same
// connection, and refuses any other.
func serveRTSP(l net.Listener, sdp string, packets [][]byte) error {
	c, err := l.Accept()
	if err != nil {
		return err
	}
	defer func() { _ = c.Close() }()
	r := textproto.NewReader(bufio.NewReader(c))
	for {
		request, err := r.ReadLine()
		if err != nil {
			return err
		}
		header, err := r.ReadMIMEHeader()
		if err != nil {
			return err
		}
		extra, body := "", ""
		switch method, _, _ := strings.Cut(request, " "); method {
		case "OPTIONS":
			extra = "Public: DESCRIBE, SETUP, PLAY\r\n"
		case "DESCRIBE":
			extra, body = fmt.Sprintf("Content-Type: application/sdp\r\nContent-Length: %d\r\n", len(sdp)), sdp
		case "SETUP":
			if !strings.Contains(header.Get("Transport"), "RTP/AVP/TCP") {
				return fmt.Errorf("a client that wants %q", header.Get("Transport"))
			}
			extra = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n"
		case "PLAY":
			extra = "Session: 1\r\n"
			defer func() {
				for _, p := range packets {
					if _, err := c.Write(append([]byte{'$', 0, byte(len(p) >> 8), byte(len(p))}, p...)); err != nil {
						return
					}
				}
			}()
		}
		if _, err := fmt.Fprintf(c, "RTSP/1.0 200 OK\r\nCSeq: %s\r\n%s\r\n%s", header.Get("Cseq"), extra, body); err != nil {
			return err
		}
		if strings.HasPrefix(request, "PLAY") {
			return nil
		}
	}
}

func TestAnRTSPServerIsRead(t *testing.T) {
	t.Parallel()
	sdp, packets := rtp(t, keyed(t, "clip.mp4", 4))
	for i := range packets { // RTCP, which is on another port, is not among them
		if packets[i][0]>>6 != 2 {
			t.Fatalf("packet %d is no RTP", i)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	served := make(chan error, 1)
	go func() { served <- serveRTSP(l, sdp, packets) }()
	got, result, err := live(t, Options{Input: "rtsp://user:password-1@" + l.Addr().String() + "/key-1"}, 100, func(context.Context) {})
	if result.Reason != ReasonEnded || err != nil || !result.KeyFrames {
		t.Errorf("got %+v, %v; the server: %v", result, err, <-served)
	}
	if err := everySecond(got, 4); err != nil {
		t.Error(err)
	}
}
