// Package record keeps the sound of a call: stereo WAV segments, the caller on the left and the
// hotline on the right, with a manifest beside them. Both sides are taken on the same tick, so they
// never drift apart. What was recorded up to a second before a crash can be played afterwards.
//
// A recording lies in <root>/<year>/<month>/<day>/<conversation>; while it is being written,
// <root>/open/<conversation> says so, and that is what Repair looks for.
package record

import (
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media"
)

// Config describes one recording.
type Config struct {
	Root         string // folder of all recordings
	Conversation hotline.ConversationID
	Codec        string        // as negotiated, for the manifest
	Rate         int           // Hz, 8000…48000, of the PCM given to Tick
	Segment      time.Duration // length of one file; 0 means 60 s; within 1 s…1 h
	Sealer       Sealer        // nil means plain files
	Clock        media.Clock   // nil means the system's
	Logger       *slog.Logger  // nil discards
	// Alarm, when not nil, is called by the writer when sound begins to be lost (disk full, writer
	// too slow) and with nil when recording works again. It must not block.
	Alarm func(error)
}

const channels = 2

// Recorder writes one call. Tick is called from the frame path by one goroutine, Run writes; the
// other methods may be called by anyone.
type Recorder struct {
	ring   *ring
	writer *writer
	ticks  atomic.Uint64
	muted  atomic.Bool
	ended  atomic.Bool
}

// New returns a recorder that has made nothing on disk yet. The recording begins at the clock's
// present time.
func New(cfg Config) (*Recorder, error) {
	const op = "make recorder"
	if cfg.Root == "" {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "root is empty")
	}
	if _, err := cfg.Conversation.Time(); err != nil {
		return nil, err
	}
	if cfg.Rate < 8000 || cfg.Rate > 48000 || cfg.Rate%50 != 0 {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "rate %d Hz outside 8000…48000 or not whole ticks", cfg.Rate)
	}
	if cfg.Segment == 0 {
		cfg.Segment = time.Minute
	}
	if cfg.Segment < time.Second || cfg.Segment > time.Hour {
		return nil, hotline.Errorf(op, hotline.CodeInvalid, "segment %v outside 1s…1h", cfg.Segment)
	}
	if cfg.Sealer == nil {
		cfg.Sealer = Plain{}
	}
	if cfg.Clock == nil {
		cfg.Clock = media.SystemClock{}
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Alarm == nil {
		cfg.Alarm = func(error) {}
	}
	return &Recorder{ring: newRing(cfg.Rate), writer: newWriter(cfg)}, nil
}

// Tick takes one media.Tick of both directions (a nil or short slice is filled with silence). It
// copies, never blocks and never allocates; when the writer is too slow the tick becomes silence and
// is counted.
func (r *Recorder) Tick(in, out []int16) {
	if r.ended.Load() {
		return
	}
	r.ticks.Add(1)
	r.ring.push(in, out, r.muted.Load())
}

// Pause records silence in both channels until Resume, for confidential passages.
func (r *Recorder) Pause() { r.muted.Store(true) }

// Resume ends a Pause.
func (r *Recorder) Resume() { r.muted.Store(false) }

// Dir returns the folder of this recording.
func (r *Recorder) Dir() string { return r.writer.dir }

// Stats counts ticks.
type Stats struct {
	Ticks uint64 // given to Tick
	Lost  uint64 // not recorded: writer too slow or disk failing
}

// Stats may be called at any time.
func (r *Recorder) Stats() Stats {
	return Stats{Ticks: r.ticks.Load(), Lost: r.ring.lost.Load() + r.writer.lost.Load()}
}

// folder returns where the recording of a conversation lies, relative to the root.
func folder(conv hotline.ConversationID, start time.Time) string {
	return filepath.Join(start.Format("2006"), start.Format("01"), start.Format("02"), string(conv))
}
