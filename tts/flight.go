package tts

import (
	"context"
	"sync"
)

// flight is one synthesis that any number of listeners follow as it grows.
type flight struct {
	cancel    context.CancelFunc
	listeners int // guarded by Cache.mu

	mu    sync.Mutex
	pcm   []int16       // only ever appended to
	grown chan struct{} // closed when pcm grows or the synthesis ends
	ended bool
	err   error
}

func newFlight(cancel context.CancelFunc) *flight {
	return &flight{cancel: cancel, grown: make(chan struct{})}
}

func (f *flight) append(pcm []int16) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pcm = append(f.pcm, pcm...)
	close(f.grown)
	f.grown = make(chan struct{})
}

func (f *flight) end(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended, f.err = true, err
	close(f.grown)
}

// follow calls emit with the sound as it comes and returns how the synthesis ended.
func (f *flight) follow(ctx context.Context, emit func(pcm []int16) error) error {
	for at := 0; ; {
		f.mu.Lock()
		piece, grown, ended, err := f.pcm[at:], f.grown, f.ended, f.err
		f.mu.Unlock()
		switch {
		case len(piece) > 0:
			at += len(piece)
			if err := emitPieces(ctx, piece, emit); err != nil {
				return err
			}
		case ended:
			return err
		default:
			select {
			case <-grown:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

// pieceSamples is how much sound emit gets at most in one call, 200 ms.
const pieceSamples = SampleRate / 5

func emitPieces(ctx context.Context, pcm []int16, emit func(pcm []int16) error) error {
	for len(pcm) > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n := min(len(pcm), pieceSamples)
		if err := emit(pcm[:n:n]); err != nil {
			return err
		}
		pcm = pcm[n:]
	}
	return nil
}
