package whisper

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/hotline-cc/hotline"
)

var errClosed = errors.New("the recogniser is closed")

// slots hands the states to utterances: final ones before speculative ones, each kind in the order
// it came. At most max utterances wait.
type slots struct {
	mu      sync.Mutex
	free    []*state
	waiting [2][]*waiter // final, speculative
	max     int
	closed  bool
	idle    sync.Cond // all states are free
	total   int
}

type waiter struct {
	state *state
	err   error
	ready chan struct{} // closed when one of the two is set
}

func newSlots(states []*state, maxWaiting int) *slots {
	s := &slots{free: slices.Clone(states), total: len(states), max: maxWaiting}
	s.idle.L = &s.mu
	return s
}

// take waits for a state. A full queue refuses with CodeOverload; a final utterance pushes the
// youngest speculative one out instead.
func (s *slots) take(ctx context.Context, speculative bool) (*state, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, hotline.Errorf("recognise speech", hotline.CodeUnavailable, "%w", errClosed)
	}
	if n := len(s.free); n > 0 {
		state := s.free[n-1]
		s.free = s.free[:n-1]
		s.mu.Unlock()
		return state, nil
	}
	if len(s.waiting[0])+len(s.waiting[1]) >= s.max && (speculative || !s.evict()) {
		s.mu.Unlock()
		return nil, errFull(s.max)
	}
	w := &waiter{ready: make(chan struct{})}
	kind := 0
	if speculative {
		kind = 1
	}
	s.waiting[kind] = append(s.waiting[kind], w)
	s.mu.Unlock()

	select {
	case <-w.ready:
		return w.state, w.err
	case <-ctx.Done():
	}
	s.mu.Lock()
	i := slices.Index(s.waiting[kind], w)
	if i >= 0 {
		s.waiting[kind] = slices.Delete(s.waiting[kind], i, i+1)
	}
	s.mu.Unlock()
	if i < 0 { // served in the same moment
		<-w.ready
		if w.state != nil {
			s.give(w.state)
		}
	}
	return nil, context.Cause(ctx)
}

func errFull(limit int) error {
	return hotline.Errorf("recognise speech", hotline.CodeOverload, "%d utterances are waiting already", limit)
}

// evict refuses the youngest waiting speculative utterance.
func (s *slots) evict() bool {
	n := len(s.waiting[1])
	if n == 0 {
		return false
	}
	w := s.waiting[1][n-1]
	s.waiting[1] = s.waiting[1][:n-1]
	w.err = errFull(s.max)
	close(w.ready)
	return true
}

// give returns a state.
func (s *slots) give(state *state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for kind, queue := range s.waiting {
		if len(queue) > 0 {
			w := queue[0]
			s.waiting[kind] = queue[1:]
			w.state = state
			close(w.ready)
			return
		}
	}
	s.free = append(s.free, state)
	if len(s.free) == s.total {
		s.idle.Broadcast()
	}
}

// close refuses all who wait and returns the states when the last decode has ended.
func (s *slots) close() []*state {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	for kind, queue := range s.waiting {
		for _, w := range queue {
			w.err = hotline.Errorf("recognise speech", hotline.CodeUnavailable, "%w", errClosed)
			close(w.ready)
		}
		s.waiting[kind] = nil
	}
	for len(s.free) < s.total {
		s.idle.Wait()
	}
	states := s.free
	s.free, s.total = nil, 0
	return states
}
