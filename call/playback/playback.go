// Package playback lets people listen to a recording: one channel of it or all mixed, as one WAV file that
// can be read from any place, made of the segments while it is read. It also draws its peaks.
package playback

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/call/record"
	"github.com/hotline-cc/hotline/media/wav"
)

// Mix is the channel in which all are heard together.
const Mix = -1

// Channel is one side of a recording.
type Channel struct {
	Name  string // stable
	Label string // for people
}

// Recording is a recording that can be listened to, also one that is still being made: it is then as
// long as it was when it was opened.
type Recording struct {
	Start    time.Time
	Rate     int // Hz
	Channels []Channel
	Samples  int64 // of one channel

	dir    string
	sealer record.Sealer
	parts  []part
	closed bool // nothing is added any more
}

// part is one segment with what is in it.
type part struct {
	file           string
	start, samples int64
	width          int   // channels in the file
	lies           []int // by channel of the recording: which of the file it is, -1 none
}

// frame is the bytes of a sample of all channels of the segment.
func (p part) frame() int { return p.width * sampleSize }

// Open reads what there is in the folder of a recording; CodeNotFound when there is none. sealer nil
// means plain segments.
func Open(dir string, sealer record.Sealer) (*Recording, error) {
	const op = "open recording"
	if sealer == nil {
		sealer = record.Plain{}
	}
	m, err := record.ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, hotline.Errorf(op, hotline.CodeNotFound, "没有录音，或已过保存期 there is no recording, or it was removed by age")
	}
	if err != nil {
		return nil, hotline.Errorf(op, hotline.CodeInternal, "%w", err)
	}
	r := &Recording{Start: m.Start, Rate: m.Rate, dir: dir, sealer: sealer, closed: !m.Closed.IsZero()}
	parties := m.Parties()
	for _, name := range parties {
		r.Channels = append(r.Channels, named(name))
	}
	for _, s := range m.Segments {
		names := s.Channels
		p := part{file: s.File, start: s.Start, samples: s.Samples, width: len(names)}
		for _, name := range parties {
			p.lies = append(p.lies, slices.Index(names, name))
		}
		if s.SHA256 == "" { // not closed: the file tells
			if p.samples, err = r.measure(p); err != nil {
				return nil, hotline.Errorf(op, hotline.CodeInternal, "segment %s: %w", s.File, err)
			}
		}
		if p.start < r.Samples {
			return nil, hotline.Errorf(op, hotline.CodeInternal, "segment %s begins at sample %d, before %d", s.File, s.Start, r.Samples)
		}
		r.parts = append(r.parts, p)
		r.Samples = p.start + p.samples
	}
	if r.Samples > maxSamples {
		return nil, hotline.Errorf(op, hotline.CodeTooLarge, "录音太长 %d samples are more than one WAV file holds", r.Samples)
	}
	return r, nil
}

// Find returns the folder of the recording of a conversation, relative to that of all recordings; "" when
// there is none. A recording begins after its conversation, so it may lie in the next day.
func Find(root string, conv hotline.ConversationID) string {
	began, err := conv.Time()
	if err != nil {
		return ""
	}
	for _, day := range []time.Time{began, began.Add(time.Hour)} {
		dir := filepath.Join(day.Local().Format("2006"), day.Local().Format("01"), day.Local().Format("02"), string(conv))
		if info, err := os.Stat(filepath.Join(root, dir)); err == nil && info.IsDir() {
			return dir
		}
	}
	return ""
}

const sampleSize = 2 // bytes

// maxSamples is what fits into a WAV file of one channel.
const maxSamples = (1<<32 - 2 - wav.HeaderSize) / sampleSize

func named(name string) Channel {
	labels := map[string]string{"caller": "来电人 Caller", "hotline": "热线 Hotline"}
	role, who, _ := strings.Cut(name, ":")
	if title := map[string]string{"agent": "坐席 Agent", "peer": "会商方 Peer", "service": "紧急服务 Service", "supervisor": "班长 Supervisor"}[role]; title != "" {
		return Channel{Name: name, Label: title + " " + who}
	}
	return Channel{Name: name, Label: cmp.Or(labels[name], name)}
}

// measure returns the samples that are in a segment.
func (r *Recording) measure(p part) (int64, error) {
	f, err := r.sealer.Open(filepath.Join(r.dir, p.file))
	if err != nil {
		return 0, err
	}
	size, err := f.Seek(0, io.SeekEnd)
	if err := errors.Join(err, f.Close()); err != nil {
		return 0, fmt.Errorf("find the end: %w", err)
	}
	return max(size-wav.HeaderSize, 0) / int64(p.frame()), nil
}

// Duration is how long the recording is.
func (r *Recording) Duration() time.Duration {
	return time.Duration(r.Samples) * time.Second / time.Duration(r.Rate)
}

// Channel returns the place of a channel by its name, Mix for "".
func (r *Recording) Channel(name string) (int, error) {
	if name == "" {
		return Mix, nil
	}
	for i, c := range r.Channels {
		if c.Name == name {
			return i, nil
		}
	}
	return 0, hotline.Errorf("choose channel", hotline.CodeNotFound, "录音没有声道 the recording has no channel %.40q", name)
}
