package export

import (
	"bytes"
	"encoding/json"
	"errors"

	"github.com/vigil-stream/vigil/report"
)

// ErrNoHash says that an alert names no hash.
var ErrNoHash = errors.New("the alert names no hash of a file: there is nothing that VICS could hold")

const vicsContext = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"

// vics writes the files whose digests an alert names, as media of VICS 2.0. Their digests
// are SHA-256, for which VICS has no member of its own: they stand under AlternativeHashes.
// Nothing is said of sizes, names or MD5, which the alert does not have; category 0 says
// that nobody has put them into one.
func vics(a report.Alert) ([]byte, error) {
	type hash struct{ HashName, HashValue string }
	type medium struct {
		MediaID           int
		Category          int
		AlternativeHashes []hash
	}
	doc := struct {
		Context string   `json:"@odata.context"`
		Value   []medium `json:"value"`
	}{Context: vicsContext}
	seen := map[string]bool{}
	for _, e := range a.Statement.Evidence {
		if e.SHA256 == "" || e.What != "frame" || seen[e.SHA256] {
			continue
		}
		seen[e.SHA256] = true
		doc.Value = append(doc.Value, medium{len(doc.Value) + 1, 0, []hash{{"SHA256", e.SHA256}}})
	}
	if len(doc.Value) == 0 {
		return nil, ErrNoHash
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(doc)
	return b.Bytes(), err
}
