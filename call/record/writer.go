package record

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/hotline-cc/hotline/media"
)

const (
	// drainEvery is how often sound goes to the file, and so the most a killed process loses.
	drainEvery = 500 * time.Millisecond
	// syncEvery is how often the file goes to the disk, and so the most a power cut loses.
	syncEvery = 5 * time.Second
	// retryAfter is how long a failed disk is left alone.
	retryAfter = 5 * time.Second
	// maxRaw bounds what is gathered before it is written.
	maxRaw = 256 << 10
)

// errBehind says that ticks were lost because the writer was held up.
var errBehind = errors.New("the recording fell behind")

// writer brings a recording to disk. Only Run uses it, except for lost and dir.
type writer struct {
	cfg  Config
	dir  string
	lost atomic.Uint64 // ticks that could not be written

	ring     *ring // that is emptied
	manifest Manifest
	prepared bool     // folder and open mark are there
	number   int      // of the segment last made
	segment  *segment // nil between segments and while the disk fails
	silence  []int16  // one tick of all channels there can be
	raw      []byte   // sound not written yet
	at       int64    // position of the first sample in raw
	synced   time.Time
	failure  error     // why the disk was given up
	retry    time.Time // when it is tried again
	problem  error     // what went wrong in this round
	alarmed  bool
}

func newWriter(cfg Config, first *ring) *writer {
	start := cfg.Clock.Now()
	return &writer{
		cfg:     cfg,
		ring:    first,
		silence: make([]int16, cfg.Rate/50*MaxChannels),
		dir:     filepath.Join(cfg.Root, folder(cfg.Conversation, start)),
		manifest: Manifest{
			Version: version, Conversation: cfg.Conversation, Start: start.Round(0),
			Codec: cfg.Codec, Rate: cfg.Rate, Segments: []Segment{},
		},
	}
}

// Run writes until ctx is done, then writes what Tick has taken, closes the manifest and returns.
// Sound that the disk refuses is counted and alarmed; the error is that of closing the recording.
func (r *Recorder) Run(ctx context.Context) error {
	w := r.writer
	for {
		select {
		case <-ctx.Done():
			r.ended.Store(true)
			w.round()
			return w.finish()
		case <-w.cfg.Clock.After(drainEvery):
			w.round()
		}
	}
}

// round writes all that is in the ring and makes the file playable.
func (w *writer) round() {
	w.problem = nil
	w.drain()
	w.write()
	if w.segment != nil {
		if err := w.flush(); err != nil {
			w.giveUp(err)
		}
	}
	if w.problem != nil && !w.alarmed {
		w.cfg.Logger.Error("recording loses sound", "error", w.problem)
	}
	if failing := w.problem != nil; failing != w.alarmed {
		w.alarmed = failing
		w.cfg.Alarm(w.problem)
	}
}

// drain takes all ticks there are. A set of channels that is followed by another gets no more ticks
// once the other is seen, so the segment ends with the last of them.
func (w *writer) drain() {
	for {
		next := w.ring.next.Load()
		for w.ring.pop(w.take) {
		}
		if next == nil {
			return
		}
		w.write()
		if w.segment != nil {
			w.complete()
		}
		w.ring = next
	}
}

// take appends a tick to raw, preceded by silence for those that were lost or never were.
func (w *writer) take(pcm []int16, m mark) {
	if m.gap > 0 {
		w.problem = errBehind
		w.manifest.Lost += int64(m.gap) * int64(w.ring.tick)
	}
	for range m.gap + m.stalled {
		w.gather(w.silence[:len(pcm)])
	}
	if m.muted {
		w.mute(int64(w.ring.tick))
	}
	w.gather(pcm)
}

// frameSize is the bytes of one sample of the present channels.
func (w *writer) frameSize() int64 { return frameSize(len(w.ring.channels)) }

// gather appends sound to raw and writes when there is much of it.
func (w *writer) gather(pcm []int16) {
	for _, x := range pcm {
		w.raw = binary.LittleEndian.AppendUint16(w.raw, uint16(x))
	}
	if len(w.raw) >= maxRaw {
		w.write()
	}
}

// mute notes that the next n samples are silent on purpose.
func (w *writer) mute(n int64) {
	at := w.at + int64(len(w.raw))/w.frameSize()
	if last := len(w.manifest.Muted) - 1; last >= 0 {
		if p := &w.manifest.Muted[last]; p.Start+p.Samples == at {
			p.Samples += n
			return
		}
	}
	w.manifest.Muted = append(w.manifest.Muted, Passage{Start: at, Samples: n})
}

