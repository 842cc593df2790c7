package detect

import (
	"os"
	"testing"
)

// testData is the folder of real media, which lies outside the repository.
func testData(t testing.TB) string {
	t.Helper()
	folder := os.Getenv("VIGIL_TESTDATA")
	if folder == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("VIGIL_TESTDATA must name the test data")
		}
		t.Skip("VIGIL_TESTDATA names no test data")
	}
	return folder
}
