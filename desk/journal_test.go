package desk

import (
	"context"
	"errors"
	"log/slog"
	"testing"
)

// brokenLedger keeps nothing; meanwhile has more entries come while it tries.
type brokenLedger struct{ meanwhile func() }

func (l brokenLedger) Keep(context.Context, []Entry) error {
	l.meanwhile()
	return errors.New("the disk is full")
}

func (brokenLedger) Load(context.Context) ([]Callback, []Place, error) { return nil, nil, nil }

func TestAFullJournalKeepsWhatItHasAndCountsTheRest(t *testing.T) {
	j := newJournal(nil, slog.New(slog.DiscardHandler))
	more := func() { j.add(make([]Entry, 5)) }
	j.ledger = brokenLedger{more}
	batch := make([]Entry, maxPending)
	if j.write(t.Context(), batch) {
		t.Fatal("it was written")
	}
	more()
	if got := len(j.pending); got != maxPending+5 || j.lost != 5 {
		t.Errorf("%d entries are kept and %d lost", got, j.lost)
	}
}
