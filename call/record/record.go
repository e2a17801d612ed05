// Package record keeps the sound of a call, every party on its own channel: WAV segments with the
// caller first (left), the hotline second (right) and whoever joins behind them, with a manifest
// beside them. All channels are taken on the same tick, so they never drift apart. When a party
// joins or leaves, a segment with the other channels begins at that tick. What was recorded up to a
// second before a crash can be played afterwards.
//
// A recording lies in <root>/<year>/<month>/<day>/<conversation>; while it is being written,
// <root>/open/<conversation> says so, and that is what Repair looks for.
package record

import (
	"log/slog"
	"path/filepath"
	"slices"
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

// The channels that every recording has.
const (
	Caller  = "caller"
	Hotline = "hotline"
)

// MaxChannels is how many channels a recording has at a time.
const MaxChannels = 8

// maxName bounds the name of a channel, in bytes.
const maxName = 64

// Recorder writes one call. Tick, TickAll and SetOthers are called from the frame path by one
// goroutine, Run writes; the other methods may be called by anyone.
type Recorder struct {
	ring   *ring // that is pushed to
	pair   [2][]int16
	gap    uint32 // ticks lost since the last one that was taken
	writer *writer

	began   time.Time // of the first tick
	given   int64     // ticks since, with those left out
	stalled uint32    // ticks left out since the last one that was taken

	ticks atomic.Uint64
	lost  atomic.Uint64
	muted atomic.Bool
	ended atomic.Bool
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
	first := newRing(cfg.Rate, []string{Caller, Hotline})
	return &Recorder{ring: first, writer: newWriter(cfg, first)}, nil
}

// SetOthers names the channels behind caller and hotline, "agent:li" for one, from the next tick on.
// Another set than before begins a segment and is the only thing here that allocates. At most
// MaxChannels-2 others (CodeOverload), of 1…64 bytes and all different (CodeInvalid); after an
// error the set is as before.
func (r *Recorder) SetOthers(names ...string) error {
	channels := append([]string{Caller, Hotline}, names...)
	if slices.Equal(channels, r.ring.channels) {
		return nil
	}
	if err := checkChannels("set channels of the recording", channels); err != nil {
		return err
	}
	next := newRing(r.writer.cfg.Rate, channels)
	r.ring.next.Store(next)
	r.ring = next
	return nil
}

// checkChannels tells whether a segment may have these channels.
func checkChannels(op string, names []string) error {
	if len(names) > MaxChannels {
		return hotline.Errorf(op, hotline.CodeOverload, "%d channels, %d are the most", len(names), MaxChannels)
	}
	if len(names) < 2 || names[0] != Caller || names[1] != Hotline {
		return hotline.Errorf(op, hotline.CodeInvalid, "channels %q do not begin with caller and hotline", names)
	}
	for i, name := range names {
		if name == "" || len(name) > maxName || slices.Contains(names[:i], name) {
			return hotline.Errorf(op, hotline.CodeInvalid, "channel %q is empty, longer than %d bytes or there twice", name, maxName)
		}
	}
	return nil
}

// Tick takes one media.Tick of the caller and of the hotline; the others are silent. See TickAll.
func (r *Recorder) Tick(in, out []int16) {
	r.pair = [2][]int16{in, out}
	r.TickAll(r.pair[:])
	r.pair = [2][]int16{}
}

// TickAll takes one media.Tick of every channel: caller, hotline, and the others in the order of
// SetOthers. What is nil, short or missing is filled with silence. It copies, never blocks and never
// allocates; when the writer is too slow the tick becomes silence and is counted.
func (r *Recorder) TickAll(sides [][]int16) {
	if r.ended.Load() {
		return
	}
	r.ticks.Add(1)
	r.stalled += r.leftOut()
	if !r.ring.push(sides, mark{gap: r.gap, stalled: r.stalled, muted: r.muted.Load()}) {
		r.gap++
		r.lost.Add(1)
		return
	}
	r.gap, r.stalled = 0, 0
}

// burst is how many ticks may come at once after a stall; those before are never given. See pace.Pacer.
const burst = 2

// leftOut returns how many ticks were not given before this one although their time has passed, for the machine stood
// still. They are silence in the recording, which keeps to the clock: marks of turns are found in it by their time.
func (r *Recorder) leftOut() uint32 {
	now := r.writer.cfg.Clock.Now()
	if r.given == 0 {
		r.began = now
	}
	r.given++
	behind := int64(now.Sub(r.began)/media.Tick) + 1 - r.given - (burst - 1)
	if behind <= 0 {
		return 0
	}
	r.given += behind
	return uint32(behind)
}

// Pause records silence in all channels until Resume, for confidential passages.
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
	return Stats{Ticks: r.ticks.Load(), Lost: r.lost.Load() + r.writer.lost.Load()}
}

// folder returns where the recording of a conversation lies, relative to the root.
func folder(conv hotline.ConversationID, start time.Time) string {
	return filepath.Join(start.Format("2006"), start.Format("01"), start.Format("02"), string(conv))
}
