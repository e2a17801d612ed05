package speech

import (
	"io"
	"log/slog"
	"strings"
	"testing"
	"time"
)

func TestTalkativeProcessesAreLoggedAtABoundedRate(t *testing.T) {
	now := time.Unix(0, 0)
	var j journal
	l := newLineLog(slog.New(slog.NewTextHandler(&j, nil)), func() time.Time { return now })
	write := func(text string) {
		if n, err := io.WriteString(l, text); n != len(text) || err != nil {
			t.Errorf("wrote %d of %d, %v", n, len(text), err)
		}
	}
	write("half a")
	write(" line\r\n\n" + strings.Repeat("x", 3*maxLine) + "\nbroken \xff\n")
	write(strings.Repeat("noise\n", 1000))
	now = now.Add(100 * time.Millisecond)
	write("one\ntwo\nthree\nlast words")
	got := j.String()
	for want, times := range map[string]int{
		`"half a line"`: 1, "line=noise": lineBurst - 3, "lines_dropped=903": 1, "line=one\n": 1, "line=two\n": 1, "line=three": 0,
		"line=" + strings.Repeat("x", maxLine) + "\n": 1, "broken \uFFFD": 1,
	} {
		if n := strings.Count(got, want); n != times {
			t.Errorf("%d times %.40q, want %d", n, want, times)
		}
	}
	if got := l.last(); got != "last words" {
		t.Errorf("last words %q", got)
	}
	write("\ntime=1 level=INFO msg=\"nothing special\"\n")
	if got := l.last(); got != "last words" {
		t.Errorf("last words %q, want those before the information", got)
	}
	now = now.Add(time.Second)
	write("time=2 level=ERROR msg=oh\n")
	if got := l.last(); !strings.HasSuffix(got, "msg=oh") || !strings.Contains(j.String(), "level=ERROR msg=\"speech process\"") {
		t.Errorf("last words %q in\n%s", got, j.String())
	}
}
