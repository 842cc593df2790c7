package app

import (
	"os"
	"strings"
	"testing"
)

// What can be read only once would be imported here and never sent to the others.
func TestImportRefusesAPipeWhereOthersAreTold(t *testing.T) {
	in := importer{listChange: listChange{publish: &listPublisher{}}}
	if _, err := in.file(t.Context(), os.DevNull); err == nil || !strings.Contains(err.Error(), "read twice") {
		t.Errorf("error %v, want that the file is read twice", err)
	}
}
