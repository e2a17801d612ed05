package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/hotline-cc/hotline"
)

// ManifestName is the file beside the segments that describes them.
const ManifestName = "manifest.json"

// Manifest describes a recording. Positions and lengths are in samples of one channel, counted from
// Start.
type Manifest struct {
	Version      int                    `json:"version"` // 2
	Conversation hotline.ConversationID `json:"conversation"`
	Start        time.Time              `json:"start"`
	Codec        string                 `json:"codec,omitempty"`
	Rate         int                    `json:"rate"` // Hz
	Segments     []Segment              `json:"segments"`
	Muted        []Passage              `json:"muted,omitempty"` // silent on purpose
	Lost         int64                  `json:"lost,omitempty"`  // samples that are silence or missing for want of disk or time
	Closed       time.Time              `json:"closed,omitzero"` // zero while recording
	Recovered    bool                   `json:"recovered,omitempty"`
	Quarantined  []string               `json:"quarantined,omitempty"` // segments that could not be read
}

// version is that of the manifests written. In version 1 every segment was stereo and had no names.
const version = 2

// Segment is one WAV file. Samples and SHA256 are set when it is closed.
type Segment struct {
	File     string   `json:"file"`
	Start    int64    `json:"start"`
	Samples  int64    `json:"samples"`
	Channels []string `json:"channels"`         // who is on which, in the order of the file
	SHA256   string   `json:"sha256,omitempty"` // of the file as it lies on disk
}

// Parties lists every channel there ever was, in the order of their coming.
func (m Manifest) Parties() []string {
	parties := []string{Caller, Hotline}
	for _, s := range m.Segments {
		for _, name := range s.Channels {
			if !slices.Contains(parties, name) {
				parties = append(parties, name)
			}
		}
	}
	return parties
}

// Passage is a stretch of the recording.
type Passage struct {
	Start   int64 `json:"start"`
	Samples int64 `json:"samples"`
}

// ReadManifest reads the manifest in the folder of a recording. One of version 1 is returned as
// version 2 says it.
func ReadManifest(dir string) (Manifest, error) {
	raw, err := os.ReadFile(filepath.Join(dir, ManifestName))
	if err != nil {
		return Manifest{}, fmt.Errorf("read manifest: %w", err)
	}
	return parseManifest(raw)
}

func parseManifest(raw []byte) (Manifest, error) {
	const op = "read manifest"
	var m Manifest
	if err := json.Unmarshal(raw, &m); err != nil {
		return m, hotline.Errorf(op, hotline.CodeInvalid, "%w", err)
	}
	if m.Version < 1 || m.Version > version || m.Rate < 8000 || m.Rate > 48000 {
		return m, hotline.Errorf(op, hotline.CodeInvalid, "version %d, rate %d Hz", m.Version, m.Rate)
	}
	for i := range m.Segments {
		s := &m.Segments[i]
		if m.Version == 1 {
			s.Channels = []string{Caller, Hotline}
		}
		if err := checkChannels(op, s.Channels); err != nil {
			return m, err
		}
		if s.File != filepath.Base(s.File) || !filepath.IsLocal(s.File) || s.Start < 0 || s.Samples < 0 {
			return m, hotline.Errorf(op, hotline.CodeInvalid, "segment %q at %d", s.File, s.Start)
		}
	}
	m.Version = version
	return m, nil
}

// write replaces the manifest in dir, whole or not at all.
func (m Manifest) write(dir string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("encode manifest: %w", err)
	}
	path := filepath.Join(dir, ManifestName)
	f, err := os.OpenFile(path+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write manifest: %w", err)
	}
	_, err = f.Write(append(raw, '\n'))
	if err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return fmt.Errorf("write manifest: %w", err)
	}
	return nil
}

// hashFile returns the SHA-256 of a file as it lies on disk.
func hashFile(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = f.Close() }()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
