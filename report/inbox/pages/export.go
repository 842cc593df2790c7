package pages

import (
	"errors"
	"net/http"

	"github.com/vigil-stream/vigil/report/inbox/export"
)

// A format is one that an alert can be exported in.
type format struct{ Name, Says string }

var formats = []format{{export.CaseUCO, "CASE/UCO (JSON-LD)"}, {export.VICS, "VICS 2.0 (JSON)"}}

// export gives out an alert in another form, once the journal says who took it.
func (d *desk) export(w http.ResponseWriter, r *http.Request, who person) error {
	data, name, err := export.Of(r.Context(), d.Store, r.PathValue("id"), r.PostForm.Get("format"), who.entry)
	for _, known := range []error{export.ErrNoHash, export.ErrFormat} {
		if errors.Is(err, known) {
			return badInput{known}
		}
	}
	if err != nil {
		return err
	}
	download(w, name, "application/json", data)
	return nil
}
