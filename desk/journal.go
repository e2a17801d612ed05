package desk

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/hotline-cc/hotline"
)

// journal writes entries to the ledger in order, apart from the desk, which must not wait for it.
type journal struct {
	ledger Ledger
	logger *slog.Logger
	wake   chan struct{}

	mu      sync.Mutex
	pending []Entry
	added   uint64 // entries so far
	durable uint64 // of those
	tried   uint64 // up to which the last attempt went that failed
	failure error
	lost    int
	closed  bool
	moved   chan struct{} // closed when an attempt has ended
}

const (
	maxPending  = 100000           // entries; more are not kept
	retryEvery  = time.Second      // after a failure
	writeWithin = 10 * time.Second // one attempt
)

func newJournal(l Ledger, logger *slog.Logger) *journal {
	return &journal{ledger: l, logger: logger, wake: make(chan struct{}, 1), moved: make(chan struct{})}
}

func (j *journal) add(entries []Entry) {
	if j.ledger == nil || len(entries) == 0 {
		return
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if room := max(0, maxPending-len(j.pending)); len(entries) > room { // a batch that failed may be back
		j.lost += len(entries) - room
		entries = entries[:room]
	}
	j.pending = append(j.pending, entries...)
	j.added += uint64(len(entries))
	j.signal()
}

func (j *journal) signal() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

func (j *journal) mark() uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.added
}

// wait returns when everything up to a mark is durable, or an attempt to make it so has failed. It
// is tried again in any case.
func (j *journal) wait(ctx context.Context, mark uint64) error {
	for {
		j.mu.Lock()
		durable, tried, failure, lost, moved := j.durable, j.tried, j.failure, j.lost, j.moved
		j.mu.Unlock()
		switch {
		case lost > 0:
			return hotline.Errorf("keep promise", hotline.CodeOverload, "%d entries could not be kept", lost)
		case durable >= mark:
			return nil
		case failure != nil && tried >= mark:
			return hotline.Errorf("keep promise", hotline.CodeUnavailable, "%w", failure)
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("keep promise: %w", ctx.Err())
		}
	}
}

// close lets run end once everything is written, or has failed.
func (j *journal) close() {
	j.mu.Lock()
	j.closed = true
	j.mu.Unlock()
	j.signal()
}

// run writes until the journal is closed. What is left then has one more attempt, whatever ctx says.
func (j *journal) run(ctx context.Context) {
	for {
		j.mu.Lock()
		batch, closed, lost := j.pending, j.closed, j.lost
		j.pending = nil
		j.lost = 0
		j.mu.Unlock()
		if lost > 0 {
			j.logger.Error("排队记录积压过多，部分未保存 (entries of the desk were not kept)", "lost", lost)
		}
		if len(batch) > 0 && !j.write(ctx, batch) && !closed {
			select {
			case <-time.After(retryEvery):
			case <-ctx.Done():
			}
			continue
		}
		if closed {
			return
		}
		<-j.wake
	}
}

func (j *journal) write(ctx context.Context, batch []Entry) bool {
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), writeWithin)
	defer cancel()
	err := j.ledger.Keep(within, batch)
	j.mu.Lock()
	defer j.mu.Unlock()
	j.failure = err
	if err != nil {
		j.tried = j.durable + uint64(len(batch))
		j.pending = append(batch, j.pending...)
		j.logger.Error("无法保存排队记录，将重试 (the ledger of the desk failed, trying again)", "entries", len(batch), "err", err)
	} else {
		j.durable += uint64(len(batch))
	}
	close(j.moved)
	j.moved = make(chan struct{})
	return err == nil
}
