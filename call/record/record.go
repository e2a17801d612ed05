// Package record keeps the sound of a call: stereo WAV segments, the caller on the left and the
// hotline on the right, with a manifest beside them. What was recorded up to a second before a
// crash can be played afterwards.
package record

import (
	"context"
	"errors"
	"io"
	"log/slog"
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
	// Alarm, when not nil, is called from the writer when sound is lost (disk full, too slow) and
	// with nil when recording works again. It must not block.
	Alarm func(error)
}

// Sealer makes and opens the files of recordings; an implementation may encrypt them at rest.
type Sealer interface {
	Create(path string) (File, error)
	Open(path string) (File, error)
}

// File is one segment or an export of it.
type File interface {
	io.ReadWriteSeeker
	Truncate(size int64) error
	Sync() error
	Close() error
}

// Recorder writes one call. Tick is called from the frame path by one goroutine; Run writes.
type Recorder struct{}

// New returns a recorder that has made nothing on disk yet.
func New(cfg Config) (*Recorder, error) { return nil, errors.New("not built") }

// Tick takes one media.Tick of both directions (a nil or short slice is filled with silence). It
// copies, never blocks and never allocates; when the writer is too slow the tick becomes silence and
// is counted.
func (r *Recorder) Tick(in, out []int16) {}

// Pause records silence in both channels until Resume, for confidential passages.
func (r *Recorder) Pause() {}

// Resume ends a Pause.
func (r *Recorder) Resume() {}

// Run writes until ctx is done, then writes what Tick has taken, closes the manifest and returns.
// Failures of the disk are counted and alarmed, not returned.
func (r *Recorder) Run(ctx context.Context) error { return errors.New("not built") }

// Dir returns the folder of this recording.
func (r *Recorder) Dir() string { return "" }

// Stats counts ticks taken and lost.
type Stats struct {
	Ticks uint64 // given to Tick
	Lost  uint64 // not recorded: writer too slow or disk failing
}

// Stats may be called at any time.
func (r *Recorder) Stats() Stats { return Stats{} }

// Repaired tells what Repair did.
type Repaired struct {
	Recordings  int      // closed with "recovered"
	Quarantined []string // files that could not be read, by their path in quarantine
}

// Repair closes the recordings a crash left open under root. Call it before any recorder runs there.
func Repair(root string, sealer Sealer, logger *slog.Logger) (Repaired, error) {
	return Repaired{}, errors.New("not built")
}

// Concat joins the segments in the folder of a recording into one stereo WAV file at dest, silence
// where sound was lost.
func Concat(dir, dest string, sealer Sealer) error { return errors.New("not built") }
