// Package store keeps what happened: the event log of every conversation and one call detail record
// per call, as JSON lines in files by day.
package store

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// Config describes a log.
type Config struct {
	Dir      string         // data folder; conversations/ and cdr/ are made under it
	Location *time.Location // whose days name the files; nil means time.Local
	Clock    media.Clock    // nil means the system's
	Logger   *slog.Logger   // nil discards
}

// Log is the append-only event log of all conversations. It is safe for concurrent use.
type Log struct{}

// Open makes the folders and cuts off lines that a crash left unfinished.
func Open(cfg Config) (*Log, error) { return nil, errors.New("not built") }

// Append adds an event to a conversation's log and returns it with its Seq and time. Ended and
// HandedOver are on disk when it returns, everything else within a second while Run runs.
func (l *Log) Append(conv hotline.ConversationID, body hotline.EventBody) (hotline.Event, error) {
	return hotline.Event{}, errors.New("not built")
}

// Read returns the events of a conversation in order; CodeNotFound when there are none.
func (l *Log) Read(conv hotline.ConversationID) ([]hotline.Event, error) {
	return nil, errors.New("not built")
}

// List returns the conversations that began on the day of the given time, oldest first.
func (l *Log) List(day time.Time) ([]hotline.ConversationID, error) {
	return nil, errors.New("not built")
}

// AppendCDR writes a call detail record; it is on disk when AppendCDR returns.
func (l *Log) AppendCDR(c CDR) error { return errors.New("not built") }

// CDRs returns the records of calls that ended on the day of the given time.
func (l *Log) CDRs(day time.Time) ([]CDR, error) { return nil, errors.New("not built") }

// Run brings events to disk every second and closes idle files, until ctx is done; then it closes
// all files.
func (l *Log) Run(ctx context.Context) error { return errors.New("not built") }
