package playback

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// PeaksName is the file beside the segments that keeps the peaks, so that the sound is read for them
// once: the number of channels, then one byte a channel for each window. It goes with the recording.
const PeaksName = "peaks"

// window is the length of one kept peak.
const window = 50 * time.Millisecond

// MaxPeaks is the most peaks of a channel that are drawn at once.
const MaxPeaks = 4000

// Peaks returns the loudest sample of each of n stretches of equal length, 1…MaxPeaks, by channel, from
// 0 to 1 in steps of 1/255. There are fewer of them when the recording is short.
func (r *Recording) Peaks(ctx context.Context, n int) ([][]float64, error) {
	kept, err := r.keptPeaks(ctx)
	if err != nil {
		return nil, fmt.Errorf("draw peaks: %w", err)
	}
	channels := len(r.Channels)
	windows := len(kept) / channels
	n = min(max(n, 1), MaxPeaks, windows)
	out := make([][]float64, channels)
	for c := range out {
		out[c] = make([]float64, n)
		for i := range out[c] {
			loudest := byte(0)
			for w := i * windows / n; w < (i+1)*windows/n; w++ {
				loudest = max(loudest, kept[w*channels+c])
			}
			out[c][i] = float64(loudest) / 255
		}
	}
	return out, nil
}

// keptPeaks returns the peaks of all windows. Those of a recording that is still being made are not kept.
func (r *Recording) keptPeaks(ctx context.Context) ([]byte, error) {
	path := filepath.Join(r.dir, PeaksName)
	want := 1 + r.windows()*int64(len(r.Channels))
	if raw, err := os.ReadFile(path); err == nil && int64(len(raw)) == want && int(raw[0]) == len(r.Channels) {
		return raw[1:], nil
	}
	peaks, err := r.measurePeaks(ctx)
	if err != nil || !r.closed {
		return peaks, err
	}
	// Whole or not there. One that cannot be kept is made again: a full disk keeps nobody from seeing it.
	if f, err := os.CreateTemp(r.dir, PeaksName+"-*"); err == nil {
		_, err = f.Write(append([]byte{byte(len(r.Channels))}, peaks...))
		if errors.Join(err, f.Close()) != nil || os.Rename(f.Name(), path) != nil {
			_ = os.Remove(f.Name())
		}
	}
	return peaks, nil
}

// windowSamples is the length of a window in samples of one channel.
func (r *Recording) windowSamples() int64 { return int64(r.Rate) * int64(window) / int64(time.Second) }

func (r *Recording) windows() int64 {
	return (r.Samples + r.windowSamples() - 1) / r.windowSamples()
}

// measurePeaks reads all of the sound.
func (r *Recording) measurePeaks(ctx context.Context) ([]byte, error) {
	s := &sound{recording: r}
	defer func() { _ = s.close() }() // it was only read
	channels, length := len(r.Channels), r.windowSamples()
	peaks := make([]byte, r.windows()*int64(channels))
	for at := int64(0); at < r.Samples; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, raw, n, err := s.framesAt(block, at)
		if err != nil {
			return nil, err
		}
		for i := 0; raw != nil && i < n; i++ {
			slot := int((at+int64(i))/length) * channels
			for c, lies := range p.lies {
				x := int(sampleOf(raw[i*p.frame():], lies))
				peaks[slot+c] = max(peaks[slot+c], byte(max(x, -x-1)>>7))
			}
		}
		at += int64(n)
	}
	return peaks, nil
}
