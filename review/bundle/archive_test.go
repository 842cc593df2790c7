package bundle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestOnlyAPlainZIPIsABundle(t *testing.T) {
	s := sceneOf(t)
	good := s.write(t)
	files := unpack(t, good)
	made := func(fill func(z *zip.Writer) error) []byte {
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		if err := errors.Join(fill(z), z.Close()); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	header := func(h zip.FileHeader) []byte {
		return made(func(z *zip.Writer) error {
			w, err := z.CreateHeader(&h)
			if err == nil {
				_, err = io.WriteString(w, strings.Repeat("0", 1000))
			}
			return err
		})
	}
	flipped := bytes.Clone(good)
	flipped[bytes.Index(flipped, []byte("Evidence of case"))] ^= 1
	crc := bytes.Clone(good)
	crc[bytes.Index(crc, []byte("PK\x01\x02"))+16] ^= 1
	both := bytes.Clone(crc)
	both[bytes.Index(both, []byte("PK\x07\x08"))+4] ^= 1
	unread := bytes.Clone(good)
	unread[bytes.LastIndex(unread, []byte("PK\x01\x02"))+16] ^= 1
	unread[bytes.LastIndex(unread, []byte("PK\x07\x08"))+4] ^= 1
	climbs := bytes.Clone(good)
	copy(climbs[30:], "../ad.html") // where README.txt stood
	directory := bytes.Index(good, []byte("PK\x01\x02"))
	twice := slices.Concat(good, good[directory:]) // the last end points to the second
	binary.LittleEndian.PutUint32(twice[len(twice)-6:], uint32(len(good)))
	broken := bytes.Clone(good)
	broken[bytes.Index(broken, []byte("PK\x01\x02"))] ^= 1
	large := slices.Clone(files[:len(files)-1])
	large[1].data += strings.Repeat(" ", maxText)
	for name, tt := range map[string]struct {
		data []byte
		want string
	}{
		"the manifest's CRC": {unread, "manifest.dsse.json: cannot be read"},
		"a broken directory": {broken, "the bundle is no ZIP"},
		"a large record":     {s.signed(t, large), "case.json: has 16777893 bytes, and the limits are"},
		"a size beyond": {made(func(z *zip.Writer) error {
			_, err := z.CreateRaw(&zip.FileHeader{Name: nameCase, Modified: epoch, CompressedSize64: 1 << 40, UncompressedSize64: 1 << 40})
			return err
		}), "case.json: is said to have 1099511627776 bytes"},
		"a bit":            {flipped, "README.txt: has the SHA-256"},
		"a CRC":            {both, "README.txt: has another CRC-32"},
		"two CRCs":         {crc, "README.txt: has other sums behind it"},
		"two names":        {climbs, "README.txt: has something before it, at byte 0,"},
		"two ends":         {slices.Concat(good, good[directory:]), "the bundle has a directory at byte"},
		"two directories":  {twice, "the bundle does not end behind its directory"},
		"nothing":          {nil, "the bundle is no bundle: it has 0 bytes"},
		"text":             {[]byte(strings.Repeat("text ", 100)), "the bundle is no bundle: it does not end as a ZIP"},
		"bytes before":     {slices.Concat([]byte("MZ"), good), "the bundle has a directory at byte"},
		"bytes after":      {slices.Concat(good, []byte("x")), "the bundle is no bundle: it does not end as a ZIP"},
		"cut":              {good[100:], "the bundle has a directory at byte"},
		"compressed":       {header(zip.FileHeader{Name: nameCase, Method: zip.Deflate, Modified: epoch}), "case.json: is compressed"},
		"another time":     {header(zip.FileHeader{Name: nameCase, Modified: start}), "case.json: has a time"},
		"a comment":        {header(zip.FileHeader{Name: nameCase, Modified: epoch, Comment: "x"}), "case.json: has a time or a comment"},
		"more in a header": {header(zip.FileHeader{Name: nameCase, Modified: epoch, Extra: []byte{1, 0, 0, 0}}), "case.json: has something before it"},
		"a path upwards":   {pack(t, append([]file{{"../case.json", ""}}, files...)), `the bundle holds "../case.json"`},
		"a path from root": {pack(t, append([]file{{"/etc/passwd", ""}}, files...)), `the bundle holds "/etc/passwd"`},
		"a folder":         {pack(t, append([]file{{"windows/../x.age", ""}}, files...)), `the bundle holds "windows/../x.age"`},
		"a file twice":     {pack(t, append([]file{files[1]}, files...)), "case.json: is there twice"},
		"too many": {made(func(z *zip.Writer) error {
			for i := range maxFiles + 1 {
				if _, err := z.CreateHeader(&zip.FileHeader{Name: entryName(uint64(i))}); err != nil {
					return err
				}
			}
			return nil
		}), "the bundle has 10001 files"},
	} {
		if got := misfitOf(t, tt.data, ""); !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// What lies between the files is held against the directory, and the envelope of the
// signature against what it says: no byte of them can be another, whoever looks at it.
func TestNoByteAroundTheFilesMayBeAnother(t *testing.T) {
	s := sceneOf(t)
	data := s.write(t)
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	inside := make([]bool, len(data))
	for _, f := range z.File {
		at, err := f.DataOffset()
		if err != nil {
			t.Fatal(err)
		}
		for i := range f.UncompressedSize64 {
			inside[at+int64(i)] = true
		}
	}
	for i := range data {
		if inside[i] {
			continue
		}
		data[i] ^= 1
		if _, err := check(data, s.verifier); err == nil {
			t.Errorf("byte %d of %d is another, and the bundle verifies", i, len(data))
		}
		data[i] ^= 1
	}
	files := unpack(t, data)
	last := &files[len(files)-1]
	manifest := last.data
	for i := range manifest {
		for _, flip := range []byte{1, 'a' - 'A'} {
			last.data = manifest[:i] + string(manifest[i]^flip) + manifest[i+1:]
			if _, err := check(pack(t, files), s.verifier); err == nil {
				t.Errorf("byte %d of %d of the manifest is another, and the bundle verifies", i, len(manifest))
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	s := sceneOf(f)
	good := s.write(f)
	f.Add(good)
	f.Add(good[:len(good)-endOfFile])
	f.Add([]byte("PK\x05\x06" + strings.Repeat("\x00", 18)))
	files := unpack(f, good)
	all := slices.Clone(files)
	files[1].data = strings.ToUpper(files[1].data)
	f.Add(pack(f, files))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := check(data, s.verifier)
		if err != nil {
			if !errors.As(err, new(*Misfit)) {
				t.Fatalf("not a misfit: %v", err)
			}
			return
		}
		// What verifies under the key is what its holder made, file by file.
		if got := unpack(t, data); !slices.Equal(got, all) {
			t.Fatalf("other files verify: %+v", r)
		}
	})
}

// FuzzSigned has the key's holder put anything into one of the files.
func FuzzSigned(f *testing.F) {
	s := sceneOf(f)
	files := unpack(f, s.write(f))
	files = files[:len(files)-1]
	for i, one := range files {
		f.Add(uint8(i), []byte(one.data))
	}
	f.Fuzz(func(t *testing.T, which uint8, data []byte) {
		changed := slices.Clone(files)
		changed[int(which)%len(files)].data = string(data)
		_, err := check(s.signed(t, changed), s.verifier)
		if err != nil && !errors.As(err, new(*Misfit)) {
			t.Fatalf("not a misfit: %v", err)
		}
		// These two are for people and other tools; all else is held against something.
		if name := changed[int(which)%len(files)].name; err == nil && !slices.Equal(changed, files) && name != nameReadme && name != nameJSONLD &&
			name != nameDecisions && !strings.HasPrefix(name, "audit/entry-") {
			t.Fatalf("another %s verifies", name)
		}
	})
}
