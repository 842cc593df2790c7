package intake

import (
	"errors"
	"net/url"
	"regexp"
	"strings"
)

// protocols lists, for each scheme of an address, the protocols that ffmpeg may
// open on its behalf. None of them reads local files, so that no playlist can
// name one.
var protocols = map[string]string{
	"http":  "http,https,tcp,tls,crypto",
	"https": "http,https,tcp,tls,crypto",
	"rtmp":  "rtmp,tcp",
	"rtmps": "rtmps,rtmp,tcp,tls",
	"rtsp":  "rtsp,tcp",
	"rtsps": "rtsp,tcp,tls",
	"srt":   "srt",
}

var scheme = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9+.-]*)://`)

// schemeOf returns the scheme of an address in small letters, or "" for a path.
func schemeOf(input string) string {
	if m := scheme.FindStringSubmatch(input); m != nil {
		return strings.ToLower(m[1])
	}
	return ""
}

// checkAddress says what is wrong with an input's address. It never quotes it:
// there may be a password in it.
func checkAddress(input string, listen bool) error {
	s := schemeOf(input)
	switch {
	case input == "":
		return errors.New("a path or an address is needed")
	case strings.ContainsRune(input, 0):
		return errors.New("holds a zero byte")
	case s == "" && listen:
		return errors.New("a file cannot be listened at; an rtmp:// or srt:// address can")
	case s == "":
		return nil
	case protocols[s] == "":
		return errors.New("must be a path or begin with http://, https://, rtmp://, rtmps://, rtsp://, rtsps:// or srt://")
	case listen && s != "rtmp" && s != "srt":
		return errors.New("only an rtmp:// or srt:// address can be listened at")
	}
	u, err := url.Parse(input)
	if err != nil {
		return errors.New("is no address: its host, port or escapes are wrong")
	}
	switch {
	case u.Host == "":
		return errors.New("names no host")
	case listen && u.Port() == "":
		return errors.New("names no port to listen at")
	case s == "srt" && u.Query().Has("mode"):
		return errors.New("must not state a mode; the option Listen does")
	case s == "rtmp" && strings.Contains(u.RawQuery, "listen"):
		// ffmpeg hands what follows the port on to its own TCP address.
		return errors.New("must not ask to listen; the option Listen does")
	}
	return nil
}

// secrets are the parts of an address that no message may show: all but its host.
func secrets(input string) []string {
	u, err := url.Parse(input)
	if err != nil || u.Scheme == "" {
		return nil
	}
	var all []string
	add := func(s string) {
		if len(s) >= 4 { // anything shorter keeps no secret and would blot out words
			all = append(all, s)
		}
	}
	for _, part := range strings.Split(u.Path, "/") {
		add(part)
	}
	for _, values := range u.Query() {
		for _, v := range values {
			add(v)
		}
	}
	add(u.RawQuery)
	if u.User != nil {
		add(u.User.Username())
		password, _ := u.User.Password()
		add(password)
	}
	return all
}
