package slot_test

import (
	"github.com/hotline-cc/hotline/dialog/slot"
	"os"
	"strings"
	"testing"
)

func TestTry(t *testing.T) {
	c := demo(t)
	c.Act = "complain"
	b, _ := os.ReadFile("/tmp/try.txt")
	for _, l := range strings.Split(strings.TrimSpace(string(b)), "\n") {
		t.Logf("%s\n    %v", l, values(slot.Extract(l, c)))
	}
}
