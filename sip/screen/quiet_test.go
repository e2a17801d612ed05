package screen

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"
)

// logAt writes a line at a time of the test's choosing.
func logAt(h slog.Handler, at time.Time, message string, attrs ...slog.Attr) {
	r := slog.NewRecord(at, slog.LevelWarn, message, 0)
	r.AddAttrs(attrs...)
	_ = h.Handle(context.Background(), r)
}

func TestQuietPassesOneLinePerSourceAndInterval(t *testing.T) {
	var out bytes.Buffer
	h := Quiet(slog.NewTextHandler(&out, nil), 10*time.Second)
	at := time.Unix(1_700_000_000, 0)
	lines := func(want int) {
		t.Helper()
		if got := strings.Count(out.String(), "\n"); got != want {
			t.Fatalf("%d lines, want %d:\n%s", got, want, out.String())
		}
	}
	from := func(s string) slog.Attr { return slog.String("raddr", s) }
	for port := range 20 {
		logAt(h, at, "bad packet", from(fmt.Sprintf("192.0.2.1:%d", 1000+port)))
	}
	lines(1)
	logAt(h, at, "bad packet", from("192.0.2.2:5060"))
	logAt(h, at, "other complaint", from("192.0.2.1:5060"))
	lines(3)
	logAt(h.WithAttrs([]slog.Attr{from("192.0.2.1")}), at.Add(9*time.Second), "bad packet")
	lines(3)
	logAt(h, at.Add(10*time.Second), "bad packet", from("192.0.2.1:9"))
	lines(4)
	if !strings.Contains(out.String(), "suppressed=20") {
		t.Errorf("the lines left out are not counted:\n%s", out.String())
	}
}

func TestQuietBoundsAllSourcesTogether(t *testing.T) {
	var out bytes.Buffer
	h := Quiet(slog.NewTextHandler(&out, nil), time.Second)
	at := time.Unix(1_700_000_000, 0)
	for i := range 10_000 {
		logAt(h, at, "bad packet", slog.String("source", fmt.Sprintf("10.0.%d.%d", i>>8, i&255)))
	}
	logAt(h, at.Add(time.Minute), "bad packet", slog.String("source", "192.0.2.1"))
	if got := strings.Count(out.String(), "\n"); got != quietBurst+1 {
		t.Errorf("%d lines, want %d", got, quietBurst+1)
	}
	if want := fmt.Sprintf("suppressed=%d", 10_000-quietBurst); !strings.Contains(out.String(), want) {
		t.Errorf("last line has no %s", want)
	}
}

func TestQuietShortensEveryValue(t *testing.T) {
	var out bytes.Buffer
	h := Quiet(slog.NewJSONHandler(&out, nil), time.Second)
	long := strings.Repeat("热", 20_000)
	logAt(h.WithAttrs([]slog.Attr{slog.String("bound", long)}).WithGroup("g"), time.Unix(1_700_000_000, 0), long,
		slog.String("data", long), slog.Any("error", errors.New(long)), slog.Group("sub", slog.String("x", long)), slog.Int("n", 7))
	if n := out.Len(); n == 0 || n > 6*quietValue {
		t.Errorf("line of %d bytes", n)
	}
	if !strings.Contains(out.String(), `"n":7`) || strings.Contains(out.String(), "�") {
		t.Errorf("a short value is lost or a character is cut:\n%s", out.String())
	}
}
