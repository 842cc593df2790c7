// Package export writes what an alert says in the forms that other tools read: CASE/UCO
// for what examiners work with, VICS for what compares hashes. It adds nothing that the
// alert does not say: what a form wants and the alert lacks is left out.
package export

import (
	"context"
	"errors"
	"fmt"

	"github.com/vigil-stream/vigil/report/inbox"
)

// The formats.
const (
	CaseUCO = "case-uco"
	VICS    = "vics"
)

// ErrFormat says that there is no such format.
var ErrFormat = errors.New("the format must be " + CaseUCO + " or " + VICS)

// Of returns an alert of an inbox in a format, and the name of a file for it. Who takes it
// is in the journal before any of it is given out.
func Of(ctx context.Context, store *inbox.Store, alert, format, who string) (data []byte, name string, err error) {
	if format != CaseUCO && format != VICS {
		return nil, "", fmt.Errorf("export to %.20q: %w", format, ErrFormat)
	}
	f, err := store.View(ctx, alert, who)
	if err != nil {
		return nil, "", err
	}
	switch format {
	case CaseUCO:
		data, err = caseUCO(f)
		name = "alert-" + f.ID[:8] + ".case.jsonld"
	case VICS:
		data, err = vics(f.Alert)
		name = "alert-" + f.ID[:8] + ".vics.json"
	}
	if err != nil {
		return nil, "", fmt.Errorf("export alert %s: %w", f.ID, err)
	}
	return data, name, store.Log(ctx, who, inbox.DidExport, f.ID, format)
}
