package rtp

import (
	"context"
	"time"
)

// keepPace has the session ticked until ctx ends, but not while its ticks would do nothing: then it
// is only woken for its reports.
func (s *Session) keepPace(ctx context.Context) {
	for ctx.Err() == nil {
		remove := s.pacer.Add(s)
		select {
		case <-ctx.Done():
		case <-s.tired:
		}
		remove()
		s.rest(ctx)
	}
}

// rest sends reports while the session is idle.
func (s *Session) rest(ctx context.Context) {
	for s.idle() && ctx.Err() == nil {
		timer := time.NewTimer(s.reportAt.Sub(s.clock.Now()))
		select {
		case <-ctx.Done():
		case <-s.roused:
		case <-timer.C:
			s.tell(s.clock.Now())
		}
		timer.Stop()
	}
}

// idle reports whether ticks do nothing: the sound of both directions is forwarded, nobody listens to
// it, and no key waits. Whoever changes that signals roused.
func (s *Session) idle() bool {
	return s.sink.Load() == nil && (s.tones == nil || s.onKey == nil) && s.in.idle() && s.out.idle()
}

// idle reports whether all that comes is only passed on.
func (r *receiver) idle() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.route != nil && r.resting && !r.collided
}

// idle reports whether all that is sent is passed on.
func (o *sender) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.feed != nil && o.keys.Waiting() == 0
}

// signal leaves word for one who waits, or will.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
