package record

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/hotline-cc/hotline"
	"github.com/hotline-cc/hotline/media/wav"
)

// openMark is the file that says a recording is being written; it holds the recording's folder
// relative to root.
func openMark(root string, conv hotline.ConversationID) string {
	return filepath.Join(root, "open", string(conv))
}

// Repaired tells what Repair did.
type Repaired struct {
	Recordings  int      // closed with "recovered"
	Quarantined []string // segments that could not be read, where they lie now
}

// Repair closes the recordings that a crash left open under root: headers are made to agree with
// the files' lengths, segments that cannot be read are moved to root/quarantine, and the manifest is
// closed with "recovered". Call it before any recorder runs there. What could not be repaired stays
// open for the next time and is in the joined error.
// sealer nil means plain segments, logger nil discards.
func Repair(root string, sealer Sealer, logger *slog.Logger) (Repaired, error) {
	if sealer == nil {
		sealer = Plain{}
	}
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	var done Repaired
	marks, err := os.ReadDir(filepath.Join(root, "open"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return done, fmt.Errorf("find open recordings: %w", err)
	}
	var failed []error
	for _, mark := range marks {
		r := repair{root: root, conv: hotline.ConversationID(mark.Name()), sealer: sealer}
		moved, err := r.run()
		if err != nil {
			failed = append(failed, fmt.Errorf("repair recording %s: %w", mark.Name(), err))
			continue
		}
		logger.Info("recording repaired", "conversation", r.conv, "quarantined", len(moved))
		done.Recordings++
		done.Quarantined = append(done.Quarantined, moved...)
	}
	return done, errors.Join(failed...)
}

// repair is the repair of one recording.
type repair struct {
	root   string
	conv   hotline.ConversationID
	sealer Sealer
}

func (r repair) run() (quarantined []string, err error) {
	began, err := r.conv.Time()
	if err != nil {
		return nil, err
	}
	mark := openMark(r.root, r.conv)
	place, err := os.ReadFile(mark)
	if err != nil {
		return nil, err
	}
	dir := string(place)
	if dir == "" { // killed between making the mark and filling it: there is no folder yet
		return nil, os.Remove(mark)
	}
	if !filepath.IsLocal(dir) || filepath.Base(dir) != string(r.conv) {
		return nil, fmt.Errorf("the open mark names a foreign folder %q", dir)
	}
	dir = filepath.Join(r.root, dir)
	names, err := segmentsIn(dir)
	if err != nil {
		return nil, err
	}
	m, err := ReadManifest(dir)
	if err != nil { // killed before the first manifest, or it is damaged: the files tell the rest
		m = Manifest{Version: version, Conversation: r.conv, Start: began}
	}
	if quarantined, err = r.mend(dir, names, &m); err != nil {
		return quarantined, err
	}
	if m.Rate == 0 { // killed before there was sound
		err = os.RemoveAll(dir)
	} else {
		m.Closed, m.Recovered = lastWrite(dir, m), true
		err = m.write(dir)
	}
	if err != nil {
		return quarantined, err
	}
	return quarantined, os.Remove(mark)
}

// lastWrite returns when the last segment was written to, or the start when there is none.
func lastWrite(dir string, m Manifest) time.Time {
	last := m.Start
	for _, s := range m.Segments {
		if info, err := os.Stat(filepath.Join(dir, s.File)); err == nil && info.ModTime().After(last) {
			last = info.ModTime()
		}
	}
	return last
}

// segmentsIn lists the segments in a folder in order; a folder that is not there has none.
func segmentsIn(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var names []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".wav") && e.Type().IsRegular() {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// mend brings every segment that was not closed in order, and the manifest's list of them with it.
func (r repair) mend(dir string, names []string, m *Manifest) (quarantined []string, err error) {
	listed := m.Segments
	m.Segments = []Segment{}
	next := int64(0) // where a segment that is not in the manifest must begin
	var channels []string
	for _, name := range names {
		s := Segment{File: name, Start: next}
		if i := slices.IndexFunc(listed, func(s Segment) bool { return s.File == name }); i >= 0 {
			s = listed[i]
		}
		path := filepath.Join(dir, name)
		if s.SHA256 == "" {
			format, samples, err := mendSegment(r.sealer, path)
			if s.Channels == nil {
				s.Channels = guessChannels(channels, format.Channels)
			}
			if err != nil || samples == 0 || m.Rate != 0 && format.Rate != m.Rate || format.Channels != len(s.Channels) {
				where, err := r.quarantine(path)
				if err != nil {
					return quarantined, err
				}
				if where != "" {
					quarantined = append(quarantined, where)
					m.Quarantined = append(m.Quarantined, name)
				}
				continue
			}
			m.Rate, s.Samples = format.Rate, samples
			if s.SHA256, err = hashFile(path); err != nil {
				return quarantined, err
			}
		}
		m.Segments = append(m.Segments, s)
		next, channels = s.Start+s.Samples, s.Channels
	}
	return quarantined, nil
}

// guessChannels names the channels of a segment that no manifest tells of: those of the segment
// before when they are as many, else the two that are always there and "party 3" and so on.
func guessChannels(before []string, n int) []string {
	if len(before) == n {
		return before
	}
	names := []string{Caller, Hotline}
	for len(names) < n {
		names = append(names, fmt.Sprintf("party %d", len(names)+1))
	}
	return names
}

// quarantine moves a file that cannot be read out of the way and returns where it is; one too short
// to hold sound is removed.
func (r repair) quarantine(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	if info.Size() <= wav.HeaderSize {
		return "", os.Remove(path)
	}
	to := filepath.Join(r.root, "quarantine", string(r.conv), filepath.Base(path))
	if err := os.MkdirAll(filepath.Dir(to), 0o700); err != nil {
		return "", err
	}
	return to, os.Rename(path, to)
}
