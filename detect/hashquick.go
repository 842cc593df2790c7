package detect

import "github.com/vigil-stream/vigil/internal/quickjson"

// quickHashRecord reads a hash record as Encode and most writers of JSON write it. It
// takes nothing that the schema would refuse, and reads the same from what it takes; what
// it does not take (an escape in a string, a field twice, a number with a fraction, a
// fault) is for the schema to read or to refuse. The schema takes as long as to look a
// hash up several times.
func quickHashRecord(data []byte) (r HashRecord, ok bool) {
	q := quickjson.New(data, maxQuick)
	var have quickjson.Fields
	q.Object(func(name string) {
		switch name {
		case "kind":
			q.Once(&have, 1<<0)
			r.Kind = q.ASCII()
			q.Check(r.Kind == "pdq" || r.Kind == "phash" || r.Kind == "dhash" || r.Kind == "ahash")
		case "hash":
			q.Once(&have, 1<<1)
			r.Hash = q.ASCII()
			q.Check(isHash(r.Hash))
		case "quality":
			q.Once(&have, 1<<2)
			r.Quality = int(q.Whole(0, 100))
		case "sha256":
			q.Once(&have, 1<<3)
			r.SHA256 = q.ASCII()
			q.Check(len(r.SHA256) == 64 && isHex(r.SHA256, false))
		case "views":
			q.Check(r.Views == nil)
			r.Views = quickViews(&q)
		default:
			q.Check(false)
		}
	})
	return r, q.Done() && have&(1<<3-1) == 1<<3-1
}

// maxQuick is more than a record with all views has bytes, with spaces.
const maxQuick = 4 << 10

// quickViews reads up to maxViews of them.
func quickViews(q *quickjson.Reader) []View {
	return quickjson.List(q, maxViews, func() (v View) {
		q.Object(func(name string) {
			switch {
			case name == "view" && v.View == "":
				v.View = q.ASCII()
				_, known := viewOf(v.View)
				q.Check(known && v.View != "")
			case name == "hash" && v.Hash == "":
				v.Hash = q.ASCII()
				q.Check(isHash(v.Hash))
			default:
				q.Check(false)
			}
		})
		q.Check(v.View != "" && v.Hash != "")
		return v
	})
}

func isHash(s string) bool { return (len(s) == 16 || len(s) == 64) && isHex(s, true) }

func isHex(s string, upper bool) bool {
	for i := range len(s) {
		c := s[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') && (!upper || c < 'A' || c > 'F') {
			return false
		}
	}
	return true
}
