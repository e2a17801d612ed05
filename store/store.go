// Package store keeps what happened: the event log of every conversation and one call detail record
// per call, as JSON lines in files by day. A line is whole or it is not there: what a crash cut off
// is dropped at the next start.
package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

const (
	// syncEvery is the most a power cut loses of events that are not durable at once.
	syncEvery = time.Second
	// idleAfter is how long a file stays open without events.
	idleAfter = time.Minute
)

// Config describes a log.
type Config struct {
	Dir      string         // data folder; conversations/ and cdr/ are made under it
	Location *time.Location // whose days name the files; nil means time.Local
	Clock    media.Clock    // nil means the system's
	Logger   *slog.Logger   // nil discards
}

// Log is the append-only event log of all conversations and the list of call detail records. One
// process writes to a folder at a time. It is safe for concurrent use.
//
// Lock order: Log.mu before journal.mu, never the other way round.
type Log struct {
	dir      string
	location *time.Location
	clock    media.Clock
	log      *slog.Logger

	mu       sync.Mutex
	journals map[hotline.ConversationID]*journal
	closed   bool

	cdr sync.Mutex // one writer of call detail records at a time
}

// Open makes the folders and cuts off lines that a crash left unfinished today or yesterday.
func Open(cfg Config) (*Log, error) {
	if cfg.Dir == "" {
		return nil, hotline.Errorf("open log", hotline.CodeInvalid, "dir is empty")
	}
	if cfg.Location == nil {
		cfg.Location = time.Local
	}
	if cfg.Clock == nil {
		cfg.Clock = media.SystemClock{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	l := &Log{
		dir: cfg.Dir, location: cfg.Location, clock: cfg.Clock, log: cfg.Logger,
		journals: map[hotline.ConversationID]*journal{},
	}
	if err := l.mend(); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return l, nil
}

// mend makes the folders and repairs the files a crash may have left torn.
func (l *Log) mend() error {
	for _, dir := range []string{"conversations", "cdr"} {
		if err := os.MkdirAll(filepath.Join(l.dir, dir), 0o700); err != nil {
			return err
		}
	}
	now := l.clock.Now().In(l.location)
	for _, day := range []time.Time{now, now.AddDate(0, 0, -1)} {
		paths, err := filepath.Glob(filepath.Join(l.folder(day), "*"+suffix))
		if err != nil {
			return err
		}
		for _, path := range append(paths, l.cdrPath(day)) {
			cut, err := mendTail(path)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				return fmt.Errorf("mend %s: %w", path, err)
			}
			if cut > 0 {
				l.log.Warn("unfinished line cut off", "file", path, "bytes", cut)
			}
		}
	}
	return nil
}

// suffix is the ending of all files of the log.
const suffix = ".jsonl"

// folder returns where the conversations of a day lie.
func (l *Log) folder(day time.Time) string {
	day = day.In(l.location)
	return filepath.Join(l.dir, "conversations", day.Format("2006"), day.Format("01"), day.Format("02"))
}

// path returns the file of a conversation: that of the day on which it began.
func (l *Log) path(conv hotline.ConversationID) (string, error) {
	began, err := conv.Time()
	if err != nil {
		return "", err
	}
	return filepath.Join(l.folder(began), string(conv)+suffix), nil
}

// Append adds an event to a conversation's log and returns it with its Seq and time. Ended and
// HandedOver are on disk when it returns, everything else within a second while Run runs; all of it
// outlives the process at once. After an error the event may be in the log or not.
func (l *Log) Append(conv hotline.ConversationID, body hotline.EventBody) (hotline.Event, error) {
	const op = "append event"
	if body == nil {
		return hotline.Event{}, hotline.Errorf(op, hotline.CodeInvalid, "the event has no body")
	}
	path, err := l.path(conv)
	if err != nil {
		return hotline.Event{}, err
	}
	for {
		j, err := l.journal(conv, path)
		if err != nil {
			return hotline.Event{}, err
		}
		event, err := j.append(conv, body, l.clock.Now().Round(0))
		if errors.Is(err, errRetired) {
			continue // it was idle and closed between the two calls
		}
		if err != nil {
			return event, hotline.Errorf(op, hotline.CodeInternal, "%s: %w", conv, err)
		}
		return event, nil
	}
}

// journal returns the conversation's file, opening it when it is not open.
func (l *Log) journal(conv hotline.ConversationID, path string) (*journal, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, hotline.Errorf("append event", hotline.CodeUnavailable, "the log is closed")
	}
	j, ok := l.journals[conv]
	if !ok {
		j = &journal{path: path, root: l.dir}
		l.journals[conv] = j
	}
	return j, nil
}

// Read returns the events of a conversation in order; CodeNotFound when there are none. When a line
// in the middle is damaged, the events before it come with an error that names it.
func (l *Log) Read(conv hotline.ConversationID) ([]hotline.Event, error) {
	const op = "read events"
	path, err := l.path(conv)
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "no conversation %s", conv)
	}
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	events, err := parseLines[hotline.Event](raw)
	if err != nil {
		return events, hotline.Errorf(op, hotline.CodeInternal, "%s %w", path, err)
	}
	if len(events) == 0 {
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "conversation %s is empty", conv)
	}
	return events, nil
}

// List returns the conversations that began on the day of the given time, oldest first.
func (l *Log) List(day time.Time) ([]hotline.ConversationID, error) {
	entries, err := os.ReadDir(l.folder(day))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, hotline.Errorf("list conversations", hotline.CodeInternal, "%w", err)
	}
	var list []hotline.ConversationID
	for _, e := range entries {
		name, ok := strings.CutSuffix(e.Name(), suffix)
		id := hotline.ConversationID(name)
		if _, err := id.Time(); ok && err == nil {
			list = append(list, id)
		}
	}
	return list, nil
}

// Run brings events to disk every second and closes idle files, until ctx is done; then it closes
// all files and the log takes no more events.
func (l *Log) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return l.close()
		case <-l.clock.After(syncEvery):
			l.sync()
		}
	}
}

// sync brings all events to disk and closes the files that have been idle.
func (l *Log) sync() {
	idle := l.clock.Now().Add(-idleAfter)
	for conv, j := range l.snapshot() {
		if err := j.sync(); err != nil {
			l.log.Error("events not brought to disk", "conversation", conv, "error", err)
		}
		l.mu.Lock() // also while it is closed, so that no second journal of the same file is made
		if j.retireIdle(idle) {
			delete(l.journals, conv)
		}
		l.mu.Unlock()
	}
}

func (l *Log) snapshot() map[hotline.ConversationID]*journal {
	l.mu.Lock()
	defer l.mu.Unlock()
	open := make(map[hotline.ConversationID]*journal, len(l.journals))
	for conv, j := range l.journals {
		open[conv] = j
	}
	return open
}

func (l *Log) close() error {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	var failed []error
	for conv, j := range l.snapshot() {
		if err := j.retire(); err != nil {
			failed = append(failed, fmt.Errorf("close events of %s: %w", conv, err))
		}
	}
	return errors.Join(failed...)
}

// line encodes v as one line.
func line(v any) ([]byte, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	return append(raw, '\n'), nil
}
