package review

import (
	"fmt"
	"os"
	"testing"

	"github.com/vigil-stream/vigil/internal/storetest"
)

func TestMain(m *testing.M) {
	if place := os.Getenv(decideIn); place != "" {
		fmt.Fprintln(os.Stderr, decideForever(place))
		return
	}
	storetest.Main(m)
}