// write empties raw into segments, or into nothing while the disk fails.
func (w *writer) write() {
	limit := w.cfg.Segment.Milliseconds() * int64(w.cfg.Rate) / 1000 * w.frameSize()
	rest := w.raw
	for len(rest) > 0 {
		if w.segment == nil {
			if err := w.begin(); err != nil {
				break
			}
		}
		n := min(int64(len(rest)), limit-w.segment.size)
		if err := w.segment.append(rest[:n]); err != nil {
			w.giveUp(err)
			break
		}
		w.at += n / w.frameSize()
		rest = rest[n:]
		if w.segment.size == limit {
			w.complete()
		}
	}
	if samples := int64(len(rest)) / w.frameSize(); samples > 0 {
		w.problem = w.failure
		w.at += samples
		w.manifest.Lost += samples
		w.lost.Add(uint64(samples) / uint64(w.cfg.Rate/50))
	}
	w.raw = w.raw[:0]
}

// begin opens the next segment unless the disk is being left alone.
func (w *writer) begin() error {
	now := w.cfg.Clock.Now()
	if now.Before(w.retry) {
		return w.failure
	}
	err := w.tryBegin()
	if err != nil {
		w.failure, w.retry = err, now.Add(retryAfter)
		return err
	}
	w.synced = now
	return nil
}

func (w *writer) tryBegin() error {
	if err := w.prepare(); err != nil {
		return err
	}
	w.number++
	name := fmt.Sprintf("%04d.wav", w.number)
	g, err := createSegment(w.cfg.Sealer, filepath.Join(w.dir, name), media.Format{Rate: w.cfg.Rate, Channels: len(w.ring.channels)})
	if err != nil {
		return fmt.Errorf("create segment: %w", err)
	}
	w.segment = g
	w.manifest.Segments = append(w.manifest.Segments, Segment{File: name, Start: w.at, Channels: w.ring.channels})
	if err := w.manifest.write(w.dir); err != nil {
		w.giveUp(err)
		return err
	}
	return nil
}

// prepare makes the folder and the mark that the recording is open.
func (w *writer) prepare() error {
	if w.prepared {
		return nil
	}
	mark := openMark(w.cfg.Root, w.cfg.Conversation)
	if err := os.MkdirAll(filepath.Dir(mark), 0o700); err != nil {
		return fmt.Errorf("prepare recording: %w", err)
	}
	if err := os.WriteFile(mark, []byte(folder(w.cfg.Conversation, w.manifest.Start)), 0o600); err != nil {
		return fmt.Errorf("prepare recording: %w", err)
	}
	if err := os.MkdirAll(w.dir, 0o700); err != nil {
		return fmt.Errorf("prepare recording: %w", err)
	}
	w.prepared = true
	return nil
}

// flush makes the open segment playable, and from time to time safe from a power cut.
func (w *writer) flush() error {
	if err := w.segment.flush(); err != nil {
		return err
	}
	if now := w.cfg.Clock.Now(); now.Sub(w.synced) >= syncEvery {
		w.synced = now
		return w.segment.file.Sync()
	}
	return nil
}

// giveUp leaves a segment that the disk refuses with what is certainly in it.
func (w *writer) giveUp(err error) {
	w.failure, w.retry = fmt.Errorf("write segment: %w", err), w.cfg.Clock.Now().Add(retryAfter)
	w.problem = w.failure
	g := w.segment
	w.segment = nil
	if err := g.giveUp(); err != nil {
		w.cfg.Logger.Warn("segment not closed well", "error", err)
	}
	w.settle(g)
}

// complete closes a segment that is as long as it should be.
func (w *writer) complete() {
	g := w.segment
	w.segment = nil
	if err := g.close(); err != nil {
		w.problem = fmt.Errorf("close segment: %w", err)
	}
	w.settle(g)
}

// settle enters the length and hash of the last segment in the manifest; without sound it goes.
func (w *writer) settle(g *segment) {
	last := len(w.manifest.Segments) - 1
	entry := &w.manifest.Segments[last]
	path := filepath.Join(w.dir, entry.File)
	if g.samples() == 0 {
		_ = os.Remove(path)
		w.manifest.Segments = w.manifest.Segments[:last]
		return
	}
	entry.Samples = g.samples()
	hash, err := hashFile(path)
	if err != nil {
		w.cfg.Logger.Warn("segment not hashed", "error", err)
	}
	entry.SHA256 = hash
}

// finish closes the recording. When that fails the open mark stays for Repair.
func (w *writer) finish() error {
	if w.segment != nil {
		w.complete()
	}
	if err := w.prepare(); err != nil {
		return err
	}
	w.manifest.Closed = w.cfg.Clock.Now().Round(0)
	if err := w.manifest.write(w.dir); err != nil {
		return err
	}
	if err := os.Remove(openMark(w.cfg.Root, w.cfg.Conversation)); err != nil {
		return fmt.Errorf("close recording: %w", err)
	}
	return nil
}
