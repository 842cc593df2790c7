package report

import (
	"testing"

	"github.com/vigil-stream/vigil/internal/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }
