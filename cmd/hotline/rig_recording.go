package main

import (
	"context"
	"errors"
	"path/filepath"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/playback"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media/wav"
)

// recording waits until a call is over and opens what was recorded of it; dir is where that is.
func (r *rig) recording(ctx context.Context, id hotline.ConversationID) (recording *playback.Recording, dir string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	root := filepath.Join(r.dir, "recordings")
	for {
		dir = filepath.Join(root, playback.Find(root, id))
		m, err := record.ReadManifest(dir)
		if err == nil && !m.Closed.IsZero() {
			recording, err = playback.Open(dir, nil)
			return recording, dir, err
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return nil, "", errors.Join(err, ctx.Err())
		}
	}
}

// soundOf reads a channel of a recording, which has the recording's rate.
func soundOf(recording *playback.Recording, i int) ([]int16, error) {
	sound := recording.Reader(i)
	pcm, _, err := wav.Read(sound)
	return pcm, errors.Join(err, sound.Close())
}
