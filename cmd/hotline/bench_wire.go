package main

import (
	"sync"
	"time"

	pionrtp "github.com/pion/rtp"

	"github.com/hotline-cc/hotline/media/g711"
)

// wiretap notes when the voice of the far end arrives, packet by packet, before any jitter buffer. Calls
// must be A-law.
type wiretap struct {
	mu    sync.Mutex
	calls map[string]*wire
}

func newWiretap() *wiretap { return &wiretap{calls: map[string]*wire{}} }

// call returns what is noted of a call.
func (t *wiretap) call(callID string) *wire {
	t.mu.Lock()
	defer t.mu.Unlock()
	w := t.calls[callID]
	if w == nil {
		w = &wire{}
		t.calls[callID] = w
	}
	return w
}

// packet is for sip.Config.OnPacket.
func (t *wiretap) packet(callID string, sent bool, at time.Time, h *pionrtp.Header, payload []byte) {
	const alaw = 8
	if !sent && h.PayloadType == alaw {
		t.call(callID).packet(at, payload)
	}
}

// wire holds when voiced packets came, in order.
type wire struct {
	mu      sync.Mutex
	voiced  []time.Time
	scratch []int16
}

func (w *wire) packet(at time.Time, payload []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.scratch = g711.ALaw.AppendPCM(w.scratch[:0], payload)
	half := len(w.scratch) / 2
	if loud(w.scratch[:half]) || loud(w.scratch[half:]) {
		w.voiced = append(w.voiced, at)
	}
}

// loud tells voice from silence, as phone.DefaultLevel has it: -50 dB below full scale.
func loud(pcm []int16) bool {
	const least = 1e-5 * (1 << 30)
	var sum float64
	for _, s := range pcm {
		sum += float64(s) * float64(s)
	}
	return sum >= least*float64(len(pcm)) && sum > 0
}

// first returns the first voiced packet at a time or later, false when there is none yet.
func (w *wire) first(from time.Time) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, at := range w.voiced {
		if !at.Before(from) {
			return at, true
		}
	}
	return time.Time{}, false
}

// last returns the last voiced packet at a time or before, false when there is none.
func (w *wire) last(until time.Time) (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.voiced) - 1; i >= 0; i-- {
		if !w.voiced[i].After(until) {
			return w.voiced[i], true
		}
	}
	return time.Time{}, false
}
