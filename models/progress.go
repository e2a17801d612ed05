package models

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
)

const (
	redraw     = 200 * time.Millisecond // of the bar on a terminal
	lineEvery  = 10 * time.Second       // between lines elsewhere
	barColumns = 24
)

// progress tells a person how far things are.
type progress struct {
	out      io.Writer
	terminal bool
}

func newProgress(out io.Writer) *progress {
	if out == nil {
		return &progress{out: io.Discard}
	}
	p := &progress{out: out}
	if f, isFile := out.(*os.File); isFile {
		info, err := f.Stat()
		p.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return p
}

// note prints one line. What cannot be printed is not worth failing for.
func (p *progress) note(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}

// start begins the bar of one download, done bytes of total; a total of 0 is unknown.
func (p *progress) start(name string, done, total int64) *bar {
	b := &bar{progress: p, name: name, done: done, total: total, begun: time.Now(), drawn: time.Now()}
	if p.terminal {
		_, _ = fmt.Fprint(p.out, b.text())
	} else {
		p.note("%s", b.text())
	}
	return b
}

// bar counts the bytes written to it.
type bar struct {
	*progress
	name  string
	begun time.Time

	mu          sync.Mutex
	done, total int64
	drawn       time.Time
}

func (b *bar) Write(data []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.done += int64(len(data))
	now := time.Now()
	switch {
	case b.terminal && now.Sub(b.drawn) >= redraw:
		b.drawn = now
		_, _ = fmt.Fprintf(b.out, "\r\x1b[K%s", b.text())
	case !b.terminal && now.Sub(b.drawn) >= lineEvery:
		b.drawn = now
		b.note("%s", b.text())
	}
	return len(data), nil
}

// stop ends the bar and its line.
func (b *bar) stop() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.terminal {
		_, _ = fmt.Fprintf(b.out, "\r\x1b[K%s\n", b.text())
	}
}

func (b *bar) text() string {
	switch {
	case b.total <= 0 && b.done == 0:
		return b.name
	case b.total <= 0:
		return fmt.Sprintf("%-28s %s", b.name, Megabytes(b.done))
	}
	filled := int(min(b.done*barColumns/b.total, barColumns))
	return fmt.Sprintf("%-28s [%s%s] %3d%% of %s", b.name, strings.Repeat("=", filled),
		strings.Repeat(" ", barColumns-filled), b.done*100/b.total, Megabytes(b.total))
}

// Megabytes writes a size for people, in units of 10^6 bytes; 0 is a dash.
func Megabytes(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}
