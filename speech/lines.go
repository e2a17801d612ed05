package speech

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"time"
)

const (
	lineBurst = 100  // lines that are logged at once
	lineRate  = 20   // lines a second after that
	maxLine   = 2048 // bytes of a line that are logged
)

// lineLog logs what a process writes, line by line at a bounded rate, and always takes all of it:
// native libraries may write a great deal in a short time.
type lineLog struct {
	log *slog.Logger
	now func() time.Time

	mu      sync.Mutex
	partial []byte // a line without its end, at most maxLine
	recent  string // the last line that was no mere information
	credit  float64
	at      time.Time // when credit was counted
	dropped int
}

func newLineLog(log *slog.Logger, now func() time.Time) *lineLog {
	return &lineLog{log: log, now: now, credit: lineBurst, at: now()}
}

func (l *lineLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	rest := p
	for {
		line, after, ended := bytes.Cut(rest, []byte("\n"))
		l.partial = append(l.partial, line[:min(len(line), maxLine-len(l.partial))]...)
		if !ended {
			return len(p), nil
		}
		l.emit(strings.ToValidUTF8(strings.TrimSpace(string(l.partial)), "\uFFFD"))
		l.partial, rest = l.partial[:0], after
	}
}

// last returns the last words, a line without its end included.
func (l *lineLog) last() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	if text := strings.TrimSpace(string(l.partial)); text != "" {
		return strings.ToValidUTF8(text, "\uFFFD")
	}
	return l.recent
}

func (l *lineLog) emit(line string) {
	if line == "" {
		return
	}
	level, known := levelOf(line)
	if !known || level >= slog.LevelWarn {
		l.recent = line
	}
	now := l.now()
	l.credit = min(lineBurst, l.credit+lineRate*now.Sub(l.at).Seconds())
	l.at = now
	if l.credit < 1 {
		l.dropped++
		return
	}
	l.credit--
	if l.dropped > 0 {
		l.log.Warn("speech process wrote too much", "lines_dropped", l.dropped)
		l.dropped = 0
	}
	l.log.Log(context.Background(), level, "speech process", "line", line)
}

// levelOf reads the level from a line of slog's text format. Other lines count as information, but
// are not known to be.
func levelOf(line string) (level slog.Level, known bool) {
	_, after, found := strings.Cut(line, "level=")
	name, _, _ := strings.Cut(after, " ")
	known = found && level.UnmarshalText([]byte(name)) == nil
	return level, known
}
